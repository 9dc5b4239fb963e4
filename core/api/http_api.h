#pragma once

/// The public HTTP API (default :1985): `GET /api/v1/versions`, and the paths of plugins. Owned
/// by the process; its methods run on the HTTP server's threads.

#include "core/api/http_routes.h"
#include "core/api/http_types.h"
#include "core/api/versions_reply.h"

namespace srsproxy {

class HttpApi final : public HttpHandler {
public:
    HttpApi(ProductInfo product, Log log);

    /// The service for plugins. Outlives them. [any]
    IHttpRoutes& routes() { return routes_; }
    /// Answers those that wait for a plugin; before the server's stop(). [main]
    void stop() { routes_.stop(); }

    std::optional<HttpReply> screen(const HttpCall& head) override;
    HttpReply answer(const HttpCall& call) override;

private:
    const ProductInfo product_;
    HttpRoutes routes_;
};

} // namespace srsproxy
