#pragma once

/// Decides which origin a stream is on, and keeps it there. stream key → pin → else candidates
/// → balancer → pin. One lock guards pins and balancer; it is taken per session set-up, never
/// per packet. Two loops asking for the same new stream at once agree.
///
/// When a pin stays and when it moves. A session is *settled* once its origin accepted it, until
/// it ends or fails: the proof that the stream lives there.
///  - Gone from the table, or restarted: the pin is void, for everybody.
///  - Draining, or its heartbeat has stopped: the pin stays while the stream has sessions, so that
///    players still find their publisher; then the stream moves.
///  - Ejected, or failed for the asking session. A player stays while others are settled there:
///    no other origin has the stream, so it is told to come again rather than sent where nothing
///    plays; one lost SYN moves nobody. A publisher moves the pin: the stream is where it is
///    published, and an encoder that comes again while its old session still hangs on a dead
///    machine must get through.
///  - Lost in mid-stream (the origin was killed), which is a failure for the session that says
///    so: the publisher takes the pin along to the origin where it goes on, at once, and the
///    players that ask after it follow. A player that asks before it is told to come again while
///    others still count as settled at the lost origin (the publisher will find out any moment).
///    When none does, the first that asks makes a new pin, and the others follow it, the publisher
///    too. Nobody is sent to the lost origin again in the same search, unless it has restarted.
///  - The origin does not offer the protocol, or is at its limit: the session is told so while
///    the stream has sessions there; else the stream moves.
/// When a session is accepted whose pin went meanwhile, the stream is pinned there again.
/// A pin on which nobody ever settled dies with its last session (so asking for streams that do
/// not exist leaves nothing behind), others after the idle time.
///
/// The router reads the registry's table under its own lock: the registry must not call the
/// router while it holds a lock that table() or report() takes.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/registry/registry.h"
#include "core/route/balancer_host.h"
#include "core/route/candidate.h"
#include "core/route/pin_table.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {

struct RouteQuery {
    std::string_view streamKey;
    std::string_view protocol;
    std::string_view client;
    std::string_view originHint; ///< goes before the pin when that origin is usable
    int32_t role = 0;
    uint32_t attempt = 1;
    const TriedOrigins* tried = nullptr; ///< origins that are not to be offered
};

/// A session's place on an origin. route() takes it, leave() gives it back.
struct Seat {
    std::shared_ptr<const Origin> origin; ///< as it was then; null: no seat
    uint64_t pin = 0;                     ///< serial of the pin it is counted under; 0: none
    int32_t role = 0;
    bool settled = false;

    explicit operator bool() const { return origin != nullptr; }
};

struct RouteDecision {
    int32_t code = RouteNoOrigin; ///< a RouteCode
    std::shared_ptr<const Origin> origin;
    Endpoint endpoint;   ///< of the service asked for
    std::string address; ///< numeric
    bool pinned = false; ///< an existing pin was used
    std::string reason;  ///< fit for a client; set unless RouteFound
    Seat seat;           ///< taken when RouteFound
};

struct CandidateInfo {
    std::string originId;
    bool eligible = false;
    std::string why; ///< `eligible`, or the reason why not
};

struct Explanation {
    std::string streamKey;
    std::string protocol;
    std::vector<CandidateInfo> candidates;
    std::string pinnedTo;  ///< empty: no pin
    std::string wouldPick; ///< empty: none
    std::string reason;
};

class Router {
public:
    /// All references outlive the router.
    Router(RouterSettings settings, const Clock& clock, Registry& registry, BalancerHost& balancer,
           Log log);

    /// [any]
    RouteDecision route(const RouteQuery& query);
    /// How the origin did: passes on to the registry, settles the seat, or frees the pin when
    /// the origin failed and nobody else is settled on it. [any]
    void report(std::string_view streamKey, Seat& seat, int32_t outcome, std::string_view detail);
    /// The session ended, or goes to another origin; the seat is empty then. `outcome` is the
    /// last reported one, 0 when there was none. [any]
    void leave(std::string_view streamKey, Seat& seat, int32_t outcome);
    /// Drops idle pins and those of dead or restarted origins. Once a second. [any]
    void sweep();

    /// What route() would do for a first session of that role, without doing it. Pins, seats
    /// and figures stay untouched. When no pin decides and more than one origin is eligible the
    /// balancer is asked; the answer is kept, and route() takes it for that stream if the same
    /// origins are eligible then. So an explanation holds, and asking again tells the same; to
    /// the balancer it was one pick, which another stream may come too late for. [any]
    Explanation explain(std::string_view streamKey, std::string_view protocol, int32_t role);
    /// At most `limit`, in key order, after `after`. [any]
    std::vector<PinInfo> pins(std::string_view after, size_t limit) const;
    size_t pinCount() const; ///< [any]

private:
    struct Choice;
    const OriginTable& refresh();
    const Pin* validPin(std::string_view streamKey) const;
    Choice choose(const RouteQuery& query, bool explaining);
    bool chooseHint(const RouteQuery& query, Choice& choice) const;
    bool choosePin(const RouteQuery& query, const Pin* pin, Choice& choice) const;
    int64_t pick(const RouteQuery& query, const std::vector<bool>& eligible, bool explaining);
    void chooseNew(const RouteQuery& query, bool explaining, Choice& choice);
    RouteDecision seat(const RouteQuery& query, Choice choice);
    void settle(std::string_view streamKey, Seat& seat);

    const RouterSettings settings_;
    const Clock& clock_;
    Registry& registry_;
    const Log log_;

    mutable std::mutex mutex_; ///< guards all below
    BalancerHost& balancer_;
    PinTable pins_;
    struct Promise {
        std::string streamKey;
        std::vector<bool> eligible;
        uint64_t tableVersion = 0;
        int64_t index = -1;
    };
    std::optional<Promise> promise_; ///< of the last explain()
};

} // namespace srsproxy
