#include "core/registry/heartbeat_rhythm.h"

#include <algorithm>

namespace srsproxy {

void HeartbeatRhythm::beat(Milliseconds now) {
    if (beats_ > 0) {
        const Milliseconds interval = now - lastBeat_;
        if (interval < ShortestInterval) {
            return;
        }
        intervals_[(beats_ - 1) % Remembered] = interval;
    }
    ++beats_;
    lastBeat_ = now;
}

Milliseconds HeartbeatRhythm::lifetime(const RegistrySettings& settings) const {
    if (beats_ < BeatsNeeded) {
        return settings.originTtl;
    }
    const Milliseconds longest = *std::max_element(intervals_.begin(), intervals_.end());
    const Milliseconds learnt = longest * settings.missedHeartbeats;
    return std::min(std::max(learnt, settings.minLifetime), settings.originTtl);
}

} // namespace srsproxy
