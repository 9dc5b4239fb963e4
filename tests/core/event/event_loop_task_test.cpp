#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/event/monotonic.h"
#include "tests/core/event/loop_fixture.h"

namespace srsproxy {
namespace {

class EventLoopTask : public LoopTest {};

TEST_F(EventLoopTask, RunsInTheOrderPosted) {
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) {
        loop_.post([&order, i] { order.push_back(i); });
    }
    loop_.post([&] { loop_.stop(); });
    run();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(EventLoopTask, ATaskThatPostsItselfDoesNotStarveSockets) {
    SocketPair pair;
    int rounds = 0;
    std::function<void()> again = [&] {
        if (++rounds == 100) {
            pair.sendToA();
        }
        loop_.post(again);
    };
    OnReady handler([&](int32_t, uint32_t) { loop_.stop(); });
    EXPECT_EQ(loop_.watch(pair.a, EventRead, &handler), StatusOk);
    loop_.post(again);
    run();
    EXPECT_EQ(rounds, 101) << "the socket is served in the wake-up after it got ready";
}

TEST_F(EventLoopTask, ATaskThatThrowsIsLogged) {
    loop_.post([] { throw std::runtime_error("no such luck"); });
    loop_.post([] { throw 42; });
    loop_.post([&] { loop_.stop(); });
    run();
    EXPECT_EQ(log_->count("no such luck"), 1u);
    EXPECT_EQ(log_->count("no std::exception"), 1u);
}

TEST_F(EventLoopTask, ANullTaskIsLeftOut) {
    loop_.post(static_cast<ITask*>(nullptr));
    EXPECT_EQ(log_->count("null task"), 1u);
}

TEST_F(EventLoopTask, WhatIsLeftAtTheEndIsDiscardedOnce) {
    std::atomic<int> ran = 0;
    std::atomic<int> discarded = 0;
    {
        EventLoop loop(1, Log(log_, "event"));
        loop.post(new CountedTask(ran, discarded));
        loop.post([&] {
            loop.stop();
            loop.post(new CountedTask(ran, discarded)); // comes too late
        });
        loop.run();
        EXPECT_EQ(ran, 1);
        EXPECT_EQ(discarded, 0);
        loop.post(new CountedTask(ran, discarded));
        loop.discardPosted();
        EXPECT_EQ(discarded, 2);
        loop.post(new CountedTask(ran, discarded));
    }
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(discarded, 3);
}

TEST_F(EventLoopTask, DiscardMayPost) {
    struct Reposting final : ITask {
        Reposting(EventLoop& given, std::atomic<int>& run, std::atomic<int>& discarded)
            : loop(given), counted(new CountedTask(run, discarded)) {}
        void run() noexcept override {}
        void discard() noexcept override {
            loop.post(counted);
            delete this;
        }
        EventLoop& loop;
        CountedTask* counted;
    };
    std::atomic<int> ran = 0;
    std::atomic<int> discarded = 0;
    loop_.post(new Reposting(loop_, ran, discarded));
    loop_.discardPosted();
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(discarded, 1);
}

TEST_F(EventLoopTask, ALoopThatWasStoppedBeforeItRanEndsAtOnce) {
    std::atomic<int> ran = 0;
    std::atomic<int> discarded = 0;
    loop_.post(new CountedTask(ran, discarded));
    loop_.stop();
    run();
    EXPECT_EQ(ran, 0);
    loop_.discardPosted();
    EXPECT_EQ(discarded, 1);
}

TEST_F(EventLoopTask, MeasuresHowLongTasksWaited) {
    loop_.post([&] { loop_.stop(); });
    const int64_t start = monotonicUs();
    while (monotonicUs() - start < 3000) {
    }
    run();
    EXPECT_GE(loop_.takeLag().count(), 3000);
    EXPECT_EQ(loop_.takeLag().count(), 0);
}

/// A loop on a thread of its own.
class RunningLoop : public testing::Test {
protected:
    RunningLoop() : thread_([this] { loop_.run(); }) {}
    ~RunningLoop() override { end(); }
    void end() {
        loop_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    EventLoop loop_{0, Log(log_, "event")};
    std::thread thread_;
};

TEST_F(RunningLoop, CallWaitsUntilTheWorkIsDone) {
    std::thread::id where;
    EXPECT_TRUE(loop_.call([&] {
        EXPECT_TRUE(loop_.onThread());
        where = std::this_thread::get_id();
        EXPECT_TRUE(loop_.call([] {})) << "on the thread itself it runs at once";
    }));
    EXPECT_EQ(where, thread_.get_id());
    EXPECT_FALSE(loop_.onThread());
}

TEST_F(RunningLoop, CallHandsOverWhatTheWorkThrows) {
    EXPECT_THROW(loop_.call([] { throw std::runtime_error("no"); }), std::runtime_error);
}

TEST_F(RunningLoop, CallOnALoopThatEndedRunsNothing) {
    end();
    bool ran = false;
    EXPECT_FALSE(loop_.call([&] { ran = true; }));
    loop_.discardPosted();
    EXPECT_FALSE(ran);
}

TEST_F(RunningLoop, ACallInFlightWhenTheLoopEndsComesBack) {
    for (int i = 0; i < 50; ++i) {
        EventLoop loop(1, Log(log_, "event"));
        std::thread runner([&] { loop.run(); });
        std::atomic<bool> ran = false;
        std::thread caller([&] {
            const bool answer = loop.call([&] { ran = true; });
            EXPECT_EQ(answer, ran.load());
        });
        loop.stop();
        caller.join();
        runner.join();
    }
}

TEST_F(RunningLoop, EveryTaskOfManyThreadsRunsInTheOrderOfItsThread) {
    constexpr int Threads = 4;
    constexpr int Tasks = 20'000;
    std::vector<int> last(Threads, -1); // touched on the loop only
    int outOfOrder = 0;
    std::vector<std::thread> posters;
    for (int t = 0; t < Threads; ++t) {
        posters.emplace_back([&, t] {
            for (int i = 0; i < Tasks; ++i) {
                loop_.post([&last, &outOfOrder, t, i] {
                    int& before = last[static_cast<size_t>(t)];
                    outOfOrder += before == i - 1 ? 0 : 1;
                    before = i;
                });
            }
        });
    }
    for (std::thread& poster : posters) {
        poster.join();
    }
    EXPECT_TRUE(loop_.call([&] {
        EXPECT_EQ(last, std::vector<int>(Threads, Tasks - 1));
        EXPECT_EQ(outOfOrder, 0);
    }));
}

TEST_F(RunningLoop, EveryTaskRunsOrIsDiscardedWhenTheLoopEndsMeanwhile) {
    constexpr int Threads = 4;
    constexpr int Tasks = 5'000;
    std::atomic<int> ran = 0;
    std::atomic<int> discarded = 0;
    std::vector<std::thread> posters;
    for (int t = 0; t < Threads; ++t) {
        posters.emplace_back([&, t] {
            for (int i = 0; i < Tasks; ++i) {
                loop_.post(new CountedTask(ran, discarded));
                if (t == 0 && i == Tasks / 2) {
                    loop_.stop();
                }
            }
        });
    }
    for (std::thread& poster : posters) {
        poster.join();
    }
    end();
    loop_.post(new CountedTask(ran, discarded));
    loop_.discardPosted();
    EXPECT_EQ(ran + discarded, Threads * Tasks + 1);
    EXPECT_GE(discarded, 1);
}

#ifndef NDEBUG
/// Where a dying process's last words can be read.
class StderrLogSink final : public LogSink {
public:
    bool enabled(int32_t) const override { return true; }
    void write(const LogRecord& record) override {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(record.message.size()),
                     record.message.data());
    }
};

TEST(EventLoopDeathTest, ACallFromAWrongThreadIsNamedAndEndsADebugBuild) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto onWrongThread = [](const std::function<void(EventLoop&)>& misuse) {
        EventLoop loop(3, Log(std::make_shared<StderrLogSink>(), "event"));
        std::thread runner([&] { loop.run(); });
        loop.call([] {});
        misuse(loop);
    };
    OnReady ready([](int32_t, uint32_t) {});
    OnExpired expired([](uint64_t) {});
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.watch(0, EventRead, &ready); }),
                 "IEventLoop::watch was called on loop 3 from another thread");
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.modify(0, EventRead); }), "::modify was");
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.unwatch(0); }), "::unwatch was");
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.startTimer(0, &expired); }),
                 "::startTimer was");
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.cancelTimer(1); }), "::cancelTimer was");
    EXPECT_DEATH(onWrongThread([&](EventLoop& l) { l.nowUs(); }), "::nowUs was");
}
#endif

} // namespace
} // namespace srsproxy
