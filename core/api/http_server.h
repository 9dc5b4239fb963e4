#pragma once

/// The control plane's HTTP server: bounded threads, bounded heads and bodies, and a deadline
/// on every call, over Poco::Net. It may block, so it is never used on the data plane. Owned by
/// the process; handlers run on its threads, several at once.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/api/http_types.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace srsproxy {

struct HttpListen {
    std::string host; ///< empty: every address, IPv4 and IPv6
    uint16_t port = 0;
};

struct HttpServerOptions {
    std::vector<HttpListen> listen;
    std::string setting;    ///< what to change when a port is taken: `system_api.listen`
    std::string serverName; ///< of the `Server` header
    uint64_t bodyLimitBytes = 64 * 1024;
    uint32_t maxThreads = 16;
    uint32_t maxQueued = 64;              ///< connections that wait for a thread, by address
    Milliseconds requestTimeout{10'000};  ///< from a call's first byte to its reply
    Milliseconds headTimeout{5'000};      ///< of that, for the head
    Milliseconds keepAliveTimeout{5'000}; ///< between two calls
};

class HttpServer {
public:
    /// Binds every address; the error names the one that is taken and the setting to change.
    /// Connections wait until start(). `handler` outlives the server. [main]
    static Result<std::unique_ptr<HttpServer>> open(HttpServerOptions options, HttpHandler& handler,
                                                    Log log);
    ~HttpServer(); ///< stops

    void start(); ///< Once. [main]
    /// Gives the ports back, drops idle connections, and returns when the calls in progress are
    /// answered. Any number of times. [main]
    void stop();

    /// Where it listens, by the order of the options, with the ports that the kernel chose.
    std::vector<HttpListen> bound() const; ///< [any]
    uint16_t port() const;                 ///< of the first address [any]

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace srsproxy
