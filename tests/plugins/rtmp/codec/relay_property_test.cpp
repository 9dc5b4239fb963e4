// The key property of the relay over random streams; see relay_check.h.
#include "tests/plugins/rtmp/codec/relay_check.h"
#include "tests/plugins/rtmp/codec/stream_generator.h"

#include <gtest/gtest.h>

#include <functional>

namespace srsproxy::rtmp::test {
namespace {

GeneratorPlan planFor(uint32_t seed) {
    GeneratorPlan plan;
    plan.seed = seed;
    plan.lateTimes = seed % 2 == 0;
    plan.repeatTimestamps = seed % 3 != 0;
    plan.maxChunkSize = seed % 5 == 0 ? 3 : 400;
    plan.maxPayloadBytes = seed % 7 == 0 ? 12 : 700;
    return plan;
}

TEST(RelayProperty, ReaderSeesWhatTheGeneratorMeant) {
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        StreamGenerator generator(planFor(seed));
        generator.run();
        const Parsed parsed = parse(generator.bytes, 1 + seed % 50);
        ASSERT_EQ(parsed.error, ChunkError::None) << "seed " << seed;
        ASSERT_EQ(parsed.messages.size(), generator.messages.size()) << "seed " << seed;
        for (size_t i = 0; i < parsed.messages.size(); ++i) {
            ASSERT_EQ(parsed.messages[i], generator.messages[i]) << "seed " << seed << " at " << i;
        }
    }
}

RelayPlan relayFor(uint32_t seed) {
    static constexpr uint32_t Offsets[] = {0, 1, 0xFFFFFF - 300, 0xFFFFFFFF - 500};
    static constexpr uint32_t ChunkSizes[] = {DefaultChunkSize, 1, 60'000};
    RelayPlan plan;
    plan.seed = seed;
    plan.maxPieceBytes = seed % 4 == 0 ? 1 : 1 + seed * 7 % 3000;
    plan.injectPercent = seed % 3 == 1 ? 0 : 15;
    plan.outStream = 5;
    plan.dropUnmapped = seed % 2 == 0;
    plan.offsetMs = Offsets[seed % 5 % 4];
    plan.outChunkSize = ChunkSizes[seed % 3];
    return plan;
}

void checkMany(const char* what, const std::function<void(RelayPlan&, uint32_t, size_t)>& change) {
    for (uint32_t seed = 1; seed <= 250; ++seed) {
        StreamGenerator generator(planFor(seed));
        generator.run();
        RelayPlan plan = relayFor(seed);
        change(plan, seed, generator.bytes.size());
        ASSERT_EQ(checkRelay(generator.bytes, plan), "") << what << ", seed " << seed;
    }
}

// A short stream, so that something can be tried at each of its bytes.
void checkEveryByte(const char* what, const std::function<void(RelayPlan&, size_t)>& change) {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        GeneratorPlan shape = planFor(seed);
        shape.messages = 15;
        shape.maxPayloadBytes = 60;
        shape.maxChunkSize = 30;
        StreamGenerator generator(shape);
        generator.run();
        for (size_t at = 0; at <= generator.bytes.size(); ++at) {
            RelayPlan plan = relayFor(seed);
            plan.maxPieceBytes = 1 + seed * 7;
            change(plan, at);
            ASSERT_EQ(checkRelay(generator.bytes, plan), "")
                << what << ", seed " << seed << " at " << at;
        }
    }
}

TEST(RelayProperty, FarSideSeesTheSameMessages) {
    checkMany("plain", [](RelayPlan& plan, uint32_t seed, size_t bytes) {
        plan.commandPhaseBytes = seed % 5 == 0 ? 0 : seed * 31 % bytes;
        plan.tap = seed % 4 < 2;
    });
}

TEST(RelayProperty, CaptureAllMayBeTurnedAtAnyMessage) {
    checkMany("flips", [](RelayPlan& plan, uint32_t seed, size_t bytes) {
        plan.commandPhaseBytes = seed % 5 == 0 ? seed * 31 % bytes : 0;
        plan.tap = seed % 4 < 2;
        plan.flipPercent = seed % 2 == 0 ? 20 : 70;
    });
}

TEST(RelayProperty, NextHopsTogetherSeeAllMediaWhenRelaysTakeOver) {
    checkMany("takeovers", [](RelayPlan& plan, uint32_t seed, size_t) {
        plan.takeoverPercent = seed % 7 == 0 ? 100 : 10;
        plan.flipPercent = seed % 3 == 0 ? 20 : 0;
    });
}

TEST(RelayProperty, PaddedMessagesCanBeFollowedByAnotherSender) {
    checkMany("padding", [](RelayPlan& plan, uint32_t seed, size_t bytes) {
        plan.padAt = 1 + seed * 37 % bytes;
        plan.dies = seed % 3 != 0;
        plan.takeoverPercent = seed % 5 == 0 ? 10 : 0;
        plan.flipPercent = seed % 4 == 0 ? 20 : 0;
        plan.tap = !plan.dies || plan.takeoverPercent != 0 || seed % 2 == 0;
    });
}

TEST(RelayProperty, TakesOverFromTheCommandPhaseAtEveryByte) {
    checkEveryByte("command phase", [](RelayPlan& plan, size_t at) {
        plan.commandPhaseBytes = at;
        plan.injectPercent = 20;
        plan.outStream = 9;
    });
}

TEST(RelayProperty, PadsAtEveryByte) {
    checkEveryByte("padding", [](RelayPlan& plan, size_t at) {
        plan.padAt = at;
        plan.injectPercent = 5;
        plan.dies = at % 2 == 0;
    });
}

} // namespace
} // namespace srsproxy::rtmp::test
