#include "plugins/rtmp/capability_book.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace srsproxy::rtmp {
namespace {

using Page = CapabilityBook::Page;

constexpr uint64_t Generation = 7;

/// A loop that only keeps what is posted to it.
class Mailbox final : public IEventLoop {
public:
    ~Mailbox() {
        for (ITask* task : tasks_) {
            task->discard();
        }
    }
    uint32_t index() noexcept override { return 0; }
    int64_t nowUs() noexcept override { return 0; }
    int32_t watch(int32_t, uint32_t, IFdHandler*) noexcept override { return StatusFailed; }
    int32_t modify(int32_t, uint32_t) noexcept override { return StatusFailed; }
    void unwatch(int32_t) noexcept override {}
    uint64_t startTimer(int64_t, ITimerHandler*) noexcept override { return 0; }
    void cancelTimer(uint64_t) noexcept override {}
    void post(ITask* task) noexcept override {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(task);
    }
    /// Runs what was posted; how much that was.
    size_t run() {
        std::deque<ITask*> tasks;
        {
            const std::lock_guard lock(mutex_);
            tasks.swap(tasks_);
        }
        for (ITask* task : tasks) {
            task->run();
        }
        return tasks.size();
    }

private:
    std::mutex mutex_;
    std::deque<ITask*> tasks_;
};

Capabilities caps(std::string_view code, uint32_t capsEx = 0) {
    Capabilities made;
    made.fourCcs.add(*FourCc::parse(code), 1);
    made.capsEx = capsEx;
    return made;
}

struct Book : testing::Test {
    std::shared_ptr<CapabilityWaiter> waiter() {
        return std::make_shared<CapabilityWaiter>(loop, [this] { ++woken; });
    }
    Page::State ask(std::string_view origin, int64_t nowUs) {
        kept.push_back(waiter());
        return book.ask(origin, Generation, nowUs, true, kept.back()).state;
    }
    std::string known(int64_t nowUs) {
        const Page page = book.look("o", Generation, nowUs);
        const std::string offer =
            page.offer ? std::string(page.offer->fourCcs.entries().front().code.text()) : "none";
        return offer + (page.state == Page::Settled ? " settled" : " due");
    }

