// The key property of the relay over random streams; see relay_check.h.
#include "tests/plugins/rtmp/codec/relay_check.h"
#include "tests/plugins/rtmp/codec/stream_generator.h"

#include <gtest/gtest.h>

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

TEST(RelayProperty, FarSideSeesTheSameMessages) {
    for (uint32_t seed = 1; seed <= 250; ++seed) {
        StreamGenerator generator(planFor(seed));
        generator.run();
        RelayPlan plan;
        plan.seed = seed;
        plan.maxPieceBytes = seed % 4 == 0 ? 1 : 1 + seed * 7 % 3000;
        plan.injectPercent = seed % 3 == 1 ? 0 : 15;
        plan.commandPhaseBytes = seed % 5 == 0 ? 0 : seed * 31 % generator.bytes.size();
        plan.streamIds = {{1, 5}, {2, 2}};
        plan.dropUnmapped = seed % 2 == 0;
        ASSERT_EQ(checkRelay(generator.bytes, plan), "") << "seed " << seed;
    }
}

TEST(RelayProperty, TakesOverAtEveryByte) {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        GeneratorPlan shape = planFor(seed);
        shape.messages = 15;
        shape.maxPayloadBytes = 60;
        shape.maxChunkSize = 30;
        StreamGenerator generator(shape);
        generator.run();
        for (size_t at = 0; at <= generator.bytes.size(); ++at) {
            RelayPlan plan;
            plan.seed = seed;
            plan.commandPhaseBytes = at;
            plan.injectPercent = 20;
            plan.streamIds = {{1, 9}};
            ASSERT_EQ(checkRelay(generator.bytes, plan), "") << "seed " << seed << " at " << at;
        }
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
