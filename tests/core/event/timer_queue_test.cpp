#include "core/event/timer_queue.h"

#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

struct Idle final : ITimerHandler {
    void expired(uint64_t) noexcept override {}
};

TEST(TimerQueue, GivesTimersByDueTimeThenByAge) {
    TimerQueue queue;
    Idle handler;
    EXPECT_EQ(queue.nextDueUs(), TimerQueue::Never);
    const uint64_t late = queue.add(30, &handler);
    const uint64_t firstOfTwo = queue.add(10, &handler);
    const uint64_t secondOfTwo = queue.add(10, &handler);
    EXPECT_EQ(queue.nextDueUs(), 10);
    EXPECT_FALSE(queue.popDue(9, queue.mark()));
    EXPECT_EQ(queue.popDue(30, queue.mark())->id, firstOfTwo);
    EXPECT_EQ(queue.popDue(30, queue.mark())->id, secondOfTwo);
    const auto last = queue.popDue(30, queue.mark());
    EXPECT_EQ(last->id, late);
    EXPECT_EQ(last->handler, &handler);
    EXPECT_EQ(last->dueUs, 30);
    EXPECT_FALSE(queue.popDue(INT64_MAX, queue.mark()));
}

TEST(TimerQueue, HoldsBackTimersNewerThanTheMark) {
    TimerQueue queue;
    Idle handler;
    queue.add(10, &handler);
    const uint64_t mark = queue.mark();
    queue.add(10, &handler);
    EXPECT_TRUE(queue.popDue(10, mark));
    EXPECT_FALSE(queue.popDue(10, mark));
    EXPECT_TRUE(queue.popDue(10, queue.mark()));
}

TEST(TimerQueue, KnowsNoTimerThatIsGoneOrNeverWas) {
    TimerQueue queue;
    Idle handler;
    const uint64_t expired = queue.add(1, &handler);
    queue.popDue(1, queue.mark());
    const uint64_t cancelled = queue.add(2, &handler);
    EXPECT_TRUE(queue.cancel(cancelled));
    queue.add(3, &handler); // in the same slot
    for (const uint64_t id : {expired, cancelled, uint64_t{0}, UINT64_MAX}) {
        EXPECT_FALSE(queue.cancel(id)) << id;
    }
    EXPECT_EQ(queue.size(), 1u);
}

TEST(TimerQueue, GivesNoIdTwiceAndKeepsNoTombstones) {
    TimerQueue queue;
    Idle handler;
    std::set<uint64_t> ids;
    for (int i = 0; i < 300'000; ++i) { // an idle timer that each packet starts anew
        const uint64_t id = queue.add(1'000'000 + i, &handler);
        EXPECT_NE(id, 0u);
        EXPECT_TRUE(ids.insert(id).second);
        EXPECT_TRUE(queue.cancel(id));
    }
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.slots(), 1u);
}

/// Random adds, cancels and pops against a std::multimap, whose equal keys stay in the order in
/// which they were put in.
TEST(TimerQueue, DoesWhatAMultimapWouldDo) {
    for (uint32_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        TimerQueue queue;
        std::multimap<int64_t, std::pair<uint64_t, ITimerHandler*>> model;
        std::vector<Idle> handlers(7);
        std::vector<uint64_t> known; // also such as are gone
        int64_t now = 0;
        // Some rounds grow the queue, some drain it; due times collide often.
        const auto adds = 1 + random() % 8;
        for (int step = 0; step < 4000; ++step) {
            const auto what = random() % 12;
            if (what < adds) {
                ITimerHandler* handler = &handlers[random() % handlers.size()];
                const int64_t due = now + static_cast<int64_t>(random() % 50);
                const uint64_t id = queue.add(due, handler);
                model.emplace(due, std::pair(id, handler));
                known.push_back(id);
            } else if (what < 10 && !known.empty()) {
                const uint64_t id = known[random() % known.size()];
                auto found = model.begin();
                while (found != model.end() && found->second.first != id) {
                    ++found;
                }
                ASSERT_EQ(queue.cancel(id), found != model.end());
                if (found != model.end()) {
                    model.erase(found);
                }
            } else {
                now += static_cast<int64_t>(random() % 20);
                const uint64_t mark = queue.mark();
                while (const auto due = queue.popDue(now, mark)) {
                    ASSERT_FALSE(model.empty());
                    const auto& [wantedDue, wanted] = *model.begin();
                    ASSERT_EQ(due->dueUs, wantedDue);
                    ASSERT_EQ(due->id, wanted.first);
                    ASSERT_EQ(due->handler, wanted.second);
                    model.erase(model.begin());
                }
                ASSERT_TRUE(model.empty() || model.begin()->first > now);
            }
            ASSERT_EQ(queue.size(), model.size());
            ASSERT_EQ(queue.nextDueUs(), model.empty() ? TimerQueue::Never : model.begin()->first);
        }
    }
}

} // namespace
} // namespace srsproxy