    Mailbox loop;
    int woken = 0;
    std::vector<std::shared_ptr<CapabilityWaiter>> kept;
    CapabilityBook book{
        {.maxOrigins = 3, .maxWaiters = 2, .freshUs = 100, .usableUs = 1000, .silentUs = 10}};
};
using CapabilityBookTest = Book;

TEST_F(CapabilityBookTest, RemembersAnAnswerForItsTime) {
    EXPECT_EQ(known(0), "none due");
    EXPECT_EQ(ask("o", 0), Page::Yours);
    EXPECT_EQ(known(1), "none due");
    book.answered("o", Generation, 5, caps("hvc1"));
    EXPECT_EQ(known(5), "hvc1 settled");
    EXPECT_EQ(known(104), "hvc1 settled");
    EXPECT_EQ(known(105), "hvc1 due");
    EXPECT_EQ(known(1004), "hvc1 due");
    EXPECT_EQ(known(1005), "none due");
}

TEST_F(CapabilityBookTest, KeepsTheOldAnswerWhileANewOneIsNotToBeHad) {
    ask("o", 0);
    book.answered("o", Generation, 0, caps("hvc1"));
    EXPECT_EQ(ask("o", 200), Page::Yours);
    book.silent("o", Generation, 200);
    EXPECT_EQ(known(209), "hvc1 settled");
    EXPECT_EQ(known(210), "hvc1 due");
}

TEST_F(CapabilityBookTest, LeavesASilentOriginAloneForAWhile) {
    ask("o", 0);
    book.silent("o", Generation, 0);
    EXPECT_EQ(known(9), "none settled");
    EXPECT_EQ(ask("o", 9), Page::Settled);
    EXPECT_EQ(ask("o", 10), Page::Yours);
}

TEST_F(CapabilityBookTest, ForgetsWhatAnEarlierGenerationSaid) {
    ask("o", 0);
    book.answered("o", Generation, 0, caps("hvc1"));
    EXPECT_EQ(book.look("o", Generation + 1, 1).offer, nullptr);
    EXPECT_EQ(book.ask("o", Generation + 1, 1, true, waiter()).state, Page::Yours);
    book.silent("o", Generation + 1, 2);
    EXPECT_EQ(book.look("o", Generation + 1, 3).offer, nullptr);
    EXPECT_EQ(known(3), "none due");
}

TEST_F(CapabilityBookTest, LetsOneAskAndWakesAllWhenItHasEnded) {
    const auto other = waiter();
    EXPECT_EQ(ask("o", 0), Page::Yours);
    EXPECT_EQ(book.ask("o", Generation, 0, true, other).state, Page::Asked);
    EXPECT_EQ(loop.run(), 0u);
    book.answered("o", Generation, 1, caps("hvc1"));
    EXPECT_EQ(woken, 0) << "from within the call";
    EXPECT_EQ(loop.run(), 2u);
    EXPECT_EQ(woken, 2);
    book.answered("o", Generation, 2, caps("hvc1"));
    EXPECT_EQ(loop.run(), 0u) << "each is woken once";
}

TEST_F(CapabilityBookTest, DoesNotAskForOneWhoMayNot) {
    EXPECT_EQ(book.ask("o", Generation, 0, false, waiter()).state, Page::Due);
    EXPECT_EQ(book.size(), 0u);
    EXPECT_EQ(ask("o", 0), Page::Yours);
    EXPECT_EQ(book.ask("o", Generation, 0, false, waiter()).state, Page::Asked);
}

TEST_F(CapabilityBookTest, WakesNobodyWhoHasLeft) {
    ask("o", 0);
    kept.back()->leave();
    auto gone = waiter();
    EXPECT_EQ(book.ask("o", Generation, 0, true, gone).state, Page::Asked);
    gone.reset();
    book.silent("o", Generation, 1);
    EXPECT_EQ(loop.run(), 1u);
    EXPECT_EQ(woken, 0);
}

TEST_F(CapabilityBookTest, MayBeLeftByWhomItWakes) {
    std::shared_ptr<CapabilityWaiter> one;
    one = std::make_shared<CapabilityWaiter>(loop, [&] {
        ++woken;
        one->leave();
        one.reset();
    });
    book.ask("o", Generation, 0, true, one);
    book.silent("o", Generation, 0);
    loop.run();
    EXPECT_EQ(woken, 1);
}

TEST_F(CapabilityBookTest, KeepsABoundedNumberOfWaiters) {
    ask("o", 0);
    auto second = waiter();
    EXPECT_EQ(book.ask("o", Generation, 0, true, second).state, Page::Asked);
    EXPECT_EQ(ask("o", 0), Page::Settled) << "no place: goes on with what is known";
    second.reset();
    EXPECT_EQ(ask("o", 0), Page::Asked) << "the place of one who has left";
}

TEST_F(CapabilityBookTest, KeepsABoundedNumberOfOrigins) {
    for (const char* origin : {"a", "b", "c"}) {
        ask(origin, 0);
    }
    EXPECT_EQ(ask("d", 0), Page::Settled) << "all places are being asked";
    book.answered("a", Generation, 2, caps("hvc1"));
    book.answered("b", Generation, 1, caps("hvc1"));
    EXPECT_EQ(ask("d", 3), Page::Yours);
    EXPECT_EQ(book.size(), 3u);
    EXPECT_EQ(book.look("b", Generation, 3).offer, nullptr) << "the oldest";
    EXPECT_NE(book.look("a", Generation, 3).offer, nullptr);
    EXPECT_EQ(ask("c", 3), Page::Asked);
}

TEST_F(CapabilityBookTest, LearnsFromSessions) {
    book.learned("o", 0, caps("hvc1"));
    EXPECT_EQ(book.size(), 0u) << "of an origin that nobody asked";

    ask("o", 0);
    book.silent("o", Generation, 0);
    book.learned("o", 1, caps("hvc1"));
    EXPECT_EQ(known(9), "hvc1 settled");
    EXPECT_EQ(known(10), "hvc1 due") << "it may be less than all";

    ask("o", 10);
    book.answered("o", Generation, 10, caps("hvc1", 6));
    book.learned("o", 60, caps("hvc1", 6));
    EXPECT_EQ(known(159), "hvc1 settled") << "as fresh as an answer";
    book.learned("o", 150, caps("hvc1", 2));
    EXPECT_EQ(known(160), "hvc1 due") << "less than is known: no news";
    book.learned("o", 170, caps("hvc1", 14));
    EXPECT_EQ(known(269), "hvc1 settled");
    EXPECT_EQ(book.look("o", Generation, 200).offer->capsEx, 14u) << "more than is known";
}

TEST_F(CapabilityBookTest, IsSharedByThreads) {
    CapabilityBook shared;
    std::atomic<int> asking = 0;
    std::atomic<int> asked = 0;
    const auto work = [&] {
        for (int i = 0; i < 2000; ++i) {
            const auto one = waiter();
            const auto generation = static_cast<uint64_t>(i / 100);
            if (shared.ask("o", generation, i, true, one).state == Page::Yours) {
                EXPECT_EQ(++asking, 1);
                ++asked;
                --asking;
                shared.answered("o", generation, i, caps("hvc1"));
            }
            shared.learned("o", i, caps("hvc1"));
        }
    };
    std::thread second(work);
    work();
    second.join();
    EXPECT_GE(asked, 20);
    loop.run();
}

} // namespace
} // namespace srsproxy::rtmp
