/// The origins: who they are, how they do; draining and removing them.

#include <algorithm>

#include "core/api/api_context.h"
#include "core/api/json_reply.h"

namespace srsproxy {
namespace {

std::string_view stateName(const Origin& origin) {
    if (origin.ejected) {
        return "ejected";
    }
    if (origin.silent) {
        return "silent";
    }
    if (origin.draining) {
        return "draining";
    }
    return origin.addresses.empty() ? "unresolved" : "alive";
}

std::string stateReason(const Origin& origin) {
    if (origin.ejected) {
        return origin.ejectReason;
    }
    if (origin.silent) {
        return "no heartbeat any more; it goes when its sessions have ended";
    }
    if (origin.draining) {
        return "an operator drains it: no new streams";
    }
    return origin.addresses.empty() ? "the name " + origin.registration.ip + " has no address"
                                    : std::string();
}

Poco::Int64 count(Milliseconds time) {
    return std::max<Milliseconds::rep>(time.count(), 0);
}

JsonObject endpointsOf(const Registration& registration) {
    JsonObject services = jsonObject();
    for (const ServiceEndpoints& service : registration.services) {
        JsonArray list;
        for (const Endpoint& endpoint : service.endpoints) {
            list.add(cleanUtf8(toString(endpoint)));
        }
        services.set(service.service, list);
    }
    return services;
}

JsonObject describe(const Origin& origin, Milliseconds now) {
    const Registration& registration = origin.registration;
    JsonArray addresses;
    for (const std::string& address : origin.addresses) {
        addresses.add(cleanUtf8(address));
    }
    const Milliseconds sinceHeartbeat = now - origin.lastHeartbeat();
    const Milliseconds lifetime = origin.lifetime();
    const std::string extra = origin.extraJson();

    JsonObject shown = jsonObject();
    shown.set("id", cleanUtf8(origin.id));
    shown.set("state", std::string(stateName(origin)));
    shown.set("reason", cleanUtf8(stateReason(origin)));
    shown.set("draining", origin.draining);
    shown.set("source", std::string(sourceName(origin.source)));
    shown.set("kind", cleanUtf8(registration.kind));
    shown.set("client_address", cleanUtf8(registration.clientAddress));
    shown.set("zone", cleanUtf8(registration.zone));
    shown.set("weight", registration.weight);
    shown.set("max_sessions", registration.maxSessions);
    shown.set("server", cleanUtf8(registration.server));
    shown.set("service", cleanUtf8(registration.service));
    shown.set("pid", cleanUtf8(registration.pid));
    shown.set("device_id", cleanUtf8(registration.deviceId));
    shown.set("ip", cleanUtf8(registration.ip));
    shown.set("addresses", addresses);
    shown.set("endpoints", endpointsOf(registration));
    shown.set("sessions", origin.load->sessions.load());
    shown.set("streams", origin.load->streams.load());
    shown.set("total_sessions", Poco::UInt64(origin.load->totalSessions.load()));
    shown.set("failures", Poco::UInt64(origin.load->failures.load()));
    shown.set("generation", Poco::UInt64(origin.generation));
    shown.set("age_ms", count(now - origin.registeredAt));
    shown.set("last_heartbeat_ms", count(sinceHeartbeat));
    shown.set("lifetime_ms", count(lifetime));
    if (lifetime.count() > 0) {
        shown.set("expires_in_ms", count(lifetime - sinceHeartbeat));
    }
    if (origin.ejected) {
        shown.set("ejected_for_ms", count(origin.ejectedUntil - now));
    }
    if (!extra.empty()) {
        shown.set("extra", embeddedJson(extra));
    }
    return shown;
}

HttpReply listOrigins(const ApiContext& context, const ApiCall& call) {
    Page page;
    if (auto refusal = readPage(call.arguments, page)) {
        return *refusal;
    }
    const auto table = context.origins.table();
    const Milliseconds now = context.clock.now();
    auto next = std::upper_bound(
        table->origins.begin(), table->origins.end(), page.after,
        [](const std::string& after, const auto& origin) { return after < origin->id; });
    JsonArray list;
    std::string last;
    for (; next != table->origins.end() && list.size() < page.limit; ++next) {
        list.add(describe(**next, now));
        last = (*next)->id;
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("total", Poco::UInt64(table->origins.size()));
    answer.set("origins", list);
    if (next != table->origins.end()) {
        answer.set("next", cleanUtf8(last));
    }
    return jsonReply(answer);
}

HttpReply unknownOrigin() {
    return errorReply(404, "no such origin: GET /api/v1/origins lists them");
}

HttpReply showOrigin(const ApiContext& context, const ApiCall& call) {
    const auto origin = context.origins.table()->find(call.ids[0]);
    if (!origin) {
        return unknownOrigin();
    }
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("origin", describe(*origin, context.clock.now()));
    return jsonReply(answer);
}

HttpReply done(ApiCall& call, const std::string& state) {
    call.note.text = call.ids[0] + " is " + state;
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("id", cleanUtf8(call.ids[0]));
    answer.set("state", state);
    return jsonReply(answer);
}

HttpReply removeOrigin(ApiContext& context, ApiCall& call) {
    return context.origins.remove(call.ids[0], "removed over the API by " + call.http.client)
               ? done(call, "removed")
               : unknownOrigin();
}

HttpReply drainOrigin(ApiContext& context, ApiCall& call, bool draining) {
    return context.origins.setDraining(call.ids[0], draining)
               ? done(call, draining ? "draining" : "in service")
               : unknownOrigin();
}

} // namespace

void addOriginRoutes(ApiRouter& router, ApiContext& context) {
    router.add({"GET", "/api/v1/origins", "all origins; ?after= and ?limit=",
                [&context](ApiCall& call) { return listOrigins(context, call); }});
    router.add({"GET", "/api/v1/origins/*", "one origin",
                [&context](ApiCall& call) { return showOrigin(context, call); }});
    router.add({"DELETE", "/api/v1/origins/*", "forgets an origin, until it registers again",
                [&context](ApiCall& call) { return removeOrigin(context, call); }});
    router.add({"POST", "/api/v1/origins/*/drain", "gives the origin no new streams",
                [&context](ApiCall& call) { return drainOrigin(context, call, true); }});
    router.add({"DELETE", "/api/v1/origins/*/drain", "ends the draining",
                [&context](ApiCall& call) { return drainOrigin(context, call, false); }});
}

} // namespace srsproxy
