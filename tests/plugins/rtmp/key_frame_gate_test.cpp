#include "plugins/rtmp/key_frame_gate.h"

#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

constexpr const char* Metadata = "02 000a 'onMetaData' 08";
constexpr const char* VideoHeader = "17 00 000000 01";
constexpr const char* AudioHeader = "af 00 1210";
constexpr const char* Key = "17 01 000000 05";
constexpr const char* Inter = "27 01 000000 01";
constexpr const char* Sound = "af 01 21";

/// One message of the new origin, and what becomes of it.
struct Step {
    uint8_t type;
    const char* payload;
    uint32_t timeMs;
    bool pass;
    bool open;
    uint32_t sentMs = 0; // when it passes
};

struct Story {
    const char* name;
    std::optional<uint32_t> lastMs;
    std::vector<Step> steps;
};

const Story Stories[] = {
    {"inter frames wait for the key frame, all else passes",
     1000,
     {{18, Metadata, 0, true, false, 1000},
      {9, VideoHeader, 0, true, false, 1000},
      {8, AudioHeader, 0, true, false, 1000},
      {9, Inter, 0, false, false},
      {8, Sound, 10, true, false, 1020},
      {9, Inter, 33, false, false},
      {9, Key, 66, true, true, 1076},
      {9, Inter, 99, true, true, 1109},
      {8, Sound, 100, true, true, 1110}}},
    {"audio alone is never held, and never opens",
     500,
     {{8, AudioHeader, 0, true, false, 500},
      {8, Sound, 0, true, false, 520},
      {8, Sound, 23, true, false, 543}}},
    {"the encoder's own clock goes on: nothing is moved",
     5000,
     {{9, VideoHeader, 5200, true, false, 5000},
      {9, Key, 5200, true, true, 5200},
      {9, Inter, 5240, true, true, 5240}}},
    {"a time that was seen already is moved on", 5000, {{9, Key, 5000, true, true, 5020}}},
    {"far ahead is another clock", 5000, {{9, Key, 5000 + 60'001, true, true, 5020}}},
    {"ahead by the limit is not", 5000, {{9, Key, 65'000, true, true, 65'000}}},
    {"behind is moved on", 90'000, {{9, Key, 89'000, true, true, 90'020}}},
    {"over the wrap of 32 bits",
     0xFFFFFFF0,
     {{9, VideoHeader, 7, true, false, 0xFFFFFFF0},
      {9, Key, 100, true, true, 100}, // 116 ms ahead
      {9, Inter, 140, true, true, 140}}},
    {"another clock over the wrap",
     0xFFFFFFFE,
     {{9, Key, 700'000, true, true, 18}, {9, Inter, 700'040, true, true, 58}}},
    {"the offset grows rather than a time go back",
     1000,
     {{8, Sound, 100, true, false, 1020},
      {9, Key, 90, true, true, 1020},
      {8, Sound, 123, true, true, 1053}}},
    {"data behind the frames gets the time of the last frame",
     1000,
     {{8, Sound, 700, true, false, 700 + 320},
      {18, "02 000a 'onTextData' 03", 0, true, false, 1020},
      {18, "02 000a 'onTextData' 03", 750, true, false, 1070},
      {9, Key, 760, true, true, 1080}}},
    {"an aggregate bears the time of a frame",
     1000,
     {{22, "08 000001", 5, true, false, 1020}, {9, Key, 10, true, true, 1025}}},
    {"nothing was seen: nothing is moved",
     std::nullopt,
     {{9, VideoHeader, 0, true, false, 0},
      {9, Inter, 70'000, false, false},
      {8, Sound, 80'000, true, false, 80'000},
      {9, Key, 79'990, true, true, 79'990}}},
    {"a key frame of any track opens",
     std::nullopt,
     {{9, "a6 01 'avc1' 01", 0, false, false}, {9, "96 01 'avc1' 02 00", 5, true, true, 5}}},
    {"a seek mark passes and opens nothing", std::nullopt, {{9, "57 00", 5, true, false, 5}}},
};

TEST(KeyFrameGate, PassesDropsAndPlacesInTime) {
    for (const Story& story : Stories) {
        KeyFrameGate gate(story.lastMs);
        size_t number = 0;
        for (const Step& step : story.steps) {
            const Bytes payload = hex(step.payload);
            const KeyFrameGate::Verdict verdict =
                gate.show(Message{4, 1, step.timeMs, step.type, payload});
            EXPECT_EQ(verdict.pass, step.pass) << story.name << ", step " << number;
            EXPECT_EQ(verdict.open, step.open) << story.name << ", step " << number;
            if (step.pass) {
                EXPECT_EQ(step.timeMs + verdict.offsetMs, step.sentMs)
                    << story.name << ", step " << number;
            }
            ++number;
        }
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
