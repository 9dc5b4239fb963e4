#include "core/route/session.h"

#include <array>
#include <utility>

#include "core/base/abi.h"
#include "core/route/stream_key.h"

namespace srsproxy {
namespace {

constexpr size_t MaxDetailBytes = 256;

int32_t refuse(IErrorSink* errors, int32_t status, std::string_view why) {
    if (errors != nullptr) {
        errors->error(str(why));
    }
    return status;
}

} // namespace

Session::Session(SessionTable::Shard& shard, SessionFigures& figures, const SessionStart& start)
    : shard_(shard), figures_(figures), plugin_(start.plugin), id_(start.id), owner_(start.owner),
      openedAt_(shard.table.clock_.now()), client_(start.client) {}

SessionTable& Session::table() const {
    return shard_.table;
}

void Session::onLoop(std::string_view method) const {
    thread_.require(method, plugin_, table().log_);
}

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
    if (role == RolePublish && role_ != RolePublish) {
        if (const int32_t refused = admitPublish(errors); refused != StatusOk) {
            return refused;
        }
    }
    const std::string& key = parsed->text;
    const bool renamed = key != key_.view();
    SessionLimit& perStream = table().perStream_;
    if (renamed && !perStream.take(key)) {
        figures_.refused(Refusal::Stream);
        return refuse(errors, StatusLimit,
                      "the stream has " + std::to_string(perStream.limit()) +
                          " sessions, as many as limits.sessions_per_stream allows");
    }
    if (renamed && !key_.empty()) {
        perStream.give(key_.view());
    }
    const std::lock_guard lock(shard_.mutex);
    if (renamed) {
        key_ = CompactText(key);
    }
    role_ = role;
    return StatusOk;
}

int32_t Session::admitPublish(IErrorSink* errors) {
    RateLimit& publishes = table().publishes_;
    if (publishes.take(table().clock_.now())) {
        return StatusOk;
    }
    figures_.refused(Refusal::Publishes);
    const std::string why = "more than " + std::to_string(publishes.perSecond()) +
                            " streams a second begin to be published, which is "
                            "limits.publishes_per_second";
    table().log_.warning("publish limit",
                         "client " + std::string(client_.view()) + " turned away: " + why);
    return refuse(errors, StatusLimit, why);
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
        if (request != nullptr && request->structSize >= sizeof(RouteRequest)) {
            query.originHint = view(request->originHint);
            if ((request->flags & RouteAfresh) != 0) {
                tried_.clear();
                searched_ = 0;
            }
        }
        query.streamKey = key_.view();
        query.protocol = figures_.protocol();
        query.client = client_.view();
        query.role = role_;
        query.attempt = searched_ + 1u;
        query.tried = &tried_;
        decision = table().router_.route(query);
        if (decision.code == RouteFound) {
            ++searched_;
            ++attempts_;
        }
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
        key = key_.view();
        answer.streamKey = str(key);
        answer.originId = str(decision.origin->id);
        answer.originKind = str(decision.origin->registration.kind);
        answer.scheme = str(schemeOf(decision.endpoint, figures_.protocol()));
        answer.address = str(decision.address);
        answer.port = decision.endpoint.port;
        answer.attempt = searched_;
        answer.clientAddress = str(decision.origin->registration.clientAddress);
    }
    handler.routed(&answer);
}

void Session::report(int32_t outcome, Str detail) noexcept {
    onLoop("ISession::report");
    if (seat_) {
        lastOutcome_ = outcome;
        accepted_ = accepted_ || outcome == OutcomeAccepted;
        table().router_.report(key_.view(), seat_, outcome, view(detail).substr(0, MaxDetailBytes));
    }
}

void Session::close(int32_t cause, int32_t side, Str detail) noexcept {
    onLoop("ISession::close");
    std::map<uint64_t, Session>::node_type self; // frees this object at the end
    {
        const std::lock_guard lock(shard_.mutex);
        SessionCounters& ended = shard_.ledgers[figures_.service()].ended;
        ended = plus(ended, bytes());
        self = shard_.sessions.extract(id_);
    }
    finish(cause, side, view(detail));
}

SessionView Session::look(Milliseconds now) const {
    return {id_,
            std::string(figures_.protocol()),
            std::string(client_.view()),
            std::string(key_.view()),
            seat_ ? seat_.origin->id : std::string(),
            role_,
            now - openedAt_,
            bytes()};
}

/// The plugin writes its counters on the session's loop, others read them.
SessionCounters Session::bytes() const {
    const auto read = [](const uint64_t& counter) {
        return __atomic_load_n(&counter, __ATOMIC_RELAXED);
    };
    return {read(counters_.fromClient), read(counters_.toClient), read(counters_.fromOrigin),
            read(counters_.toOrigin)};
}

void Session::finish(int32_t cause, int32_t side, std::string_view detail) {
    leaveOrigin();
    if (!key_.empty()) {
        table().perStream_.give(key_.view());
    }
    table().perClient_.give(addressOf(client_.view()));
    table().live_.fetch_sub(1, std::memory_order_relaxed);
    figures_.closed(cause, side);
    writeAccessLine(cause, side, detail.substr(0, MaxDetailBytes));
}

/// Gives the seat back; its origin is not offered in this search again. If it had taken the stream,
/// that search is over, and the next one has that origin alone to pass by.
void Session::leaveOrigin() {
    Seat seat;
    {
        const std::lock_guard lock(shard_.mutex);
        seat = std::exchange(seat_, Seat{});
    }
    if (!seat) {
        return;
    }
    if (std::exchange(accepted_, false)) {
        tried_.clear();
        searched_ = 0;
    }
    tried_.push_back(seat.origin);
    lastOrigin_ = seat.origin;
    table().router_.leave(key_.view(), seat, std::exchange(lastOutcome_, 0));
}

void Session::writeAccessLine(int32_t cause, int32_t side, std::string_view detail) const {
    const int32_t level = cause == CauseNothingSent ? LogDebug : LogInfo;
    if (!table().access_.enabled(level)) {
        return;
    }
    const SessionCounters relayed = bytes();
    const std::string attempts = std::to_string(attempts_);
    const std::string duration = std::to_string((table().clock_.now() - openedAt_).count());
    const std::string fromClient = std::to_string(relayed.fromClient);
    const std::string toClient = std::to_string(relayed.toClient);
    const std::string fromOrigin = std::to_string(relayed.fromOrigin);
    const std::string toOrigin = std::to_string(relayed.toOrigin);
    const std::array<LogField, 15> fields{{
        {"plugin", plugin_},
        {"protocol", figures_.protocol()},
        {"role", roleName(role_)},
        {"stream", key_.view()},
        {"client", client_.view()},
        {"origin", lastOrigin_ ? std::string_view(lastOrigin_->id) : std::string_view{}},
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
    table().access_.write(level, "session", "session ended", id_, fields);
}

} // namespace srsproxy
