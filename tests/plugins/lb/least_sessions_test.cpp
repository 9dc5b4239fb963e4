#include "tests/plugins/lb/balancer_fixture.h"

using namespace lbtest;

namespace {

const std::vector<std::string> Two{"seed=7"};
const std::vector<std::string> Full{"choices=full", "seed=7"};

} // namespace

TEST(LeastSessions, HasNoAnswerWhenThereIsNoOrigin) {
    expectNoneWhenThereIsNoOrigin();
}
TEST(LeastSessions, HasNoAnswerWhenNoOriginIsEligible) {
    expectNoneWhenNoOriginIsEligible();
}
TEST(LeastSessions, ChoosesOnlyEligibleOrigins) {
    expectOnlyEligibleOrigins(Two);
    expectOnlyEligibleOrigins(Full);
}
TEST(LeastSessions, AllocatesNothingInPick) {
    expectNoAllocationInPick(Two);
    expectNoAllocationInPick(Full);
}

TEST(LeastSessions, ChoosesTheLeastLoadedWhenItLooksAtAll) {
    Bed bed({100, 100, 100}, Full);
    bed.field.sessions() = {5, 3, 4};
    EXPECT_EQ(bed.pick(), 1);
}

TEST(LeastSessions, CountsSessionsByWeight) {
    Bed bed({100, 1000, 100}, Full);
    bed.field.sessions() = {3, 20, 3};
    EXPECT_EQ(bed.pick(), 1);
}

TEST(LeastSessions, ChoosesTheLesserOfTwoWhenThereAreTwo) {
    Bed bed({100, 100}, Two);
    bed.field.sessions() = {9, 2};
    for (int turn = 0; turn < 50; ++turn) {
        ASSERT_EQ(bed.pick(), 1);
    }
}

TEST(LeastSessions, NeverChoosesTheMostLoadedOfThree) {
    Bed bed({100, 100, 100}, Two);
    bed.field.sessions() = {5, 90, 5};
    const std::vector<double> shares = bed.shares(1000);
    EXPECT_EQ(shares[1], 0);
}

TEST(LeastSessions, IsFairAmongEquals) {
    for (const auto& options : {Two, Full}) {
        Bed bed(std::vector<uint32_t>(10, 100), options);
        expectSharesByWeight(bed, bed.shares(50'000), 0.08);
    }
}

TEST(LeastSessions, FillsByWeightWhenStreamsStay) {
    for (const auto& options : {Two, Full}) {
        Bed bed({50, 100, 200, 400, 1000}, options);
        expectSharesByWeight(bed, bed.shares(17'500, true), 0.03);
    }
}

TEST(LeastSessions, FillsAnOriginThatReturnedEmpty) {
    Bed bed(std::vector<uint32_t>(10, 100), Full);
    bed.field.sessions() = std::vector<uint32_t>(10, 100);
    bed.field.sessions()[4] = 0;
    for (int turn = 0; turn < 100; ++turn) {
        ASSERT_EQ(bed.pick(), 4);
        ++bed.field.sessions()[4];
    }
}

TEST(LeastSessions, CanBeToldFromAnOriginWithNearlyAllTheWeight) {
    Bed bed({1000, 1, 1}, Two);
    bed.field.sessions() = {4'000'000'000u, 0, 0};
    int light = 0;
    for (int turn = 0; turn < 100; ++turn) {
        light += bed.pick() != 0 ? 1 : 0;
    }
    EXPECT_EQ(light, 100);
}

TEST(LeastSessions, RefusesOtherNumbersOfChoices) {
    EXPECT_THROW(library().create({"choices=3"}), std::runtime_error);
}
