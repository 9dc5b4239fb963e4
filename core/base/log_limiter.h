#pragma once

/// Holds back repetitions: so many lines of one kind in a second, the rest is only counted. A
/// kind is (source, level, topic). Owned by a log sink, which guards it; not thread-safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"

namespace srsproxy {

/// What was held back of one kind.
struct HeldBackLines {
    int32_t level;
    std::string source; ///< empty: of all kinds that found no place in the table
    std::string topic;
    uint64_t lines;
};

class LogLimiter {
public:
    /// `linesPerSecond` 0: no limit. Beyond `maxKinds` in one second, all further kinds share
    /// one count.
    LogLimiter(uint32_t linesPerSecond, size_t maxKinds);

    /// Call before admit(). When the second is over it tells what was held back in it, and the
    /// next one begins.
    std::vector<HeldBackLines> roll(Milliseconds now);
    /// Ends the second early.
    std::vector<HeldBackLines> rollNow(Milliseconds now);
    /// True when a line of that kind may be written; else it has been counted.
    bool admit(int32_t level, std::string_view source, std::string_view topic);

    size_t kinds() const { return kinds_.size(); }

private:
    struct Kind {
        HeldBackLines heldBack;
        uint32_t written = 0;
    };

    bool admit(Kind& kind) const;

    const uint32_t linesPerSecond_;
    const size_t maxKinds_;
    Milliseconds secondStart_{0};
    std::unordered_map<std::string, Kind> kinds_; ///< of this second
    Kind others_;
};

} // namespace srsproxy
