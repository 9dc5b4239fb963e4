#include <csignal>
#include <set>
#include <string>
#include <thread>

#include <pthread.h>
#include <sched.h>

#include "tests/core/event/loop_fixture.h"

namespace srsproxy {
namespace {

Log nullLog() {
    return Log(std::make_shared<NullLogSink>(), "event");
}

TEST(LoopGroup, HasOneLoopForEachCoreThatTheProcessMayUse) {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(LoopGroup(0, nullLog()).size(), static_cast<uint32_t>(CPU_COUNT(&before)));
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(LoopGroup(0, nullLog()).size(), 1u);
    ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(LoopGroup, RunsEachLoopOnANamedThreadThatTakesNoSignals) {
    LoopGroup group(12, nullLog());
    group.start();
    std::set<std::thread::id> threads;
    for (uint32_t i = 0; i < group.size(); ++i) {
        EXPECT_EQ(group.at(i).index(), i);
        EXPECT_TRUE(group.at(i).call([&] {
            threads.insert(std::this_thread::get_id());
            char name[16] = {};
            ::pthread_getname_np(::pthread_self(), name, sizeof name);
            EXPECT_EQ(name, "srsproxy-loop" + std::to_string(i));
            sigset_t blocked;
            ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
            EXPECT_EQ(::sigismember(&blocked, SIGTERM), 1);
        }));
    }
    EXPECT_EQ(threads.size(), 12u);
    sigset_t mine;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    EXPECT_EQ(::sigismember(&mine, SIGTERM), 0) << "the caller's own mask is as before";
    group.stop();
}

TEST(LoopGroup, DiscardsOnTheStoppingThreadWhatIsLeft) {
    struct Discarded final : ITask {
        explicit Discarded(std::vector<std::thread::id>& seen) : where(seen) {}
        void run() noexcept override { delete this; }
        void discard() noexcept override {
            where.push_back(std::this_thread::get_id());
            delete this;
        }
        std::vector<std::thread::id>& where;
    };
    std::vector<std::thread::id> where;
    LoopGroup group(2, nullLog());
    group.start();
    for (uint32_t i = 0; i < group.size(); ++i) {
        EventLoop& loop = group.at(i);
        EXPECT_TRUE(loop.call([&] {
            loop.stop();
            loop.post(new Discarded(where));
        }));
    }
    group.stop();
    group.stop();
    EXPECT_EQ(where, std::vector<std::thread::id>(2, std::this_thread::get_id()));
}

TEST(LoopGroup, MayBeStoppedWithoutAStart) {
    std::atomic<int> ran = 0;
    std::atomic<int> discarded = 0;
    {
        LoopGroup group(2, nullLog());
        group.at(1).post(new CountedTask(ran, discarded));
    }
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(discarded, 1);
}

} // namespace
} // namespace srsproxy
