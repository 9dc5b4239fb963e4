/// The process itself: alive, ready, version, metrics, and the index of all paths.

#include <algorithm>

#include "core/api/api_context.h"
#include "core/api/json_reply.h"

namespace srsproxy {
namespace {

HttpReply healthz() {
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("status", "alive");
    return jsonReply(answer);
}

/// No usable origin is no reason to be unready: origins register through the same address, and
/// a proxy that is taken out of service for want of origins would never get any.
HttpReply readyz(const ApiContext& context) {
    const ProcessPhase phase = context.phase;
    if (phase != ProcessPhase::Serving) {
        return errorReply(503, phase == ProcessPhase::Starting ? "the proxy is starting"
                                                               : "the proxy is draining");
    }
    const auto table = context.origins.table();
    const auto usable = std::count_if(table->origins.begin(), table->origins.end(),
                                      [](const auto& origin) { return origin->usable(); });
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("status", "ready");
    answer.set("usable_origins", Poco::Int64(usable));
    return jsonReply(answer);
}

HttpReply index(const ApiRouter& router, const ApiContext& context) {
    JsonArray paths;
    for (const ApiRoute& route : router.routes()) {
        JsonObject shown = jsonObject();
        shown.set("method", route.method);
        shown.set("path", route.pattern);
        shown.set("what", route.summary);
        paths.add(shown);
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("server", context.product.serverName());
    answer.set("paths", paths);
    return jsonReply(answer);
}

} // namespace

void addProcessRoutes(ApiRouter& router, ApiContext& context) {
    router.add({"GET", "/", "this list",
                [&router, &context](ApiCall&) { return index(router, context); }});
    router.add({"GET", "/healthz", "200 while the process lives",
                [](ApiCall&) { return healthz(); }, ApiBody::Ignored, ApiAccess::Open});
    router.add({"GET", "/readyz", "200 while the proxy takes new sessions, else 503",
                [&context](ApiCall&) { return readyz(context); }, ApiBody::Ignored,
                ApiAccess::Open});
    router.add({"GET", "/metrics", "figures for Prometheus", [&context](ApiCall&) {
                    return HttpReply{200,
                                     {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                                     context.metrics()};
                }});
    router.add({"GET", "/api/v1/versions", "the version of the proxy",
                [&context](ApiCall&) { return versionsReply(context.product); }});
}

} // namespace srsproxy
