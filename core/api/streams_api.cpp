/// The streams that have an origin.

#include "core/api/api_context.h"
#include "core/api/json_reply.h"

namespace srsproxy {
namespace {

HttpReply listStreams(const ApiContext& context, const ApiCall& call) {
    Page page;
    if (auto refusal = readPage(call.arguments, page)) {
        return *refusal;
    }
    std::vector<PinInfo> pins = context.streams.pins(page.after, page.limit + 1);
    const bool more = pins.size() > page.limit;
    if (more) {
        pins.resize(page.limit);
    }
    JsonArray list;
    for (const PinInfo& pin : pins) {
        JsonObject shown = jsonObject();
        shown.set("stream", cleanUtf8(pin.streamKey));
        shown.set("origin", cleanUtf8(pin.originId));
        shown.set("publishers", pin.publishers);
        shown.set("players", pin.players);
        shown.set("age_ms", Poco::Int64(pin.age.count()));
        shown.set("idle_ms", Poco::Int64(pin.idle.count()));
        list.add(shown);
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("total", Poco::UInt64(context.streams.count()));
    answer.set("streams", list);
    if (more) {
        answer.set("next", cleanUtf8(pins.back().streamKey));
    }
    return jsonReply(answer);
}

} // namespace

void addStreamRoutes(ApiRouter& router, ApiContext& context) {
    router.add({"GET", "/api/v1/streams", "streams and their origins; ?after= and ?limit=",
                [&context](ApiCall& call) { return listStreams(context, call); }});
}

} // namespace srsproxy
