#include "core/api/http_api.h"

namespace srsproxy {

HttpApi::HttpApi(ProductInfo product, Log log)
    : product_(std::move(product)), routes_(std::move(log)) {}

std::optional<HttpReply> HttpApi::screen(const HttpCall&) {
    return std::nullopt;
}

HttpReply HttpApi::answer(const HttpCall& call) {
    if (call.path == "/api/v1/versions") {
        if (!call.changesSomething()) {
            return versionsReply(product_);
        }
        HttpReply refused = errorReply(405, "this path knows GET, HEAD");
        refused.headers.push_back({"Allow", "GET, HEAD"});
        return refused;
    }
    std::optional<HttpReply> reply = routes_.serve(call);
    return reply ? std::move(*reply) : errorReply(404, "there is no such path");
}

} // namespace srsproxy
