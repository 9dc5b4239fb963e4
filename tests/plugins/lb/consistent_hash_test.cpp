#include "tests/plugins/lb/balancer_fixture.h"

using namespace lbtest;

namespace {

const std::vector<std::string> Bounded{"load_factor=1.25"};

std::vector<int64_t> homes(Bed& bed, uint64_t streams) {
    std::vector<int64_t> result;
    for (uint64_t stream = 0; stream < streams; ++stream) {
        result.push_back(bed.pick(stream));
    }
    return result;
}

} // namespace

TEST(ConsistentHash, HasNoAnswerWhenThereIsNoOrigin) {
    expectNoneWhenThereIsNoOrigin();
}
TEST(ConsistentHash, HasNoAnswerWhenNoOriginIsEligible) {
    expectNoneWhenNoOriginIsEligible();
}
TEST(ConsistentHash, ChoosesOnlyEligibleOrigins) {
    expectOnlyEligibleOrigins();
    expectOnlyEligibleOrigins(Bounded);
}
TEST(ConsistentHash, AllocatesNothingInPick) {
    expectNoAllocationInPick();
    expectNoAllocationInPick(Bounded);
}

TEST(ConsistentHash, IsFairByWeight) {
    Bed bed({50, 100, 200, 650});
    expectSharesByWeight(bed, bed.shares(100'000), 0.04);
}

TEST(ConsistentHash, IsFairAmongManyEquals) {
    Bed bed(std::vector<uint32_t>(100, 100));
    expectSharesByWeight(bed, bed.shares(200'000), 0.12); // 2000 each, standard deviation 2.2 %
}

TEST(ConsistentHash, AnswersAlikeOnEveryProxyThatSeesTheSameOrigins) {
    Bed one({100, 200, 300, 400});
    Bed other({100, 200, 300, 400});
    other.shares(1000, true); // it has a past and sessions of its own
    EXPECT_EQ(homes(one, 5000), homes(other, 5000));
}

TEST(ConsistentHash, KeepsItsAnswersFromReleaseToRelease) {
    // Proxies of two releases serve one cluster during an upgrade.
    Bed bed({100, 100, 200, 100, 1000, 100, 100, 100});
    EXPECT_THAT(homes(bed, 12), testing::ElementsAre(4, 0, 4, 4, 5, 1, 2, 4, 4, 2, 2, 4));
}

TEST(ConsistentHash, MovesOnlyTheStreamsOfAnOriginThatLeft) {
    Bed bed({100, 50, 200, 100, 100});
    const std::vector<int64_t> before = homes(bed, 20'000);
    bed.field.setEligible(2, false);
    const std::vector<int64_t> after = homes(bed, 20'000);
    for (size_t stream = 0; stream < before.size(); ++stream) {
        ASSERT_TRUE(after[stream] == before[stream] || before[stream] == 2) << stream;
        ASSERT_NE(after[stream], 2);
    }
    bed.field.setEligible(2, true);
    EXPECT_EQ(homes(bed, 20'000), before);
}

TEST(ConsistentHash, MovesStreamsOnlyToAnOriginThatJoined) {
    Bed bed({100, 100, 100, 100});
    const std::vector<int64_t> before = homes(bed, 20'000);
    bed.field.add("vid-2000", 100);
    bed.update();
    const std::vector<int64_t> after = homes(bed, 20'000);
    int moved = 0;
    for (size_t stream = 0; stream < before.size(); ++stream) {
        ASSERT_TRUE(after[stream] == before[stream] || after[stream] == 4) << stream;
        moved += after[stream] == 4 ? 1 : 0;
    }
    EXPECT_NEAR(moved, 4000, 400);
}

TEST(ConsistentHash, MovesStreamsOnlyToAnOriginWhoseWeightGrew) {
    Bed light({100, 100, 100});
    Bed heavy({100, 300, 100});
    const std::vector<int64_t> before = homes(light, 20'000);
    const std::vector<int64_t> after = homes(heavy, 20'000);
    for (size_t stream = 0; stream < before.size(); ++stream) {
        ASSERT_TRUE(after[stream] == before[stream] || after[stream] == 1) << stream;
    }
}

TEST(ConsistentHash, KeepsEveryOriginUnderTheBoundWhenOneIsSet) {
    Bed bed({100, 100, 200, 400}, Bounded);
    for (uint64_t stream = 0; stream < 8000; ++stream) {
        ++bed.field.sessions()[static_cast<size_t>(bed.pick(stream % 7))]; // seven hot streams
    }
    for (uint64_t index = 0; index < 4; ++index) {
        EXPECT_LE(bed.field.sessions()[index], 10.0 * bed.field.weight(index) * 1.25 + 1);
    }
}

TEST(ConsistentHash, TakesTheSecondChoiceOnlyWhenTheFirstIsOverTheBound) {
    Bed plain({100, 100, 100, 100});
    Bed bounded({100, 100, 100, 100}, Bounded);
    bounded.field.sessions() = {100, 100, 100, 100};
    EXPECT_EQ(homes(plain, 1000), homes(bounded, 1000));

    bounded.field.sessions() = {200, 100, 100, 100};
    const std::vector<int64_t> first = homes(plain, 1000);
    plain.field.setEligible(0, false);
    const std::vector<int64_t> second = homes(plain, 1000);
    const std::vector<int64_t> answers = homes(bounded, 1000);
    for (size_t stream = 0; stream < answers.size(); ++stream) {
        EXPECT_EQ(answers[stream], first[stream] == 0 ? second[stream] : first[stream]);
    }
}

TEST(ConsistentHash, RefusesABoundBelowTheAverage) {
    EXPECT_THROW(library().create({"load_factor=0.5"}), std::runtime_error);
}
