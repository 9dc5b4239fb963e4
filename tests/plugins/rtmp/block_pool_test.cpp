#include "plugins/rtmp/block_pool.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp {
namespace {

TEST(BlockPool, GivesBlocksUntilTheBudgetIsUsedUp) {
    BlockBudget budget(3 * BlockBytes + 5);
    BlockPool pool(budget);
    uint8_t* const blocks[] = {pool.take(), pool.take(), pool.take()};
    for (uint8_t* block : blocks) {
        ASSERT_NE(block, nullptr);
        block[0] = 1;
        block[BlockBytes - 1] = 1;
    }
    EXPECT_EQ(pool.take(), nullptr);
    EXPECT_EQ(budget.bytesInUse(), 3 * BlockBytes);
    pool.give(blocks[1]);
    EXPECT_EQ(pool.take(), blocks[1]);
    for (uint8_t* block : blocks) {
        pool.give(block);
    }
}

TEST(BlockPool, SharesTheBudgetWithOtherPools) {
    BlockBudget budget(BlockBytes);
    BlockPool one(budget, 0);
    BlockPool other(budget, 0);
    uint8_t* const block = one.take();
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(other.take(), nullptr);
    one.give(block);
    uint8_t* const second = other.take();
    EXPECT_NE(second, nullptr);
    other.give(second);
}

TEST(BlockPool, KeepsAFewBlocksAndReturnsTheRest) {
    BlockBudget budget(8 * BlockBytes);
    {
        BlockPool pool(budget, 2);
        std::array<uint8_t*, 4> blocks{};
        for (uint8_t*& block : blocks) {
            block = pool.take();
        }
        EXPECT_EQ(budget.bytesInUse(), 4 * BlockBytes);
        for (uint8_t* block : blocks) {
            pool.give(block);
        }
        EXPECT_EQ(budget.bytesInUse(), 2 * BlockBytes);
        uint8_t* const again = pool.take();
        EXPECT_EQ(again, blocks[1]) << "the last one kept comes first";
        EXPECT_EQ(budget.bytesInUse(), 2 * BlockBytes);
        pool.give(again);
    }
    EXPECT_EQ(budget.bytesInUse(), 0U);
}

TEST(BlockPool, GivesNothingFromAnEmptyBudget) {
    BlockBudget budget(0);
    BlockPool pool(budget);
    EXPECT_EQ(pool.take(), nullptr);
    EXPECT_EQ(budget.bytesInUse(), 0U);
}

} // namespace
} // namespace srsproxy::rtmp
