#include "core/route/rate_limit.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

int taken(RateLimit& limit, Milliseconds now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        count += limit.take(now) ? 1 : 0;
    }
    return count;
}

TEST(RateLimit, GrantsASecondsWorthAndThenTheRate) {
    RateLimit limit(10);
    EXPECT_EQ(taken(limit, Milliseconds(5000), 100), 10);
    EXPECT_EQ(taken(limit, Milliseconds(5099), 100), 0);
    EXPECT_EQ(taken(limit, Milliseconds(5100), 100), 1);
    EXPECT_EQ(taken(limit, Milliseconds(5500), 100), 4);
    EXPECT_EQ(taken(limit, Milliseconds(60'000), 100), 10) << "it does not save up more";
}

TEST(RateLimit, GrantsAllWithoutALimit) {
    RateLimit limit(0);
    EXPECT_EQ(taken(limit, Milliseconds(0), 1000), 1000);
}

TEST(RateLimit, HoldsTheRateInTheLongRun) {
    for (const uint32_t rate : {1u, 3u, 7u, 1000u, 1'000'000u}) {
        RateLimit limit(rate);
        int64_t count = 0;
        for (int64_t now = 0; now < 10'000; ++now) {
            count += taken(limit, Milliseconds(now), rate > 1000 ? 1500 : 3);
        }
        EXPECT_GE(count, 10 * int64_t{rate}) << rate;
        EXPECT_LE(count, 11 * int64_t{rate} + 1) << rate;
    }
}

TEST(RateLimit, GrantsNoneTwiceToThreadsAtOnce) {
    RateLimit limit(1000);
    std::atomic<int> count{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] { count += taken(limit, Milliseconds(1), 1000); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(count, 1000);
}

} // namespace
} // namespace srsproxy
