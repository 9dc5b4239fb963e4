#include "tests/plugins/lb/balancer_fixture.h"

using namespace lbtest;

TEST(Random, HasNoAnswerWhenThereIsNoOrigin) {
    expectNoneWhenThereIsNoOrigin();
}
TEST(Random, HasNoAnswerWhenNoOriginIsEligible) {
    expectNoneWhenNoOriginIsEligible();
}
TEST(Random, ChoosesOnlyEligibleOrigins) {
    expectOnlyEligibleOrigins();
}
TEST(Random, AllocatesNothingInPick) {
    expectNoAllocationInPick();
}

TEST(Random, IsFairByWeight) {
    Bed bed({50, 100, 200, 650}, {"seed=7"});
    expectSharesByWeight(bed, bed.shares(100'000), 0.04);
}

TEST(Random, IsFairAmongTheFewThatAreEligible) {
    Bed bed(std::vector<uint32_t>(100, 100), {"seed=7"});
    for (uint64_t index = 2; index < 100; ++index) {
        bed.field.setEligible(index, false);
    }
    const std::vector<double> shares = bed.shares(20'000);
    EXPECT_NEAR(shares[0], 0.5, 0.02);
    EXPECT_NEAR(shares[1], 0.5, 0.02);
}

TEST(Random, RepeatsItselfWhenTheSeedIsGiven) {
    Bed one({100, 100, 100, 100}, {"seed=42"});
    Bed other({100, 100, 100, 100}, {"seed=42"});
    for (int turn = 0; turn < 100; ++turn) {
        ASSERT_EQ(one.pick(), other.pick());
    }
}

TEST(Random, DiffersFromProxyToProxyWhenNoSeedIsGiven) {
    Bed one({100, 100, 100, 100});
    Bed other({100, 100, 100, 100});
    int same = 0;
    for (int turn = 0; turn < 1000; ++turn) {
        same += one.pick() == other.pick() ? 1 : 0;
    }
    EXPECT_LT(same, 400); // 250 are expected, and 400 is eleven standard deviations off
}

TEST(Random, RefusesASeedThatIsNoNumber) {
    EXPECT_THROW(library().create({"seed=x"}), std::runtime_error);
}
