#include "core/event/mailbox.h"

#include <gtest/gtest.h>

#include "core/event/monotonic.h"

namespace srsproxy {
namespace {

struct Idle final : ITask {
    void run() noexcept override {}
    void discard() noexcept override {}
};

TEST(Mailbox, AsksForOneWakeUpOnly) {
    Mailbox box;
    Idle tasks[3];
    EXPECT_FALSE(box.pending());
    const int64_t before = monotonicUs();
    EXPECT_TRUE(box.push(&tasks[0]));
    const int64_t after = monotonicUs();
    EXPECT_FALSE(box.push(&tasks[1]));
    EXPECT_TRUE(box.pending());
    std::vector<ITask*> taken;
    const int64_t oldest = box.take(taken);
    EXPECT_GE(oldest, before);
    EXPECT_LE(oldest, after);
    EXPECT_EQ(taken, (std::vector<ITask*>{&tasks[0], &tasks[1]}));
    EXPECT_FALSE(box.pending());
    EXPECT_TRUE(box.push(&tasks[2])) << "empty again";
}

TEST(Mailbox, GivesBackTheMemoryOfABurst) {
    Mailbox box;
    Idle task;
    for (int i = 0; i < 100'000; ++i) {
        box.push(&task);
    }
    std::vector<ITask*> taken;
    box.take(taken);
    EXPECT_EQ(taken.size(), 100'000u);
    taken.clear();
    box.take(taken);
    box.take(taken);
    EXPECT_LE(taken.capacity(), 4096u);
}

} // namespace
} // namespace srsproxy
