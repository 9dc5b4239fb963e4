#pragma once

/// The system API (default 127.0.0.1:12025): origins register here, operators look and steer
/// here. Decides who may call; the answers are made by the resource groups of api_context.h.
/// docs/system-api.md is its manual. Owned by the process; its methods run on the HTTP server's
/// threads.

#include <functional>
#include <memory>

#include "core/api/api_context.h"
#include "core/api/http_server.h"
#include "core/base/log.h"
#include "core/config/cidr.h"
#include "core/config/settings.h"

namespace srsproxy {

/// What the system API shows; outlives it.
struct SystemApiParts {
    ApiOrigins& origins;
    ApiStreams& streams;
    ApiSessions& sessions;
    const Clock& clock;
    std::function<std::string()> metrics; ///< Prometheus' text format [any]
};

class SystemApi final : public HttpHandler {
public:
    /// The error names the setting that is wrong. [main]
    static Result<std::unique_ptr<SystemApi>>
    create(const SystemApiSettings& settings, SystemApiParts parts, ProductInfo product, Log log);

    /// What /readyz says. Starting at first. [any]
    void setPhase(ProcessPhase phase) { context_.phase = phase; }

    std::optional<HttpReply> screen(const HttpCall& head) override;
    HttpReply answer(const HttpCall& call) override;

private:
    SystemApi(const SystemApiSettings& settings, CidrList allow, SystemApiParts parts,
              ProductInfo product, Log log);
    std::optional<HttpReply> refusal(const HttpCall& head) const;
    std::optional<HttpReply> changeRefusal(const HttpCall& head, const ApiRoute& route) const;
    void logChange(const HttpCall& call, std::string_view topic, int status,
                   const ChangeNote& note) const;

    const std::string token_;
    const CidrList allow_;
    ApiContext context_;
    ApiRouter router_;
    Log log_;
};

/// The server's options as the settings have them. The error names the setting.
Result<HttpServerOptions> serverOptions(const SystemApiSettings& settings,
                                        const ProductInfo& product);
Result<HttpServerOptions> serverOptions(const HttpApiSettings& settings,
                                        const ProductInfo& product);

} // namespace srsproxy
