#pragma once

/// One balancer with a field of origins, and what all balancers must do. The test program is
/// told by LB_PLUGIN which file to load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "bench/lb_sim/balancer_library.h"

namespace lbtest {

/// Allocations of the whole program so far, the plugin's included.
uint64_t allocations();

inline const lbsim::BalancerLibrary& library() {
    static const lbsim::BalancerLibrary loaded(LB_PLUGIN);
    return loaded;
}

class Bed {
public:
    explicit Bed(const std::vector<uint32_t>& weights, const std::vector<std::string>& options = {})
        : balancer(library().create(options)) {
        for (size_t index = 0; index < weights.size(); ++index) {
            field.add(originId(index), weights[index]);
        }
        update();
    }

    static std::string originId(size_t index) { return "vid-" + std::to_string(1000 + index); }
    void update() { field.update(*balancer); }
    int64_t pick(uint64_t stream = 0) const {
        return field.pick(*balancer, lbsim::streamHash("v/live/" + std::to_string(stream)));
    }
    /// The shares of `count` streams that the origins got; each stream stays when `keep`.
    std::vector<double> shares(uint64_t count, bool keep = false) {
        std::vector<uint64_t> hits(field.size());
        for (uint64_t stream = 0; stream < count; ++stream) {
            const int64_t index = pick(stream);
            if (index >= 0) {
                ++hits[static_cast<size_t>(index)];
                field.sessions()[static_cast<size_t>(index)] += keep ? 1 : 0;
            }
        }
        std::vector<double> result;
        for (const uint64_t hit : hits) {
            result.push_back(static_cast<double>(hit) / static_cast<double>(count));
        }
        return result;
    }

    lbsim::OriginField field;
    lbsim::BalancerPtr balancer;
};

/// Expects each origin's share within `tolerance` (relative) of its weight's.
inline void expectSharesByWeight(Bed& bed, const std::vector<double>& shares, double tolerance) {
    for (size_t index = 0; index < shares.size(); ++index) {
        const double wanted =
            bed.field.weight(index) / static_cast<double>(bed.field.totalWeight());
        EXPECT_NEAR(shares[index], wanted, wanted * tolerance) << "origin " << index;
    }
}

inline void expectNoneWhenThereIsNoOrigin() {
    Bed bed({});
    EXPECT_EQ(bed.pick(), srsproxy::PickNone);
}

inline void expectNoneWhenNoOriginIsEligible() {
    Bed bed({100, 100, 100});
    for (uint64_t index = 0; index < 3; ++index) {
        bed.field.setEligible(index, false);
    }
    EXPECT_EQ(bed.pick(), srsproxy::PickNone);
}

/// Every subset of five origins, of very different weights.
inline void expectOnlyEligibleOrigins(const std::vector<std::string>& options = {}) {
    Bed bed({1, 1000, 1, 100, 1000}, options);
    for (uint64_t subset = 1; subset < 32; ++subset) {
        for (uint64_t index = 0; index < 5; ++index) {
            bed.field.setEligible(index, (subset >> index & 1) != 0);
        }
        for (uint64_t stream = 0; stream < 50; ++stream) {
            const int64_t answer = bed.pick(stream);
            ASSERT_GE(answer, 0) << "subset " << subset;
            ASSERT_TRUE(bed.field.eligible(static_cast<uint64_t>(answer))) << "subset " << subset;
        }
    }
}

inline void expectNoAllocationInPick(const std::vector<std::string>& options = {}) {
    const uint64_t start = allocations();
    Bed bed(std::vector<uint32_t>(1000, 100), options);
    ASSERT_GT(allocations(), start) << "allocations are not counted";
    bed.field.setEligible(17, false);
    const uint64_t hash = lbsim::streamHash("v/live/x");
    const uint64_t before = allocations();
    for (uint64_t stream = 0; stream < 100; ++stream) {
        static_cast<void>(bed.field.pick(*bed.balancer, hash + stream));
    }
    EXPECT_EQ(allocations(), before);
}

} // namespace lbtest
