#pragma once

/// Whether one origin can take one session, and by which address. Pure.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/registry/registry.h"

namespace srsproxy {

/// Why an origin does not get a session. The most lasting reason comes first: an origin that is
/// `Draining` fails in nothing else.
enum class Verdict {
    NotOffered, ///< it has no endpoint of that service
    NoAddress,  ///< its name does not resolve
    Tried,      ///< it has failed in this search, and has not restarted since
    AtLimit,
    Ejected,
    Silent, ///< no heartbeat any more
    Draining,
    Eligible,
};

/// An address of an origin at which it offers a service.
struct Door {
    Endpoint endpoint;
    std::string address; ///< numeric
};

/// Origins as they were when a session was on them.
using TriedOrigins = std::vector<std::shared_ptr<const Origin>>;

/// `tried` may be null.
Verdict judge(const Origin& origin, std::string_view service, const TriedOrigins* tried);

/// The door to knock at: each failure of the origin turns to its next one, so that an origin
/// with a dead address among good ones (a name with an IPv6 address that nothing listens on) is
/// reached. Empty address: it has none.
Door chooseDoor(const Origin& origin, std::string_view service);

/// All doors, in the registration's order. An endpoint whose name has no address yet is there
/// without one.
std::vector<Door> doorsOf(const Origin& origin, std::string_view service);

/// What an endpoint is spoken to by: what it says, else what the service runs on.
std::string_view schemeOf(const Endpoint& endpoint, std::string_view service);

/// For an operator: `draining`, `ejected for 4 s more: connection refused`, …
std::string describe(Verdict verdict, const Origin& origin, std::string_view service,
                     Milliseconds now);

} // namespace srsproxy
