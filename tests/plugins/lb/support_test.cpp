#include <gtest/gtest.h>

#include <cmath>

#include "plugins/lb/support/fixed_log.h"
#include "plugins/lb/support/prng.h"

TEST(FixedLog, IsCloseToTheRealLogarithm) {
    lb::Prng prng(1);
    for (int turn = 0; turn < 100'000; ++turn) {
        const uint64_t hash = prng.next() >> (turn % 64);
        const double wanted = hash == 0 ? 64 : 64 - std::log2(static_cast<double>(hash));
        const double seen = static_cast<double>(lb::negativeLog2(hash)) / 4294967296.0;
        ASSERT_NEAR(seen, wanted, 4e-7) << hash;
    }
}

TEST(FixedLog, FallsAsTheFractionGrows) {
    lb::Prng prng(2);
    for (int turn = 0; turn < 100'000; ++turn) {
        const uint64_t low = prng.next();
        const uint64_t high = low + (prng.next() >> (turn % 64));
        if (high > low) {
            ASSERT_GE(lb::negativeLog2(low), lb::negativeLog2(high)) << low << " " << high;
        }
    }
}

TEST(FixedLog, IsBoundedAtItsEnds) {
    EXPECT_EQ(lb::negativeLog2(0), uint64_t{64} << 32);
    EXPECT_EQ(lb::negativeLog2(1), uint64_t{64} << 32);
    EXPECT_EQ(lb::negativeLog2(uint64_t{1} << 63), uint64_t{1} << 32);
    EXPECT_LE(lb::negativeLog2(UINT64_MAX), 2u);
}

TEST(Prng, StaysBelowItsBound) {
    lb::Prng prng(3);
    EXPECT_EQ(prng.below(0), 0u);
    EXPECT_EQ(prng.below(1), 0u);
    uint64_t highest = 0;
    for (int turn = 0; turn < 10'000; ++turn) {
        const uint64_t value = prng.below(10);
        ASSERT_LT(value, 10u);
        highest = std::max(highest, value);
    }
    EXPECT_EQ(highest, 9u);
}
