#pragma once

/// The paths that plugins answer on the public HTTP API: the IHttpRoutes service. The server's
/// thread hands a call to the plugin and waits for its answer, which may come from any thread,
/// late, twice or never. Owned by HttpApi; plugins may answer until they are destroyed, which
/// is before this is.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/api/http_types.h"
#include "core/base/log.h"
#include "srsproxy/abi/http_routes.h"

namespace srsproxy {

class HttpRoutes final : public IHttpRoutes {
public:
    explicit HttpRoutes(Log log);
    ~HttpRoutes(); ///< Requires: stop() was called and no serve() runs.

    /// Also StatusBadArgument for a prefix that is no path, StatusLimit for too many. [main]
    int32_t add(Str prefix, IHttpHandler* handler) noexcept override;
    void remove(Str prefix) noexcept override;

    /// The plugin's answer, 504 when none came by the call's deadline, or nothing when no
    /// prefix fits. [any]
    std::optional<HttpReply> serve(const HttpCall& call);
    /// Answers 503 to whoever waits, and to all that come. [main]
    void stop();

private:
    class Responder;
    struct Route {
        IHttpHandler* handler;
        uint32_t running = 0; ///< calls of handle() under way; guarded by mutex_
    };
    /// Shared with the calls under way, which remove() waits for.
    using Routes = std::map<std::string, std::shared_ptr<Route>, std::less<>>;

    Routes::iterator longestPrefix(std::string_view path); ///< Requires: mutex_ is held.
    HttpReply waitForAnswer(std::unique_lock<std::mutex>& lock, Responder& responder,
                            const HttpCall& call);
    void respond(Responder& responder, const HttpResponse* response) noexcept;
    void retire(Responder& responder); ///< Requires: mutex_ is held.

    const Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // All below: guarded by mutex_.
    bool stopping_ = false;
    Routes routes_;
    /// Not answered yet, also those that nobody waits for any more.
    std::unordered_map<Responder*, std::unique_ptr<Responder>> open_;
    uint32_t abandoned_ = 0; ///< of open_: nobody waits any more
    /// Answered; kept for a while, so that a plugin's second answer finds an object and a log.
    std::deque<std::unique_ptr<Responder>> answered_;
};

} // namespace srsproxy
