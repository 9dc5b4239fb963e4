/// What the proxy would do with a URL, and why.

#include <algorithm>

#include "core/api/api_context.h"
#include "core/api/json_reply.h"
#include "core/route/stream_key.h"

namespace srsproxy {
namespace {

/// The kind of endpoint that clients of such a URL need.
std::string protocolOf(std::string_view url) {
    const std::string_view scheme = url.substr(0, url.find("://"));
    if (scheme == "http" || scheme == "https") {
        return "http";
    }
    if (scheme == "srt") {
        return "srt";
    }
    return scheme == "webrtc" ? "api" : "rtmp";
}

HttpReply explain(ApiContext& context, const ApiCall& call) {
    const std::string* url = call.arguments.find("url");
    if (url == nullptr || url->empty()) {
        return errorReply(400,
                          "url is missing; wanted ?url=rtmp://host/app/stream, with the URL "
                          "percent-encoded",
                          "url");
    }
    const std::string* given = call.arguments.find("protocol");
    const std::string protocol = given != nullptr ? *given : protocolOf(*url);
    if (std::find(ServiceNames.begin(), ServiceNames.end(), protocol) == ServiceNames.end()) {
        return errorReply(400, "protocol must be rtmp, http, api, srt or rtc", "protocol");
    }
    const std::string* role = call.arguments.find("role");
    if (role != nullptr && *role != "publish" && *role != "play") {
        return errorReply(400, "role must be publish or play", "role");
    }
    const Result<StreamKey> key = parseStreamUrl(*url);
    if (!key) {
        return errorReply(400, key.error().message, "url");
    }
    const bool publish = role != nullptr && *role == "publish";
    const Explanation found =
        context.streams.explain(key->text, protocol, publish ? RolePublish : RolePlay);

    JsonArray candidates;
    for (const CandidateInfo& candidate : found.candidates) {
        JsonObject shown = jsonObject();
        shown.set("origin", cleanUtf8(candidate.originId));
        shown.set("eligible", candidate.eligible);
        shown.set("why", cleanUtf8(candidate.why));
        candidates.add(shown);
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("stream", cleanUtf8(key->text));
    answer.set("vhost", cleanUtf8(key->vhost));
    answer.set("app", cleanUtf8(key->app));
    answer.set("name", cleanUtf8(key->stream));
    answer.set("protocol", protocol);
    answer.set("role", std::string(publish ? "publish" : "play"));
    answer.set("pinned_to", cleanUtf8(found.pinnedTo));
    answer.set("would_pick", cleanUtf8(found.wouldPick));
    answer.set("reason", cleanUtf8(found.reason));
    answer.set("candidates", candidates);
    return jsonReply(answer);
}

} // namespace

void addExplainRoutes(ApiRouter& router, ApiContext& context) {
    router.add({"GET", "/api/v1/explain",
                "where a URL would go, and why; ?url=, ?protocol= and ?role=",
                [&context](ApiCall& call) { return explain(context, call); }});
}

} // namespace srsproxy
