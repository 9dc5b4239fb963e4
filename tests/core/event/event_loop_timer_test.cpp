#include <string>
#include <vector>

#include "core/event/monotonic.h"
#include "tests/core/event/loop_fixture.h"

namespace srsproxy {
namespace {

class EventLoopTimer : public LoopTest {};

TEST_F(EventLoopTimer, ExpiresInOrderAndNeverEarly) {
    std::string order;
    const int64_t start = monotonicUs();
    int64_t end = 0;
    OnExpired a([&](uint64_t) { order += 'a'; });
    OnExpired b([&](uint64_t) { order += 'b'; });
    OnExpired c([&](uint64_t) {
        order += 'c';
        end = loop_.nowUs();
        loop_.stop();
    });
    loop_.startTimer(3000, &c);
    loop_.startTimer(-5, &a);
    loop_.startTimer(700, &b);
    run();
    EXPECT_EQ(order, "abc");
    EXPECT_GE(end - start, 3000);
}

TEST_F(EventLoopTimer, TheTimerFdFallbackDoesTheSame) {
    EventLoop loop(1, Log(log_, "event"), PollTimeout::TimerFd);
    const int64_t start = monotonicUs();
    int expired = 0;
    OnExpired last([&](uint64_t) {
        ++expired;
        loop.stop();
    });
    OnExpired first([&](uint64_t) {
        ++expired;
        loop.startTimer(1500, &last);
    });
    loop.startTimer(500, &first);
    loop.run();
    EXPECT_EQ(expired, 2);
    EXPECT_GE(monotonicUs() - start, 2000);
}

TEST_F(EventLoopTimer, CancelWorksInsideExpired) {
    std::vector<uint64_t> timers;
    std::vector<uint64_t> expired;
    OnExpired handler([&](uint64_t timer) {
        expired.push_back(timer);
        for (const uint64_t other : timers) {
            loop_.cancelTimer(other); // itself, which is gone, and those due in this pass
        }
        loop_.stop();
    });
    for (int i = 0; i < 5; ++i) {
        timers.push_back(loop_.startTimer(0, &handler));
    }
    run();
    EXPECT_EQ(expired, std::vector<uint64_t>{timers.front()});
}

TEST_F(EventLoopTimer, AHandlerMayDeleteItselfInsideExpired) {
    struct SelfDeleting final : ITimerHandler {
        SelfDeleting(EventLoop& given, int& counter) : loop(given), deleted(counter) {}
        ~SelfDeleting() { ++deleted; }
        void expired(uint64_t) noexcept override {
            loop.stop();
            delete this;
        }
        EventLoop& loop;
        int& deleted;
    };
    int deleted = 0;
    loop_.startTimer(0, new SelfDeleting(loop_, deleted));
    run();
    EXPECT_EQ(deleted, 1);
}

TEST_F(EventLoopTimer, ATimerThatStartsItselfAgainDoesNotStarveSockets) {
    SocketPair pair;
    pair.sendToA();
    int wakeUps = 0;
    OnExpired again([&](uint64_t) {
        ++wakeUps;
        loop_.startTimer(0, &again);
    });
    OnReady handler([&](int32_t, uint32_t) {
        if (wakeUps >= 3) {
            loop_.stop();
        }
    });
    loop_.startTimer(0, &again);
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(wakeUps, 4) << "once in each wake-up";
}

TEST_F(EventLoopTimer, TimeStandsStillWithinAWakeUp) {
    OnExpired handler([&](uint64_t) {
        const int64_t before = loop_.nowUs();
        while (monotonicUs() - before < 500) {
        }
        EXPECT_EQ(loop_.nowUs(), before);
        loop_.stop();
    });
    loop_.startTimer(0, &handler);
    run();
    EXPECT_LE(loop_.nowUs() - monotonicUs(), 0) << "the time now, when the loop does not run";
}

TEST_F(EventLoopTimer, ATimerWithoutHandlerIsRefusedLoudly) {
    const uint64_t timer = loop_.startTimer(0, nullptr);
    EXPECT_NE(timer, 0u);
    EXPECT_EQ(log_->count("without a handler"), 1u);
    loop_.cancelTimer(timer);
    loop_.post([&] { loop_.stop(); });
    run();
}

TEST_F(EventLoopTimer, MeasuresHowLateTimersAre) {
    EXPECT_EQ(loop_.takeLag().count(), 0);
    OnExpired late([&](uint64_t) { loop_.stop(); });
    OnExpired slow([&](uint64_t) {
        loop_.startTimer(100, &late);
        const int64_t start = monotonicUs();
        while (monotonicUs() - start < 3000) {
        }
    });
    loop_.startTimer(0, &slow);
    run();
    EXPECT_GE(loop_.takeLag().count(), 2900);
    EXPECT_EQ(loop_.takeLag().count(), 0);
}

TEST_F(EventLoopTimer, ServesAHundredThousand) {
    constexpr int Timers = 100'000;
    int expired = 0;
    int64_t lastUs = 0;
    OnExpired handler([&](uint64_t) {
        EXPECT_GE(loop_.nowUs(), lastUs);
        lastUs = loop_.nowUs();
        if (++expired == Timers / 2) {
            loop_.stop();
        }
    });
    for (int i = 0; i < Timers; ++i) {
        const uint64_t timer = loop_.startTimer(i % 5000, &handler);
        if (i % 2 == 0) {
            loop_.cancelTimer(timer);
        }
    }
    run();
    EXPECT_EQ(expired, Timers / 2);
}

} // namespace
} // namespace srsproxy
