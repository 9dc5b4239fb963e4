#pragma once

/// How often an origin beats, and so how long its silence may last. One belongs to each origin;
/// used under the registry's lock.

#include <array>
#include <cstddef>

#include "core/config/settings.h"

namespace srsproxy {

class HeartbeatRhythm {
public:
    /// The rhythm is known from then on.
    static constexpr size_t BeatsNeeded = 3;
    /// Beats closer than that are repetitions of one: three calls of an operator in a row must
    /// not pass for an origin that beats every second.
    static constexpr Milliseconds ShortestInterval{1000};

    void beat(Milliseconds now);
    /// The longest of the recent intervals times `missedHeartbeats`, at least `minLifetime` and
    /// at most `originTtl`, which is also what stands until the rhythm is known.
    Milliseconds lifetime(const RegistrySettings& settings) const;

private:
    static constexpr size_t Remembered = 8;

    std::array<Milliseconds, Remembered> intervals_{};
    size_t beats_ = 0;
    Milliseconds lastBeat_{0};
};

} // namespace srsproxy
