#pragma once

/// One HTTP call as the control plane's handlers see it: parsed, bounded, complete. Handlers
/// never touch a socket; the server (http_server.h) reads the call and writes the reply.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace srsproxy {

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpCall {
    std::string method;
    std::string target;        ///< path and query as sent
    std::string path;          ///< as sent, not percent-decoded; begins with `/`
    std::string query;         ///< without the `?`
    std::string client;        ///< `address:port`, IPv6 in brackets
    std::string clientAddress; ///< numeric; an IPv4-mapped address as IPv4
    std::vector<HttpHeader> headers;
    std::string body;
    std::chrono::steady_clock::time_point deadline; ///< the answer is wanted until then

    /// The first header of that name, in any case, or null.
    const std::string* header(std::string_view name) const;
    /// GET and HEAD change nothing.
    bool changesSomething() const { return method != "GET" && method != "HEAD"; }
};

/// The server adds Content-Length, Connection, Date and Server.
struct HttpReply {
    int status = 200;
    std::vector<HttpHeader> headers;
    std::string body;
};

/// `{"code":status,"error":message}`, and `"field"` where one input is to blame.
HttpReply errorReply(int status, std::string_view message, std::string_view field = {});

/// True when `text` is a valid name of a header.
bool isHeaderName(std::string_view text);

class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    /// May refuse a call when only its head is known; then the body is not read. [any]
    virtual std::optional<HttpReply> screen(const HttpCall& head) = 0;
    /// Should return before `call.deadline`. Called on several threads at once. [any]
    virtual HttpReply answer(const HttpCall& call) = 0;
};

} // namespace srsproxy
