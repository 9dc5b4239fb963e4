#pragma once

/// An HTTP client for tests that says exactly what it is told to, byte by byte, and reads what
/// comes back. Loopback only; every wait ends after ten seconds.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <Poco/Dynamic/Var.h>

namespace srsproxy {

struct RawReply {
    int status = 0; ///< 0: the server closed without an answer
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    std::string header(const std::string& name) const; ///< empty when absent
    /// The value at `path` (`origin.endpoints.rtmp[0]`) of the JSON body, as text; `(none)`
    /// when there is nothing, `(bad json)` when the body is none.
    std::string json(const std::string& path) const;
};

class RawClient {
public:
    explicit RawClient(uint16_t port, const std::string& host = "127.0.0.1");
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the server has closed.
    bool send(std::string_view bytes);
    void finish(); ///< no more bytes from us
    /// One reply; the connection may go on. `head`: it has no body.
    RawReply reply(bool head = false);
    /// True when the server closes, with or without sending more.
    bool closed();
    /// Waits so long for bytes from the server.
    bool readable(int milliseconds) const;

private:
    bool more();

    int fd_ = -1;
    std::string buffer_;
};

/// One call on a connection of its own.
RawReply call(uint16_t port, const std::string& method, const std::string& target,
              const std::vector<std::string>& headers = {}, const std::string& body = {});

/// A whole file.
std::string fileText(const std::string& path);

} // namespace srsproxy
