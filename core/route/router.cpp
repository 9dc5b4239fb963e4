#include "core/route/router.h"

#include <algorithm>
#include <utility>

namespace srsproxy {
namespace {

constexpr size_t SweepBudget = 4096; // pins looked at before the lock is let go

} // namespace

/// What route() would answer, and how it came to it.
struct Router::Choice {
    int32_t code = RouteNoOrigin;
    std::shared_ptr<const Origin> origin; ///< set when RouteFound
    bool pinned = false;                  ///< stays on the stream's pin
    bool hinted = false;                  ///< the client's token named the origin
    std::string reason;                   ///< for the client; when found, for explain() only

    void found(std::shared_ptr<const Origin> chosen, std::string why) {
        code = RouteFound;
        origin = std::move(chosen);
        reason = std::move(why);
    }
    void refuse(int32_t refusal, std::string why) {
        code = refusal;
        reason = std::move(why);
    }
};

Router::Router(RouterSettings settings, const Clock& clock, Registry& registry,
               BalancerHost& balancer, Log log)
    : settings_(settings), clock_(clock), registry_(registry), log_(std::move(log)),
      balancer_(balancer), pins_(settings.maxPins) {}

RouteDecision Router::route(const RouteQuery& query) {
    const std::lock_guard lock(mutex_);
    Choice choice = choose(query, false);
    if (choice.code == RouteFound) {
        return seat(query, std::move(choice));
    }
    RouteDecision decision;
    decision.code = choice.code;
    decision.reason = std::move(choice.reason);
    return decision;
}

void Router::report(std::string_view streamKey, Seat& seat, int32_t outcome,
                    std::string_view detail) {
    if (!seat) {
        return;
    }
    registry_.report(seat.origin->id, outcome, detail);
    const std::lock_guard lock(mutex_);
    if (outcome == OutcomeAccepted && !seat.settled) {
        settle(streamKey, seat);
    } else if (outcome < 0) {
        pins_.fail(streamKey, seat.pin, std::exchange(seat.settled, false));
    }
}

void Router::leave(std::string_view streamKey, Seat& seat, int32_t outcome) {
    if (!seat) {
        return;
    }
    seat.origin->load->sessions.fetch_sub(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    pins_.leave(streamKey, seat.pin, seat.role, seat.settled, clock_.now());
    balancer_.closed(seat.origin->id, outcome);
    seat = Seat{};
}

void Router::sweep() {
    std::string cursor;
    for (bool more = true; more;) {
        const std::lock_guard lock(mutex_);
        const OriginTable& table = refresh();
        const bool moreIdle = pins_.dropIdle(clock_.now(), settings_.pinIdleTtl, SweepBudget);
        more = pins_.dropInvalid(table, cursor, SweepBudget) || moreIdle;
    }
}

std::vector<PinInfo> Router::pins(std::string_view after, size_t limit) const {
    const std::lock_guard lock(mutex_);
    return pins_.list(after, limit, clock_.now());
}

size_t Router::pinCount() const {
    const std::lock_guard lock(mutex_);
    return pins_.size();
}

Explanation Router::explain(std::string_view streamKey, std::string_view protocol, int32_t role) {
    Explanation explanation;
    explanation.streamKey = streamKey;
    explanation.protocol = protocol;
    const std::lock_guard lock(mutex_);
    for (const std::shared_ptr<const Origin>& origin : refresh().origins) {
        const Verdict verdict = judge(*origin, protocol, nullptr);
        explanation.candidates.push_back({origin->id, verdict == Verdict::Eligible,
                                          describe(verdict, *origin, protocol, clock_.now())});
    }
    const Pin* pin = validPin(streamKey);
    if (pin != nullptr) {
        explanation.pinnedTo = pin->home->originId;
    }
    RouteQuery query;
    query.streamKey = streamKey;
    query.protocol = protocol;
    query.role = role;
    const Choice choice = choose(query, true);
    if (choice.code == RouteFound) {
        explanation.wouldPick = choice.origin->id;
    }
    explanation.reason = choice.reason;
    return explanation;
}

/// The registry's table of now, which the balancer has then seen too. Under the lock.
const OriginTable& Router::refresh() {
    std::shared_ptr<const OriginTable> table = registry_.table();
    if (table != balancer_.table()) {
        balancer_.update(std::move(table));
    }
    return *balancer_.table();
}

/// The stream's pin, unless its origin is gone or has restarted.
const Pin* Router::validPin(std::string_view streamKey) const {
    const Pin* pin = pins_.find(streamKey);
    return pin != nullptr && PinTable::valid(*pin, *balancer_.table()) ? pin : nullptr;
}

Router::Choice Router::choose(const RouteQuery& query, bool explaining) {
    Choice choice;
    if (query.attempt > settings_.maxAttempts) {
        choice.refuse(RouteExhausted, "no server could be reached");
        return choice;
    }
    refresh();
    if (!chooseHint(query, choice) && !choosePin(query, validPin(query.streamKey), choice)) {
        chooseNew(query, explaining, choice);
    }
    return choice;
}

/// An origin that the client was at before, if it can still serve: true when it is chosen.
bool Router::chooseHint(const RouteQuery& query, Choice& choice) const {
    if (query.originHint.empty()) {
        return false;
    }
    std::shared_ptr<const Origin> origin = balancer_.table()->find(query.originHint);
    if (origin == nullptr) {
        return false;
    }
    const Verdict verdict = judge(*origin, query.protocol, query.tried);
    if (verdict != Verdict::Eligible && verdict != Verdict::Draining) {
        return false;
    }
    choice.hinted = true;
    choice.found(std::move(origin), "named by a token of this proxy");
    return true;
}

/// True when the pin decides, for or against the session; else the stream moves. See router.h.
bool Router::choosePin(const RouteQuery& query, const Pin* pin, Choice& choice) const {
    if (pin == nullptr) {
        return false;
    }
    std::shared_ptr<const Origin> origin = balancer_.table()->find(pin->home->originId);
    const bool inUse = pin->sessions() > 0;
    const bool held = pin->settled > 0 && query.role != RolePublish;
    switch (judge(*origin, query.protocol, query.tried)) {
    case Verdict::NotOffered:
        choice.refuse(RouteNoOrigin,
                      "the stream is on a server without " + std::string(query.protocol));
        return inUse;
    case Verdict::AtLimit:
        choice.refuse(RouteLimit, "the stream's server is at its limit of sessions");
        return inUse;
    case Verdict::NoAddress:
    case Verdict::Tried:
        choice.refuse(RouteExhausted, "the stream's server could not be reached");
        return held;
    case Verdict::Ejected:
        if (!held) {
            return false;
        }
        break;
    case Verdict::Silent:
    case Verdict::Draining:
        if (!inUse) {
            return false;
        }
        break;
    case Verdict::Eligible:
        break;
    }
    choice.pinned = true;
    choice.found(std::move(origin), "the stream is pinned there");
    return true;
}

/// Asks the balancer, unless explain() has asked for the same already.
int64_t Router::pick(const RouteQuery& query, const std::vector<bool>& eligible, bool explaining) {
    const uint64_t version = balancer_.table()->version;
    if (promise_ && promise_->streamKey == query.streamKey && promise_->eligible == eligible &&
        promise_->tableVersion == version) {
        const int64_t index = promise_->index;
        if (!explaining) {
            promise_.reset();
        }
        return index;
    }
    const PickInput input{query.streamKey, query.protocol, query.client, query.role, query.attempt};
    const int64_t index = balancer_.pick(input, eligible);
    if (explaining) {
        promise_ = Promise{std::string(query.streamKey), eligible, version, index};
    }
    return index;
}

/// Lets the balancer choose. Replaces what a pin that does not decide may have left in `choice`.
void Router::chooseNew(const RouteQuery& query, bool explaining, Choice& choice) {
    const auto& origins = balancer_.table()->origins;
    std::vector<bool> eligible(origins.size());
    size_t count = 0;
    bool atLimit = false;
    for (size_t i = 0; i < origins.size(); ++i) {
        const Verdict verdict = judge(*origins[i], query.protocol, query.tried);
        eligible[i] = verdict == Verdict::Eligible;
        count += eligible[i] ? 1 : 0;
        atLimit = atLimit || verdict == Verdict::AtLimit;
    }
    if (count == 0) {
        if (atLimit) {
            choice.refuse(RouteLimit, "all servers are at their limit of sessions");
        } else if (query.tried != nullptr && !query.tried->empty()) {
            choice.refuse(RouteExhausted, "no server could be reached");
        } else {
            choice.refuse(RouteNoOrigin,
                          "no server for " + std::string(query.protocol) + " is available");
        }
        return;
    }
    if (count == 1 && explaining) {
        const auto only = std::find(eligible.begin(), eligible.end(), true) - eligible.begin();
        choice.found(origins[static_cast<size_t>(only)], "it is the only eligible origin");
        return;
    }
    const int64_t index = pick(query, eligible, explaining);
    if (index < 0) {
        choice.refuse(RouteNoOrigin, "no server takes this stream now");
        return;
    }
    choice.found(origins[static_cast<size_t>(index)], "the balancer picked it");
}

/// Carries a choice out: pins the stream and counts the session.
RouteDecision Router::seat(const RouteQuery& query, Choice choice) {
    const Origin& origin = *choice.origin;
    const Pin* pin = validPin(query.streamKey);
    if (choice.hinted && pin != nullptr) {
        if (pin->home->originId != origin.id) {
            pin = nullptr; // the others' pin stays where it is, and this session is on none
        }
    } else if (!choice.pinned) {
        const bool moves = pin != nullptr;
        const std::string from = moves ? pin->home->originId : "";
        pin = pins_.put(query.streamKey, origin, clock_.now());
        if (moves) {
            log_.info("pin moved", "stream " + std::string(query.streamKey) + " moves from " +
                                       from + " to " + origin.id);
        }
        if (pin == nullptr) {
            log_.warning("pin limit", "all " + std::to_string(settings_.maxPins) +
                                          " pins are in use: stream " +
                                          std::string(query.streamKey) +
                                          " is routed without one; raise router.max_pins");
        }
    }

    RouteDecision decision;
    decision.code = RouteFound;
    decision.pinned = choice.pinned;
    Door door = chooseDoor(origin, query.protocol);
    decision.endpoint = std::move(door.endpoint);
    decision.address = std::move(door.address);
    decision.seat = {choice.origin, pin == nullptr ? 0 : pin->serial, query.role, false};
    origin.load->sessions.fetch_add(1, std::memory_order_relaxed);
    origin.load->totalSessions.fetch_add(1, std::memory_order_relaxed);
    pins_.take(query.streamKey, decision.seat.pin, query.role);
    balancer_.opened(origin.id);
    decision.origin = std::move(choice.origin);
    return decision;
}

/// The origin accepted the session. When its pin went meanwhile (another session failed there),
/// the session joins or makes one again; a publisher also takes a pin that has no publisher.
void Router::settle(std::string_view streamKey, Seat& seat) {
    const OriginTable& table = refresh();
    const Pin* pin = validPin(streamKey);
    const std::shared_ptr<const Origin> origin = table.find(seat.origin->id);
    if ((pin == nullptr || pin->serial != seat.pin) && origin != nullptr) {
        const bool free = pin == nullptr || (seat.role == RolePublish && pin->publishers == 0);
        if (pin != nullptr && pin->home->originId == seat.origin->id) {
            seat.pin = pin->serial;
            pins_.take(streamKey, seat.pin, seat.role);
        } else if (free && (pin = pins_.put(streamKey, *origin, clock_.now())) != nullptr) {
            seat.pin = pin->serial;
            pins_.take(streamKey, seat.pin, seat.role);
        }
    }
    seat.settled = true;
    pins_.settle(streamKey, seat.pin);
}

} // namespace srsproxy
