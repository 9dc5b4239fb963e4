#include "core/base/log_limiter.h"

#include <gtest/gtest.h>

#include "srsproxy/abi/log.h"

namespace srsproxy {
namespace {

constexpr Milliseconds Start{5000};

TEST(LogLimiter, CountsWhatIsTooMuchOfOneKind) {
    LogLimiter limiter(2, 100);
    EXPECT_TRUE(limiter.roll(Start).empty());
    EXPECT_TRUE(limiter.admit(LogError, "rtmp", "a"));
    EXPECT_TRUE(limiter.admit(LogError, "rtmp", "a"));
    EXPECT_FALSE(limiter.admit(LogError, "rtmp", "a"));
    EXPECT_FALSE(limiter.admit(LogError, "rtmp", "a"));
    EXPECT_TRUE(limiter.admit(LogWarning, "rtmp", "a")) << "another level";
    EXPECT_TRUE(limiter.admit(LogError, "http", "a")) << "another source";
    EXPECT_TRUE(limiter.admit(LogError, "rtmp", "b")) << "another topic";

    EXPECT_TRUE(limiter.roll(Start + Milliseconds(999)).empty());
    const auto heldBack = limiter.roll(Start + Milliseconds(1000));
    ASSERT_EQ(heldBack.size(), 1u);
    EXPECT_EQ(heldBack[0].level, LogError);
    EXPECT_EQ(heldBack[0].source, "rtmp");
    EXPECT_EQ(heldBack[0].topic, "a");
    EXPECT_EQ(heldBack[0].lines, 2u);
    EXPECT_TRUE(limiter.admit(LogError, "rtmp", "a")) << "a new second";
    EXPECT_TRUE(limiter.rollNow(Start + Milliseconds(1001)).empty());
}

TEST(LogLimiter, KeepsItsTableBounded) {
    LogLimiter limiter(1, 10);
    limiter.roll(Start);
    uint64_t admitted = 0;
    for (int i = 0; i < 1000; ++i) {
        admitted += limiter.admit(LogInfo, "rtmp", "topic " + std::to_string(i)) ? 1 : 0;
    }
    EXPECT_EQ(limiter.kinds(), 10u);
    EXPECT_EQ(admitted, 11u) << "ten of their own, and one of all others";
    const auto heldBack = limiter.roll(Start + Milliseconds(1000));
    ASSERT_EQ(heldBack.size(), 1u);
    EXPECT_EQ(heldBack[0].source, "");
    EXPECT_EQ(heldBack[0].lines, 989u);
    EXPECT_EQ(limiter.kinds(), 0u);
}

TEST(LogLimiter, TellsKindsApartByTheirFirstBytesOnly) {
    LogLimiter limiter(1, 10);
    EXPECT_TRUE(limiter.admit(LogInfo, "s", std::string(1000, 'x') + "1"));
    EXPECT_FALSE(limiter.admit(LogInfo, "s", std::string(1000, 'x') + "2"));
}

TEST(LogLimiter, HasNoLimitAtZero) {
    LogLimiter limiter(0, 10);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(limiter.admit(LogInfo, "s", "t"));
    }
    EXPECT_TRUE(limiter.rollNow(Start).empty());
}

} // namespace
} // namespace srsproxy
