#pragma once

/// How often something may happen: a token bucket that holds one second's worth, so that a burst
/// after a quiet time passes and the rate holds in the long run. One word, without a lock.

#include <atomic>
#include <cstdint>

#include "core/base/clock.h"

namespace srsproxy {

class RateLimit {
public:
    /// `perSecond` 0: no limit.
    explicit RateLimit(uint32_t perSecond) : perSecond_(perSecond) {}

    /// False when the bucket is empty. `now` is of one clock that does not go back. [any]
    bool take(Milliseconds now);
    uint32_t perSecond() const { return perSecond_; }

private:
    const uint32_t perSecond_;
    std::atomic<int64_t> fullAtNs_{0}; ///< when the bucket is full again
};

} // namespace srsproxy
