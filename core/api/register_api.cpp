/// Origins register here: SRS's heartbeat, or an operator's curl.

#include <algorithm>

#include "core/api/api_context.h"
#include "core/api/json_reply.h"

namespace srsproxy {
namespace {

/// The field that a refusal of parseRegistration begins with (`ip: missing; …`), or nothing.
std::string_view fieldOf(std::string_view message) {
    const std::string_view field = message.substr(0, message.find(':'));
    const bool name = field.size() < message.size() &&
                      std::all_of(
                          field.begin(), field.end(),
                          [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                                     c == '[' || c == ']';
                          });
    return name ? field : std::string_view();
}

/// Whether the origin told the same before: then a heartbeat, else a registration or a restart.
bool isHeartbeat(const ApiContext& context, const Registration& registration) {
    const auto known = context.origins.table()->find(registration.originId());
    return known && known->registration.service == registration.service &&
           known->registration.pid == registration.pid &&
           known->registration.services == registration.services;
}

HttpReply registerOrigin(ApiContext& context, ApiCall& call) {
    const Result<Registration> registration = parseRegistration(call.http.body);
    if (!registration) {
        const std::string& why = registration.error().message;
        call.note.text = why;
        return errorReply(400, why, fieldOf(why));
    }
    const bool heartbeat = isHeartbeat(context, *registration);
    const Result<std::string> id = context.origins.enroll(*registration);
    if (!id) {
        call.note.text = id.error().message;
        return errorReply(id.error().retryable ? 503 : 409, id.error().message);
    }
    call.note = {*id + (heartbeat ? " is alive" : " registered"), heartbeat};
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("pid", context.product.pid);
    return jsonReply(answer);
}

} // namespace

void addRegisterRoutes(ApiRouter& router, ApiContext& context) {
    const auto enrol = [&context](ApiCall& call) { return registerOrigin(context, call); };
    router.add({"POST", "/api/v1/srs/register", "an origin's registration or heartbeat", enrol,
                ApiBody::Json});
    router.add({"POST", "/api/v1/srs/register/*", "the same, with the token in the path", enrol,
                ApiBody::Json});
}

} // namespace srsproxy
