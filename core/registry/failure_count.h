#pragma once

/// What sessions report of one origin, boiled down to: leave it alone now, and for how long.
/// Used under the registry's lock.

#include <cstdint>

#include "core/config/settings.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {

class FailureCount {
public:
    /// An origin that is reached but does not do well is left alone after that many failures
    /// with no success between them; one that cannot be reached, at once.
    static constexpr uint32_t ToleratedInARow = 3;

    /// True when this Outcome says that the origin should get no new sessions for a while.
    /// A stream taken, or declined in the protocol's words, clears all that was held against it.
    /// A mere connection clears the back-off only: whoever connects and then stays silent each
    /// time has failed each time. A stream lost midway says nothing: a client can provoke it by
    /// what it sends, and an origin that is really gone refuses the next connection.
    bool report(int32_t outcome);

    /// How long this time: `ejectBase`, twice as long each time until a success, at most
    /// `ejectMax`.
    Milliseconds nextBackOff(const RegistrySettings& settings);

private:
    uint32_t inARow_ = 0;
    uint32_t ejections_ = 0;
};

/// `refused the connection`, … for a log line and the list of origins.
const char* failureText(int32_t outcome);

} // namespace srsproxy
