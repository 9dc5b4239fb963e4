#pragma once

/// Draws an eligible origin at random, each as likely as its weight says. Built anew at each
/// update; a draw costs a binary search, and allocates nothing.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "plugins/lb/support/prng.h"
#include "srsproxy/balancer.h"

namespace lb {

class WeightedDraw {
public:
    WeightedDraw() = default;
    explicit WeightedDraw(const srsproxy::Origins& origins) {
        ends_.reserve(origins.size());
        uint64_t total = 0;
        for (uint64_t index = 0; index < origins.size(); ++index) {
            total += std::max<uint32_t>(origins[index].weight, 1);
            ends_.push_back(total);
        }
    }

    uint64_t weight(uint64_t index) const {
        return index == 0 ? ends_[0] : ends_[index] - ends_[index - 1];
    }

    /// An eligible index, or PickNone when there is none.
    int64_t draw(const srsproxy::Pick& pick, Prng& prng) const {
        if (pick.size() != ends_.size() || ends_.empty()) {
            return srsproxy::PickNone;
        }
        // Most origins are eligible most of the time, so the first throw usually hits.
        for (int attempt = 0; attempt < QuickThrows; ++attempt) {
            const uint64_t index = at(prng.below(ends_.back()));
            if (pick.eligible(index)) {
                return static_cast<int64_t>(index);
            }
        }
        return drawByScan(pick, prng);
    }

private:
    static constexpr int QuickThrows = 4;

    uint64_t at(uint64_t point) const {
        const auto end = std::upper_bound(ends_.begin(), ends_.end(), point);
        return static_cast<uint64_t>(end - ends_.begin());
    }

    int64_t drawByScan(const srsproxy::Pick& pick, Prng& prng) const {
        uint64_t total = 0;
        for (uint64_t index = 0; index < ends_.size(); ++index) {
            total += pick.eligible(index) ? weight(index) : 0;
        }
        uint64_t left = prng.below(total);
        for (uint64_t index = 0; index < ends_.size(); ++index) {
            if (!pick.eligible(index)) {
                continue;
            }
            if (left < weight(index)) {
                return static_cast<int64_t>(index);
            }
            left -= weight(index);
        }
        return srsproxy::PickNone;
    }

    std::vector<uint64_t> ends_; ///< running sums of the weights: where each origin's share ends
};

} // namespace lb
