#pragma once

/// Paths on the HTTP API listener (WHIP, WHEP, status pages) that a plugin answers. The proxy
/// parses HTTP, bounds heads and bodies, and answers 504 when the plugin does not.

#include "srsproxy/abi/types.h"

namespace srsproxy {

struct HttpField {
    Str name;
    Str value;
};

/// Borrowed for the call.
struct HttpRequest {
    uint32_t structSize;
    uint32_t fieldCount;
    Str method;
    Str target; ///< path and query as sent
    Str client; ///< `address:port`
    Str body;
    const HttpField* fields;
    uint64_t reserved[4];
};

struct HttpResponse {
    uint32_t structSize;
    int32_t status;
    const HttpField* fields;
    uint64_t fieldCount;
    Str body;
    uint64_t reserved[4];
};

/// Given to one request; gone after respond().
class IHttpResponder {
public:
    /// Exactly once, also when the client has left. [any]
    virtual void respond(const HttpResponse* response) noexcept = 0;

protected:
    ~IHttpResponder() = default;
};

class IHttpHandler {
public:
    /// Called on several threads at once. The answer may come later, from any thread. [any]
    virtual void handle(const HttpRequest* request, IHttpResponder* responder) noexcept = 0;

protected:
    ~IHttpHandler() = default;
};

class IHttpRoutes {
public:
    /// Paths that begin with `prefix` (`/rtc/v1/`) go to `handler`; the longest prefix wins.
    /// StatusBadArgument when the prefix is taken. [main]
    virtual int32_t add(Str prefix, IHttpHandler* handler) noexcept = 0;
    /// Returns when no call of that handler is running any more. [main]
    virtual void remove(Str prefix) noexcept = 0;

protected:
    ~IHttpRoutes() = default;
};

#define SRSPROXY_HTTP_ROUTES_ID "srsproxy.http_routes/1"

static_assert(sizeof(HttpField) == 32, "HttpField is frozen");
static_assert(sizeof(HttpRequest) == 112, "HttpRequest is frozen");
static_assert(sizeof(HttpResponse) == 72, "HttpResponse is frozen");

} // namespace srsproxy
