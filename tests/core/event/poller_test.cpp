#include "core/event/poller.h"

#include <thread>

#include "core/event/monotonic.h"
#include "tests/core/event/loop_fixture.h"

namespace srsproxy {
namespace {

class PollerTest : public testing::TestWithParam<PollTimeout> {
protected:
    Poller poller_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(BothWays, PollerTest,
                         testing::Values(PollTimeout::Pwait2, PollTimeout::TimerFd));

TEST_P(PollerTest, WaitsForFractionsOfAMillisecond) {
    // The best of many: the machine may be busy, but a wait in milliseconds would always fail.
    int64_t best = INT64_MAX;
    for (int i = 0; i < 50; ++i) {
        const int64_t start = monotonicUs();
        poller_.wait(200);
        const int64_t waited = monotonicUs() - start;
        EXPECT_GE(waited, 199) << "both ends are cut to microseconds";
        best = std::min(best, waited);
    }
    EXPECT_LT(best, 900);
}

TEST_P(PollerTest, ReportsTagsOfReadyDescriptors) {
    SocketPair pair;
    EXPECT_EQ(poller_.add(pair.a, EPOLLIN, 77), 0);
    EXPECT_EQ(poller_.wait(0).size(), 0u);
    pair.sendToA();
    const auto events = poller_.wait(-1);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].data.u64, 77u);
    EXPECT_EQ(events[0].events, static_cast<uint32_t>(EPOLLIN));
    EXPECT_EQ(poller_.modify(pair.a, 0, 77), 0);
    EXPECT_EQ(poller_.wait(0).size(), 0u);
    EXPECT_EQ(poller_.remove(pair.a), 0);
    EXPECT_EQ(poller_.remove(pair.a), ENOENT);
}

TEST_P(PollerTest, AWakeUpIsNotLostAndNotRepeated) {
    for (int i = 0; i < 3; ++i) {
        poller_.wake(); // before the wait has begun
        poller_.wake();
        const auto events = poller_.wait(-1);
        ASSERT_EQ(events.size(), 1u);
        EXPECT_GT(events[0].data.u64, Poller::LastTag);
        EXPECT_EQ(poller_.wait(0).size(), 0u);
    }
    std::thread waker([this] { poller_.wake(); });
    EXPECT_EQ(poller_.wait(-1).size(), 1u);
    waker.join();
}

} // namespace
} // namespace srsproxy
