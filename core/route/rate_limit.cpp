#include "core/route/rate_limit.h"

#include <algorithm>

namespace srsproxy {
namespace {

constexpr int64_t SecondNs = 1'000'000'000;

} // namespace

bool RateLimit::take(Milliseconds now) {
    if (perSecond_ == 0) {
        return true;
    }
    const int64_t nowNs = std::chrono::nanoseconds(now).count();
    const int64_t tokenNs = SecondNs / perSecond_; // one token comes back in that time
    int64_t fullAtNs = fullAtNs_.load(std::memory_order_relaxed);
    for (;;) {
        const int64_t next = std::max(fullAtNs, nowNs) + tokenNs;
        if (next - nowNs > SecondNs) {
            return false;
        }
        if (fullAtNs_.compare_exchange_weak(fullAtNs, next, std::memory_order_relaxed)) {
            return true;
        }
    }
}

} // namespace srsproxy
