#include "core/api/system_api.h"

#include <Poco/String.h>

#include "core/api/secret.h"

namespace srsproxy {
namespace {

/// `application/json`, with or without parameters: what no web page can send to another site
/// without that site's consent.
bool isJson(const std::string& contentType) {
    const std::string type = Poco::trim(contentType.substr(0, contentType.find(';')));
    return Poco::icompare(type, "application/json") == 0;
}

} // namespace

SystemApi::SystemApi(const SystemApiSettings& settings, CidrList allow, SystemApiParts parts,
                     ProductInfo product, Log log)
    : token_(settings.token), allow_(std::move(allow)),
      context_{
          parts.origins,     parts.streams, parts.sessions, parts.clock, std::move(parts.metrics),
          std::move(product)},
      log_(std::move(log)) {
    addRegisterRoutes(router_, context_);
    addOriginRoutes(router_, context_);
    addStreamRoutes(router_, context_);
    addSessionRoutes(router_, context_);
    addExplainRoutes(router_, context_);
    addProcessRoutes(router_, context_);
}

Result<std::unique_ptr<SystemApi>> SystemApi::create(const SystemApiSettings& settings,
                                                     SystemApiParts parts, ProductInfo product,
                                                     Log log) {
    Result<CidrList> allow = CidrList::parse(settings.allow);
    if (!allow) {
        return Error{"system_api.allow: " + allow.error().message};
    }
    return std::unique_ptr<SystemApi>(new SystemApi(settings, std::move(*allow), std::move(parts),
                                                    std::move(product), std::move(log)));
}

std::optional<HttpReply> SystemApi::screen(const HttpCall& head) {
    std::optional<HttpReply> refused = refusal(head);
    if (refused && head.changesSomething()) {
        logChange(head, "refused", refused->status, {});
    }
    return refused;
}

std::optional<HttpReply> SystemApi::refusal(const HttpCall& head) const {
    HttpReply noRoute;
    const ApiRoute* route = router_.find(head, noRoute);
    const bool open = route != nullptr && route->access == ApiAccess::Open;
    if (!open && !allow_.contains(head.clientAddress)) {
        return errorReply(403, head.clientAddress + " is in no network of system_api.allow");
    }
    if (!open && !token_.empty() && !bringsToken(head, token_)) {
        HttpReply reply = errorReply(
            401, "the token of system_api.token is wanted, as \"Authorization: Bearer TOKEN\", "
                 "?token=TOKEN, or for a registration as /api/v1/srs/register/TOKEN");
        reply.headers.push_back({"WWW-Authenticate", "Bearer"});
        return reply;
    }
    if (route == nullptr) {
        return noRoute;
    }
    return head.changesSomething() ? changeRefusal(head, *route) : std::nullopt;
}

/// A web page that the operator's browser shows can post to us from inside our network. Browsers
/// name the page's site in `Origin`, and send JSON to strangers only after asking them, which we
/// never grant. A page does not know the token: who brings it may come from a browser.
std::optional<HttpReply> SystemApi::changeRefusal(const HttpCall& head,
                                                  const ApiRoute& route) const {
    const bool browser =
        head.header("Origin") != nullptr || head.header("Sec-Fetch-Site") != nullptr;
    if (browser && token_.empty()) {
        return errorReply(403, "calls from web pages need system_api.token to be set");
    }
    const std::string* type = head.header("Content-Type");
    if (type != nullptr ? !isJson(*type) : route.body == ApiBody::Json) {
        return errorReply(415, "wanted is Content-Type: application/json");
    }
    return std::nullopt;
}

HttpReply SystemApi::answer(const HttpCall& call) {
    HttpReply refused;
    std::vector<std::string> ids;
    const ApiRoute* route = router_.find(call, refused, &ids);
    if (route == nullptr) {
        return refused;
    }
    Result<QueryArguments> arguments = QueryArguments::parse(call.query);
    if (!arguments) {
        return errorReply(400, "the query is malformed: " + arguments.error().message);
    }
    ApiCall onRoute{call, std::move(ids), std::move(*arguments), {}};
    HttpReply reply = route->function(onRoute);
    if (call.changesSomething()) {
        logChange(call, route->pattern, reply.status, onRoute.note);
    }
    return reply;
}

/// The query is left out: it may hold the token, as the path of a registration may.
void SystemApi::logChange(const HttpCall& call, std::string_view topic, int status,
                          const ChangeNote& note) const {
    const std::string result = std::to_string(status);
    const std::string path =
        call.path.starts_with(TokenPath) ? std::string(TokenPath) + "***" : call.path;
    const std::string text = call.method + " " + path + (note.text.empty() ? "" : ": ") + note.text;
    const LogField fields[] = {{"client", call.client}, {"status", result}};
    const int32_t level = status >= 400 ? LogWarning : note.routine ? LogDebug : LogInfo;
    log_.write(level, topic, text, 0, fields);
}

} // namespace srsproxy
