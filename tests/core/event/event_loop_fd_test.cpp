#include <ctime>
#include <set>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

#include "tests/core/event/loop_fixture.h"

namespace srsproxy {
namespace {

class EventLoopFd : public LoopTest {};

TEST_F(EventLoopFd, TellsWhatIsReady) {
    SocketPair readable;
    SocketPair idle;
    SocketPair hungUp;
    readable.sendToA();
    hungUp.closeB();
    uint32_t seenReadable = 0;
    uint32_t seenIdle = 0;
    uint32_t seenHungUp = 0;
    OnReady onReadable([&](int32_t, uint32_t events) { seenReadable = events; });
    OnReady onIdle([&](int32_t, uint32_t events) { seenIdle = events; });
    OnReady onHungUp([&](int32_t, uint32_t events) { seenHungUp = events; });
    EXPECT_EQ(loop_.watch(readable.a, EventRead | EventWrite, &onReadable), StatusOk);
    EXPECT_EQ(loop_.watch(idle.a, EventRead, &onIdle), StatusOk);
    EXPECT_EQ(loop_.watch(hungUp.a, 0, &onHungUp), StatusOk);
    loop_.post([&] { loop_.stop(); });
    run();
    EXPECT_EQ(seenReadable, EventRead | EventWrite);
    EXPECT_EQ(seenIdle, 0u);
    EXPECT_EQ(seenHungUp, static_cast<uint32_t>(EventHangup)) << "reported though not asked for";
}

TEST_F(EventLoopFd, IsLevelTriggered) {
    SocketPair pair;
    pair.sendToA();
    int calls = 0;
    OnReady handler([&](int32_t, uint32_t) {
        if (++calls == 3) {
            loop_.stop(); // nothing was ever read
        }
    });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopFd, RefusesWhatCannotBeWatched) {
    SocketPair pair;
    OnReady handler([](int32_t, uint32_t) {});
    const int regular = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(loop_.watch(-1, EventRead, &handler), StatusBadArgument);
    EXPECT_EQ(loop_.watch(INT32_MAX, EventRead, &handler), StatusBadArgument);
    EXPECT_EQ(loop_.watch(regular, EventRead, &handler), StatusBadArgument);
    EXPECT_EQ(loop_.watch(pair.a, EventRead, nullptr), StatusBadArgument);
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusBadArgument);
    EXPECT_EQ(loop_.modify(pair.b, EventRead), StatusNotFound);
    EXPECT_EQ(loop_.modify(-1, EventRead), StatusNotFound);
    loop_.unwatch(pair.b);
    loop_.unwatch(-1);
    loop_.unwatch(pair.a);
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    ::close(regular);
}

TEST_F(EventLoopFd, ModifyChangesTheMask) {
    SocketPair pair;
    pair.sendToA();
    std::vector<uint32_t> seen;
    OnReady handler([&](int32_t fd, uint32_t events) {
        seen.push_back(events);
        if (seen.size() == 1) {
            EXPECT_EQ(loop_.modify(fd, EventWrite), StatusOk);
        } else {
            EXPECT_EQ(loop_.modify(fd, 0), StatusOk);
            loop_.post([&] { loop_.post([&] { loop_.stop(); }); });
        }
    });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(seen, (std::vector<uint32_t>{EventRead, EventWrite}));
}

/// Each row closes a descriptor too early, so that a system call fails, which the loop logs.
TEST_F(EventLoopFd, ModifyMakesASystemCallOnlyWhenItHasTo) {
    const struct {
        std::vector<uint32_t> masks; ///< the first is watched for, the others follow
        size_t calls;
    } rows[] = {
        {{EventRead, EventRead}, 0},
        {{EventRead, EventRead | EventHangup}, 0},
        {{EventRead, 0, EventRead}, 0},
        {{EventRead, EventRead | EventWrite, EventRead}, 0},
        {{EventWrite, EventRead, 0, EventWrite}, 0},
        {{EventRead, 0}, 0}, // until something comes
        {{EventRead | EventWrite, EventWrite}, 0},
        {{0, EventRead}, 1},
        {{EventRead | EventWrite, EventRead}, 1},
        {{EventWrite, EventRead, EventWrite, EventRead}, 1},
    };
    for (const auto& row : rows) {
        EventLoop loop(0, Log(log_, "event"));
        SocketPair pair;
        OnReady handler([](int32_t, uint32_t) {});
        EXPECT_EQ(loop.watch(pair.a, row.masks[0], &handler), StatusOk);
        const int fd = pair.a;
        pair.closeA();
        for (size_t i = 1; i < row.masks.size(); ++i) {
            EXPECT_EQ(loop.modify(fd, row.masks[i]), StatusOk);
        }
        loop.post([&] { loop.stop(); });
        loop.run();
        EXPECT_EQ(log_->count("descriptor " + std::to_string(fd) + " was closed while it was"),
                  row.calls)
            << testing::PrintToString(row.masks);
        log_->clear();
    }
}

TEST_F(EventLoopFd, ReadingThatIsOffNeitherReportsNorSpins) {
    SocketPair pair;
    pair.sendToA();
    int calls = 0;
    OnReady handler([&](int32_t fd, uint32_t) {
        EXPECT_EQ(loop_.modify(fd, 0), StatusOk); // and leaves the byte where it is
        if (++calls == 2) {
            loop_.stop();
        }
    });
    timespec before{};
    OnExpired later([&](uint64_t) {
        timespec after{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        const int64_t spentUs =
            (after.tv_sec - before.tv_sec) * 1'000'000 + (after.tv_nsec - before.tv_nsec) / 1000;
        EXPECT_LT(spentUs, 50'000) << "of 100 ms";
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(loop_.modify(pair.a, EventRead), StatusOk);
    });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    loop_.startTimer(100'000, &later);
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    run();
    EXPECT_EQ(calls, 2) << "the byte is reported when reading is on again";
}

TEST_F(EventLoopFd, AModifiedDescriptorMayBeUnwatchedAndReused) {
    SocketPair pair;
    OnReady former([](int32_t, uint32_t) { ADD_FAILURE() << "it is not watched any more"; });
    uint32_t seen = 0;
    OnReady handler([&](int32_t, uint32_t events) {
        seen = events;
        loop_.stop();
    });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &former), StatusOk);
    EXPECT_EQ(loop_.modify(pair.a, EventRead | EventWrite), StatusOk); // still to be told
    loop_.unwatch(pair.a);
    EXPECT_EQ(loop_.watch(pair.a, EventWrite, &handler), StatusOk);
    EXPECT_EQ(loop_.modify(pair.a, EventRead), StatusOk);
    pair.sendToA();
    run();
    EXPECT_EQ(seen, static_cast<uint32_t>(EventRead));
}

TEST_F(EventLoopFd, AMaskTakenAwayInTheSameBatchIsObeyed) {
    SocketPair one;
    SocketPair two;
    one.sendToA();
    two.sendToA();
    int calls = 0;
    OnReady handler([&](int32_t fd, uint32_t) {
        ++calls;
        EXPECT_EQ(loop_.modify(fd == one.a ? two.a : one.a, 0), StatusOk);
        loop_.stop();
    });
    EXPECT_EQ(loop_.watch(one.a, EventRead, &handler), StatusOk);
    EXPECT_EQ(loop_.watch(two.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopFd, NoEventComesAfterUnwatchInTheSameBatch) {
    SocketPair one;
    SocketPair two;
    one.sendToA();
    two.sendToA();
    int calls = 0;
    OnReady handler([&](int32_t, uint32_t) {
        ++calls;
        loop_.unwatch(one.a);
        loop_.unwatch(two.a);
        loop_.stop();
    });
    EXPECT_EQ(loop_.watch(one.a, EventRead, &handler), StatusOk);
    EXPECT_EQ(loop_.watch(two.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(calls, 1);
}

/// Whichever of two ready sockets comes first closes the other, and opens a new one that gets
/// its number. `unwatchFirst` false: the owner forgets it, which the contract forbids.
void closeAndReuseInOneBatch(EventLoop& loop, const std::function<void()>& run, bool unwatchFirst) {
    SocketPair pairs[2];
    pairs[0].sendToA();
    pairs[1].sendToA();
    int oldCalls = 0;
    std::vector<uint32_t> newEvents;
    OnReady newHandler([&](int32_t, uint32_t events) {
        newEvents.push_back(events);
        loop.stop();
    });
    OnReady oldHandler([&](int32_t fd, uint32_t) {
        ++oldCalls;
        loop.unwatch(fd);
        SocketPair& other = fd == pairs[0].a ? pairs[1] : pairs[0];
        const int reused = other.a;
        if (unwatchFirst) {
            loop.unwatch(reused);
        }
        const int fresh = ::fcntl(other.b, F_DUPFD_CLOEXEC, 0); // writable, not readable
        ASSERT_EQ(::dup2(fresh, reused), reused);               // closes and reuses
        ::close(fresh);
        EXPECT_EQ(loop.watch(reused, EventWrite, &newHandler), StatusOk);
    });
    EXPECT_EQ(loop.watch(pairs[0].a, EventRead | EventWrite, &oldHandler), StatusOk);
    EXPECT_EQ(loop.watch(pairs[1].a, EventRead | EventWrite, &oldHandler), StatusOk);
    run();
    EXPECT_EQ(oldCalls, 1) << "an event of the closed descriptor reached a handler";
    ASSERT_EQ(newEvents.size(), 1u);
    // b's peer is gone: a hang-up beside the write. What the old one had, a read, is not there.
    EXPECT_EQ(newEvents[0] & EventRead, 0u);
}

TEST_F(EventLoopFd, AReusedDescriptorGetsNoEventOfItsFormerSelf) {
    closeAndReuseInOneBatch(loop_, [this] { run(); }, true);
}

TEST_F(EventLoopFd, AReusedDescriptorIsSafeAlsoWhenNobodyUnwatched) {
    closeAndReuseInOneBatch(loop_, [this] { run(); }, false);
}

TEST_F(EventLoopFd, NewEventsWaitForTheNextWakeUp) {
    // The new registration of a reused number must not be served from the old batch.
    SocketPair one;
    SocketPair two;
    one.sendToA();
    two.sendToA();
    bool sameWakeUp = true;
    OnReady late([&](int32_t, uint32_t) {
        EXPECT_FALSE(sameWakeUp);
        loop_.stop();
    });
    OnReady first([&](int32_t fd, uint32_t) {
        loop_.unwatch(fd);
        const int other = fd == one.a ? two.a : one.a;
        loop_.unwatch(other);
        EXPECT_EQ(loop_.watch(other, EventRead, &late), StatusOk);
        loop_.post([&] { sameWakeUp = false; });
    });
    EXPECT_EQ(loop_.watch(one.a, EventRead, &first), StatusOk);
    EXPECT_EQ(loop_.watch(two.a, EventRead, &first), StatusOk);
    run();
}

TEST_F(EventLoopFd, AHandlerMayDeleteItselfInsideReady) {
    struct SelfDeleting final : IFdHandler {
        SelfDeleting(EventLoop& given, int& counter) : loop(given), deleted(counter) {}
        ~SelfDeleting() { ++deleted; }
        void ready(int32_t fd, uint32_t) noexcept override {
            loop.unwatch(fd);
            loop.stop();
            delete this;
        }
        EventLoop& loop;
        int& deleted;
    };
    SocketPair pair;
    pair.sendToA();
    int deleted = 0;
    EXPECT_EQ(loop_.watch(pair.a, EventRead, new SelfDeleting(loop_, deleted)), StatusOk);
    run();
    EXPECT_EQ(deleted, 1);
}

TEST_F(EventLoopFd, ATableThatGrowsInsideReadyHurtsNobody) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    SocketPair pair;
    pair.sendToA();
    OnReady idle([](int32_t, uint32_t) {});
    int calls = 0;
    int high = -1;
    OnReady handler([&](int32_t fd, uint32_t) {
        ++calls;
        high = ::fcntl(pair.b, F_DUPFD_CLOEXEC, static_cast<int>(limit.rlim_cur) - 8);
        EXPECT_EQ(loop_.watch(high, EventRead, &idle), StatusOk);
        loop_.unwatch(fd);
        loop_.stop();
    });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    run();
    EXPECT_EQ(calls, 1);
    loop_.unwatch(high);
    ::close(high);
}

TEST_F(EventLoopFd, ServesMoreDescriptorsThanOneBatchHolds) {
    constexpr size_t Pairs = 400;
    std::vector<std::unique_ptr<SocketPair>> pairs;
    std::set<int> seen;
    OnReady handler([&](int32_t fd, uint32_t) {
        if (seen.insert(fd).second && seen.size() == Pairs) {
            loop_.stop();
        }
    });
    for (size_t i = 0; i < Pairs; ++i) {
        pairs.push_back(std::make_unique<SocketPair>());
        pairs.back()->sendToA();
        ASSERT_EQ(loop_.watch(pairs.back()->a, EventRead, &handler), StatusOk);
    }
    run(); // nothing is read: all stay ready, and none may starve
    EXPECT_EQ(seen.size(), Pairs);
}

} // namespace
} // namespace srsproxy
