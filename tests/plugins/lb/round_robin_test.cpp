#include "tests/plugins/lb/balancer_fixture.h"

using namespace lbtest;

namespace {

std::vector<int64_t> picks(Bed& bed, int count) {
    std::vector<int64_t> result;
    for (int index = 0; index < count; ++index) {
        result.push_back(bed.pick());
    }
    return result;
}

} // namespace

TEST(RoundRobin, HasNoAnswerWhenThereIsNoOrigin) {
    expectNoneWhenThereIsNoOrigin();
}
TEST(RoundRobin, HasNoAnswerWhenNoOriginIsEligible) {
    expectNoneWhenNoOriginIsEligible();
}
TEST(RoundRobin, ChoosesOnlyEligibleOrigins) {
    expectOnlyEligibleOrigins();
}
TEST(RoundRobin, AllocatesNothingInPick) {
    expectNoAllocationInPick();
}

TEST(RoundRobin, GoesRoundWhenWeightsAreEqual) {
    Bed bed({100, 100, 100});
    EXPECT_THAT(picks(bed, 6), testing::ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(RoundRobin, SpreadsTheHeavyOriginsTurnsWhenWeightsDiffer) {
    Bed bed({5, 1, 1});
    EXPECT_THAT(picks(bed, 7), testing::ElementsAre(0, 0, 1, 0, 2, 0, 0));
}

TEST(RoundRobin, IsExactByWeightAfterOneRound) {
    Bed bed({1, 10, 100, 1000});
    expectSharesByWeight(bed, bed.shares(1111), 1e-9);
}

TEST(RoundRobin, GoesOnWhereItWasWhenAnOriginJoins) {
    Bed bed({100, 100, 100});
    EXPECT_EQ(bed.pick(), 0);
    bed.field.add("vid-2000", 100);
    bed.update();
    EXPECT_THAT(picks(bed, 3), testing::ElementsAre(1, 2, 3));
}

TEST(RoundRobin, SharesTheTurnsOfAnOriginThatIsNotEligible) {
    Bed bed({100, 100, 100});
    bed.field.setEligible(1, false);
    EXPECT_THAT(picks(bed, 4), testing::ElementsAre(0, 2, 0, 2));
}

TEST(RoundRobin, RefusesAnOptionThatItDoesNotHave) {
    EXPECT_THROW(library().create({"speed=1"}), std::runtime_error);
}
