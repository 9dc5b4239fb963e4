/// The sessions, and how to end one.

#include <charconv>

#include "core/api/api_context.h"
#include "core/api/json_reply.h"

namespace srsproxy {
namespace {

std::optional<uint64_t> parseId(const std::string& text) {
    uint64_t id = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    return error == std::errc() && stop == end ? std::optional(id) : std::nullopt;
}

JsonObject describe(const SessionView& session) {
    JsonObject bytes = jsonObject();
    bytes.set("from_client", Poco::UInt64(session.bytes.fromClient));
    bytes.set("to_client", Poco::UInt64(session.bytes.toClient));
    bytes.set("from_origin", Poco::UInt64(session.bytes.fromOrigin));
    bytes.set("to_origin", Poco::UInt64(session.bytes.toOrigin));
    JsonObject shown = jsonObject();
    shown.set("id", std::to_string(session.id)); // more digits than a double holds
    shown.set("protocol", cleanUtf8(session.protocol));
    shown.set("role", std::string(roleName(session.role)));
    shown.set("client", cleanUtf8(session.client));
    shown.set("stream", cleanUtf8(session.streamKey));
    shown.set("origin", cleanUtf8(session.originId));
    shown.set("age_ms", Poco::Int64(session.age.count()));
    shown.set("bytes", bytes);
    return shown;
}

HttpReply listSessions(const ApiContext& context, const ApiCall& call) {
    Page page;
    if (auto refusal = readPage(call.arguments, page)) {
        return *refusal;
    }
    const std::optional<uint64_t> after = page.after.empty() ? 0 : parseId(page.after);
    if (!after) {
        return errorReply(400, "after must be the id of a session", "after");
    }
    std::vector<SessionView> sessions = context.sessions.list(*after, page.limit + 1);
    const bool more = sessions.size() > page.limit;
    if (more) {
        sessions.resize(page.limit);
    }
    JsonArray list;
    for (const SessionView& session : sessions) {
        list.add(describe(session));
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("total", Poco::UInt64(context.sessions.count()));
    answer.set("sessions", list);
    if (more) {
        answer.set("next", std::to_string(sessions.back().id));
    }
    return jsonReply(answer);
}

HttpReply kickSession(ApiContext& context, ApiCall& call) {
    const std::optional<uint64_t> id = parseId(call.ids[0]);
    if (!id || !context.sessions.kick(*id, "ended by an operator")) {
        return errorReply(404, "no such session: GET /api/v1/sessions lists them");
    }
    call.note.text = "session " + call.ids[0] + " is told to end";
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("id", call.ids[0]);
    return jsonReply(answer);
}

} // namespace

void addSessionRoutes(ApiRouter& router, ApiContext& context) {
    router.add({"GET", "/api/v1/sessions", "sessions; ?after= and ?limit=",
                [&context](ApiCall& call) { return listSessions(context, call); }});
    router.add({"DELETE", "/api/v1/sessions/*", "ends a session",
                [&context](ApiCall& call) { return kickSession(context, call); }});
}

} // namespace srsproxy
