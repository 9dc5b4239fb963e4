#include "core/registry/heartbeat_rhythm.h"

#include <gtest/gtest.h>
#include <vector>

namespace srsproxy {
namespace {

struct Row {
    const char* what;
    std::vector<Milliseconds> intervals; ///< after the first beat
    Milliseconds lifetime;
};

TEST(HeartbeatRhythm, LearnsHowLongSilenceMayLast) {
    const std::vector<Row> rows{
        {"one beat", {}, 300s},
        {"two beats", {10s}, 300s},
        {"three beats", {10s, 10s}, 30s},
        {"SRS", {9900ms, 9900ms, 9900ms}, 29700ms},
        {"the longest counts", {10s, 14s, 10s}, 42s},
        {"never below the least", {2s, 2s}, 10s},
        {"never above the most", {200s, 200s}, 300s},
        {"bursts are one beat", {10ms, 10ms, 10ms, 10ms}, 300s},
        {"repetitions do not shorten it", {10s, 10ms, 9990ms, 10ms}, 30s},
        {"what is long ago is forgotten", {90s, 10s, 10s, 10s, 10s, 10s, 10s, 10s, 10s}, 30s},
    };
    for (const Row& row : rows) {
        HeartbeatRhythm rhythm;
        Milliseconds now{12345};
        rhythm.beat(now);
        for (const Milliseconds interval : row.intervals) {
            now += interval;
            rhythm.beat(now);
        }
        EXPECT_EQ(rhythm.lifetime(RegistrySettings{}), row.lifetime) << row.what;
    }
}

TEST(HeartbeatRhythm, MostWinsOverLeastWhenTheyAreSetTheWrongWayRound) {
    RegistrySettings settings;
    settings.minLifetime = 10s;
    settings.originTtl = 5s;
    HeartbeatRhythm rhythm;
    for (const Milliseconds now : {1s, 3s, 5s}) {
        rhythm.beat(now);
    }
    EXPECT_EQ(rhythm.lifetime(settings), 5s);
}

} // namespace
} // namespace srsproxy
