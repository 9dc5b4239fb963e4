#include "core/route/session.h"

#include <array>
#include <utility>

#include "core/base/abi.h"
#include "core/route/stream_key.h"

namespace srsproxy {
namespace {

constexpr size_t MaxDetailBytes = 256;

/// What an endpoint is spoken to by when it does not say.
std::string_view defaultScheme(std::string_view protocol) {
    return protocol == "srt" || protocol == "rtc" ? "udp" : "tcp";
}

/// A plugin writes its counters on the session's loop, others read them.
SessionCounters readCounters(const SessionCounters& counters) {
    const auto read = [](const uint64_t& counter) {
        return __atomic_load_n(&counter, __ATOMIC_RELAXED);
    };
    return {read(counters.fromClient), read(counters.toClient), read(counters.fromOrigin),
            read(counters.toOrigin)};
}

int32_t refuse(IErrorSink* errors, int32_t status, std::string_view why) {
    if (errors != nullptr) {
        errors->error(str(why));
    }
    return status;
}

} // namespace

Session::Session(SessionTable& table, SessionTable::Shard& shard, SessionFigures& figures,
                 const SessionStart& start)
    : table_(table), shard_(shard), figures_(figures), id_(start.id), owner_(start.owner),
      plugin_(start.plugin), client_(start.client), openedAt_(table.clock_.now()) {}

int32_t Session::identify(Str url, int32_t role, IErrorSink* errors) noexcept {
    onLoop("ISession::identify");
    if (seat_) {
        return refuse(errors, StatusBadArgument, "the session has an origin already");
    }
    if (role < RoleUnknown || role > RolePlay) {
        return refuse(errors, StatusBadArgument, "no such role: " + std::to_string(role));
    }
    Result<StreamKey> parsed = parseStreamUrl(view(url));
    if (!parsed) {
        return refuse(errors, StatusBadArgument, parsed.error().message);
    }
    std::string key = std::move(parsed->text);
    if (key != key_) {
        if (!table_.perStream_.take(key)) {
            return refuse(errors, StatusLimit,
                          "the stream has " + std::to_string(table_.perStream_.limit()) +
                              " sessions, as many as limits.sessions_per_stream allows");
        }
        if (!key_.empty()) {
            table_.perStream_.give(key_);
        }
    }
    const std::lock_guard lock(shard_.mutex);
    key_ = std::move(key);
    role_ = role;
    return StatusOk;
}

void Session::route(const RouteRequest* request, IRouteHandler* handler) noexcept {
    onLoop("ISession::route");
    if (handler == nullptr) {
        return;
    }
    RouteDecision decision;
    if (key_.empty()) {
        decision.reason = "the session has not named its stream";
    } else {
        leaveOrigin();
        RouteQuery query;
        query.streamKey = key_;
        query.protocol = figures_.protocol();
        query.client = client_;
        query.role = role_;
        query.attempt = static_cast<uint32_t>(tried_.size()) + 1;
        query.tried = &tried_;
        if (request != nullptr && request->structSize >= sizeof(RouteRequest)) {
            query.originHint = view(request->originHint);
        }
        decision = table_.router_.route(query);
        const std::lock_guard lock(shard_.mutex);
        seat_ = std::move(decision.seat);
    }
    figures_.routed(decision.code);
    answer(decision, *handler); // the last thing done here: the session may be gone then
}

/// The answer's texts are not the session's, since the handler may close it.
void Session::answer(const RouteDecision& decision, IRouteHandler& handler) const {
    RouteAnswer answer{};
    answer.structSize = sizeof(RouteAnswer);
    answer.code = decision.code;
    answer.reason = str(decision.reason);
    std::string key;
    if (decision.code == RouteFound) {
        key = key_;
        answer.streamKey = str(key);
        answer.originId = str(decision.origin->id);
        answer.originKind = str(decision.origin->registration.kind);
        answer.scheme = str(decision.endpoint.scheme.empty() ? defaultScheme(figures_.protocol())
                                                             : decision.endpoint.scheme);
        answer.address = str(decision.address);
        answer.port = decision.endpoint.port;
        answer.attempt = static_cast<uint32_t>(tried_.size()) + 1;
    }
    handler.routed(&answer);
}

void Session::report(int32_t outcome, Str detail) noexcept {
    onLoop("ISession::report");
    if (seat_) {
        lastOutcome_ = outcome;
        table_.router_.report(key_, seat_, outcome, view(detail).substr(0, MaxDetailBytes));
    }
}

void Session::close(int32_t cause, int32_t side, Str detail) noexcept {
    onLoop("ISession::close");
    std::unique_ptr<Session> self;
    {
        const std::lock_guard lock(shard_.mutex);
        self = std::move(shard_.sessions.extract(id_).mapped());
    }
    finish(cause, side, view(detail));
}

SessionView Session::look(Milliseconds now) const {
    return {id_,
            std::string(figures_.protocol()),
            client_,
            key_,
            seat_.originId,
            role_,
            now - openedAt_,
            readCounters(counters_)};
}

void Session::countBytes() {
    const SessionCounters now = readCounters(counters_);
    figures_.bytes({now.fromClient - counted_.fromClient, now.toClient - counted_.toClient,
                    now.fromOrigin - counted_.fromOrigin, now.toOrigin - counted_.toOrigin});
    counted_ = now;
}

void Session::finish(int32_t cause, int32_t side, std::string_view detail) {
    leaveOrigin();
    if (!key_.empty()) {
        table_.perStream_.give(key_);
    }
    table_.perClient_.give(addressOf(client_));
    table_.live_.fetch_sub(1, std::memory_order_relaxed);
    countBytes();
    figures_.closed(cause, side);
    writeAccessLine(cause, side, detail.substr(0, MaxDetailBytes));
}

/// Gives the seat back; that origin is not offered to this session again.
void Session::leaveOrigin() {
    Seat seat;
    {
        const std::lock_guard lock(shard_.mutex);
        seat = std::exchange(seat_, Seat{});
    }
    if (seat) {
        tried_.push_back(seat.originId);
        table_.router_.leave(key_, seat, std::exchange(lastOutcome_, 0));
    }
}

void Session::writeAccessLine(int32_t cause, int32_t side, std::string_view detail) const {
    const int32_t level = cause == CauseNothingSent ? LogDebug : LogInfo;
    if (!table_.access_.enabled(level)) {
        return;
    }
    const SessionCounters bytes = readCounters(counters_);
    const std::string attempts = std::to_string(tried_.size());
    const std::string duration = std::to_string((table_.clock_.now() - openedAt_).count());
    const std::string fromClient = std::to_string(bytes.fromClient);
    const std::string toClient = std::to_string(bytes.toClient);
    const std::string fromOrigin = std::to_string(bytes.fromOrigin);
    const std::string toOrigin = std::to_string(bytes.toOrigin);
    const std::array<LogField, 15> fields{{
        {"plugin", plugin_},
        {"protocol", figures_.protocol()},
        {"role", roleName(role_)},
        {"stream", key_},
        {"client", client_},
        {"origin", tried_.empty() ? std::string_view{} : std::string_view(tried_.back())},
        {"attempts", attempts},
        {"duration_ms", duration},
        {"from_client", fromClient},
        {"to_client", toClient},
        {"from_origin", fromOrigin},
        {"to_origin", toOrigin},
        {"cause", causeName(cause)},
        {"side", sideName(side)},
        {"detail", detail},
    }};
    table_.access_.write(level, "session", "session ended", id_, fields);
}

} // namespace srsproxy
