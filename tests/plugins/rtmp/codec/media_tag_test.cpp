#include "plugins/rtmp/codec/media_tag.h"

#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

using Kind = MediaKind;

struct Row {
    const char* name;
    uint8_t type;
    const char* payload;
    MediaKind kind;
    uint8_t track = 0;
};

constexpr Row Rows[] = {
    // FLV 10.1 E.4.3.1
    {"AVC sequence header", 9, "17 00 000000 01640028", Kind::VideoSequenceHeader},
    {"AVC sequence header that calls itself inter", 9, "27 00 000000", Kind::VideoSequenceHeader},
    {"AVC key frame", 9, "17 01 000000 00000005", Kind::VideoKeyFrame},
    {"AVC generated key frame", 9, "47 01 000000", Kind::VideoKeyFrame},
    {"AVC inter frame", 9, "27 01 000000", Kind::VideoInter},
    {"AVC disposable frame", 9, "37 01 000000", Kind::VideoInter},
    {"AVC end of sequence", 9, "17 02 000000", Kind::Other},
    {"AVC packet type unknown", 9, "17 03 000000", Kind::Other},
    {"AVC seek mark", 9, "57 00", Kind::Other},
    {"HEVC as codec 12, sequence header", 9, "1c 00 000000 01", Kind::VideoSequenceHeader},
    {"HEVC as codec 12, key frame", 9, "1c 01 000000", Kind::VideoKeyFrame},
    {"HEVC as codec 12, inter frame", 9, "2c 01 000000", Kind::VideoInter},
    {"H.263 key frame: no packet type", 9, "12 00", Kind::VideoKeyFrame},
    {"VP6 inter frame of one byte", 9, "24", Kind::VideoInter},
    {"frame type 0", 9, "07 01", Kind::Other},
    {"frame type 7", 9, "72", Kind::Other},
    {"AVC cut short", 9, "17", Kind::Other},
    {"empty video", 9, "", Kind::Other},
    // FLV 10.1 E.4.2.1
    {"AAC sequence header", 8, "af 00 1210", Kind::AudioSequenceHeader},
    {"AAC frame", 8, "af 01 21", Kind::Audio},
    {"AAC cut short", 8, "af", Kind::Audio},
    {"MP3", 8, "2f 00", Kind::Audio},
    {"G.711 of one byte", 8, "72", Kind::Audio},
    {"silence", 8, "", Kind::Audio},
    // E-RTMP v2, Enhanced Video
    {"ex sequence start", 9, "90 'hvc1' 01", Kind::VideoSequenceHeader},
    {"ex coded frames, key", 9, "91 'hvc1' 000000 26", Kind::VideoKeyFrame},
    {"ex coded frames, inter", 9, "a1 'hvc1' 000000 02", Kind::VideoInter},
    {"ex sequence end", 9, "92 'av01'", Kind::Other},
    {"ex coded frames X, key", 9, "93 'av01' 0a", Kind::VideoKeyFrame},
    {"ex coded frames X, inter", 9, "a3 'vp09' 0a", Kind::VideoInter},
    {"ex metadata: frame type is ignored", 9, "94 'hvc1' 02 0009 'colorInfo'", Kind::VideoMetadata},
    {"ex metadata with the frame type of a command", 9, "d4 'hvc1' 02", Kind::VideoMetadata},
    {"ex MPEG-2 TS sequence start", 9, "95 'av01' 80", Kind::VideoSequenceHeader},
    {"ex command frame is no key frame", 9, "d1 00", Kind::Other},
    {"ex command frame with sequence start", 9, "d0 01", Kind::Other},
    {"ex reserved packet type", 9, "98 'av01'", Kind::Other},
    {"ex ModEx, then key frame", 9, "97 02 000123 01 'avc1' 000000", Kind::VideoKeyFrame},
    {"ex ModEx, then inter frame", 9, "a7 02 000123 03 'avc1'", Kind::VideoInter},
    {"ex ModEx, then sequence start", 9, "97 02 000123 00 'avc1' 01", Kind::VideoSequenceHeader},
    {"ex ModEx twice", 9, "97 02 000123 07 00 ff 01 'avc1'", Kind::VideoKeyFrame},
    {"ex ModEx with 16-bit size", 9, "97 ff 0002 aabbcc 01 'avc1'", Kind::VideoKeyFrame},
    {"ex ModEx, then command", 9, "d7 02 000123 01 00", Kind::Other},
    {"ex ModEx longer than the message", 9, "97 20 000123", Kind::Other},
    {"ex ModEx, then multitrack", 9, "97 02 000123 06 01 'avc1' 03 00", Kind::VideoKeyFrame, 3},
    {"ex one track, key", 9, "96 01 'avc1' 05 000000", Kind::VideoKeyFrame, 5},
    {"ex one track, sequence start", 9, "96 00 'avc1' 02 01", Kind::VideoSequenceHeader, 2},
    {"ex one track, inter", 9, "a6 03 'hvc1' 01", Kind::VideoInter, 1},
    {"ex many tracks, sequence start", 9, "96 10 'avc1' 01 000001 aa 02 000001 bb",
     Kind::VideoSequenceHeader, 1},
    {"ex many codecs, key", 9, "96 21 'avc1' 04 000001 aa", Kind::VideoKeyFrame, 4},
    {"ex multitrack inside multitrack", 9, "96 06 'avc1' 00", Kind::Other},
    {"ex multitrack, then ModEx", 9, "96 07 'avc1' 00", Kind::Other},
    {"ex reserved multitrack type", 9, "96 31 'avc1' 00", Kind::Other},
    {"ex multitrack cut before its track", 9, "96 01 'avc1'", Kind::Other},
    // E-RTMP v2, Enhanced Audio
    {"ex audio sequence start", 8, "90 'Opus' 'OpusHead'", Kind::AudioSequenceHeader},
    {"ex audio frame", 8, "91 'Opus' fc", Kind::Audio},
    {"ex audio sequence end", 8, "92 'Opus'", Kind::Audio},
    {"ex audio channel configuration", 8, "94 'Opus' 01 02 00000003", Kind::AudioChannelConfig},
    {"ex audio one track, sequence start", 8, "95 00 'mp4a' 01 1210", Kind::AudioSequenceHeader, 1},
    {"ex audio many codecs, frames", 8, "95 21 'mp4a' 02 000001 21", Kind::Audio, 2},
    {"ex audio ModEx, then sequence start", 8, "97 02 000123 00 'fLaC'", Kind::AudioSequenceHeader},
    {"ex audio multitrack inside multitrack", 8, "95 05 'mp4a' 00", Kind::Other},
    {"ex audio reserved packet type", 8, "96 'mp4a'", Kind::Other},
    // data
    {"@setDataFrame onMetaData", 18, "02 000d '@setDataFrame' 02 000a 'onMetaData' 08",
     Kind::Metadata},
    {"onMetaData", 18, "02 000a 'onMetaData' 03", Kind::Metadata},
    {"onMetaData of type 15", 15, "00 02 000a 'onMetaData' 11 0a", Kind::Metadata},
    {"@setDataFrame of type 15", 15, "00 02 000d '@setDataFrame' 02 000a 'onMetaData'",
     Kind::Metadata},
    {"names in AMF3", 15, "00 11 06 1b '@setDataFrame' 11 06 15 'onMetaData'", Kind::Metadata},
    {"@clearDataFrame", 18, "02 000f '@clearDataFrame' 02 000a 'onMetaData'", Kind::Other},
    {"@setDataFrame of something else", 18, "02 000d '@setDataFrame' 02 000a 'onTextData'",
     Kind::Other},
    {"onTextData", 18, "02 000a 'onTextData' 03", Kind::Other},
    {"a name longer than any that matters", 18, "02 ffff 'x'", Kind::Other},
    {"a number instead of a name", 18, "00 0000000000000000", Kind::Other},
    {"AMF3 reference instead of a name", 15, "00 11 06 14 'onMetaData'", Kind::Other},
    {"metadata cut short", 18, "02 000a 'onMeta'", Kind::Other},
    {"empty data", 18, "", Kind::Other},
    // An aggregate is kept whole, whatever is inside.
    {"aggregate of a key frame", 22, "09 000005 00000000 000000 17 01 000000 00000010",
     Kind::Other},
    {"command", 20, "02 0007 'connect'", Kind::Other},
};

TEST(MediaTag, TellsTheKindOfEachMessage) {
    for (const Row& row : Rows) {
        const Bytes payload = hex(row.payload);
        const MediaTag tag = classifyMedia(row.type, payload, payload.size());
        EXPECT_EQ(tag.kind, row.kind) << row.name;
        EXPECT_EQ(tag.track, row.track) << row.name;
    }
}

// A prefix gives NeedMore or the final answer, never another one.
TEST(MediaTag, NeverChangesItsMindWhenMoreComes) {
    for (const Row& row : Rows) {
        Bytes payload = hex(row.payload);
        payload.resize(payload.size() + 600, 0); // so that nothing is "cut short"
        const MediaTag whole = classifyMedia(row.type, payload, payload.size());
        ASSERT_NE(whole.kind, Kind::NeedMore) << row.name;
        bool decided = false;
        for (size_t size = 0; size <= payload.size(); ++size) {
            const MediaTag tag =
                classifyMedia(row.type, std::span(payload).first(size), payload.size());
            EXPECT_TRUE(!decided || tag.kind != Kind::NeedMore) << row.name << " at " << size;
            decided = decided || tag.kind != Kind::NeedMore;
            if (decided) {
                EXPECT_EQ(tag.kind, whole.kind) << row.name << " at " << size;
                EXPECT_EQ(tag.track, whole.track) << row.name << " at " << size;
            }
            EXPECT_TRUE(decided || size < MediaPrefixBytes) << row.name;
        }
    }
}

TEST(MediaTag, AsksForMoreOnlyAsFarAsItMust) {
    struct Prefix {
        uint8_t type;
        const char* bytes;
        MediaKind kind;
    };
    constexpr Prefix Prefixes[] = {
        {9, "", Kind::NeedMore},
        {8, "", Kind::NeedMore},
        {9, "17", Kind::NeedMore},
        {9, "1701", Kind::VideoKeyFrame},
        {9, "22", Kind::VideoInter},
        {8, "af", Kind::NeedMore},
        {8, "2f", Kind::Audio},
        {9, "91", Kind::VideoKeyFrame},
        {9, "97", Kind::NeedMore},
        {9, "97 00 aa", Kind::NeedMore},
        {9, "97 00 aa 01", Kind::VideoKeyFrame},
        {9, "96 01 'avc1'", Kind::NeedMore},
        {9, "96 01 'avc1' 07", Kind::VideoKeyFrame},
        {18, "02 000a 'onMetaDat'", Kind::NeedMore},
        {18, "02 0020", Kind::Other},
        {22, "", Kind::Other},
    };
    for (const Prefix& row : Prefixes) {
        EXPECT_EQ(classifyMedia(row.type, hex(row.bytes), 5000).kind, row.kind) << row.bytes;
    }
}

// Rather the frame type than a wait without end.
TEST(MediaTag, GoesByTheFrameTypeBehindAModExChainThatIsTooLong) {
    Bytes key = hex("97 ff ffff");
    key.resize(MediaPrefixBytes);
    EXPECT_EQ(classifyMedia(9, key, 90'000).kind, Kind::VideoKeyFrame);
    key[0] = 0xA7;
    EXPECT_EQ(classifyMedia(9, key, 90'000).kind, Kind::VideoInter);
    key[0] = 0xD7;
    EXPECT_EQ(classifyMedia(9, key, 90'000).kind, Kind::Other);
    EXPECT_EQ(classifyMedia(8, key, 90'000).kind, Kind::Audio);
}

TEST(MediaTag, ListsTheTracksOfAWholeMessage) {
    struct Tracks {
        uint8_t type;
        const char* payload;
        std::vector<size_t> tracks;
    };
    const Tracks table[] = {
        {9, "17 00 000000", {0}},
        {9, "90 'hvc1' 01", {0}},
        {8, "af 00 1210", {0}},
        {18, "02 000a 'onMetaData'", {0}},
        {9, "96 00 'avc1' 07 01", {7}},
        {9, "96 10 'avc1' 01 000002 aabb 02 000001 cc", {1, 2}},
        {9, "96 20 'avc1' 00 000001 aa 'hvc1' ff 000001 bb", {0, 255}},
        {8, "95 10 'mp4a' 03 000000 04 000000", {3, 4}},
        {9, "96 10 'avc1' 01 ffffff aa", {1}},
        {9, "96 10 'avc1' 01 000001 aa 02", {1, 2}},
        {9, "96 10 'avc", {}},
        {9, "", {}},
    };
    for (const Tracks& row : table) {
        TrackSet wanted;
        for (const size_t track : row.tracks) {
            wanted.set(track);
        }
        EXPECT_EQ(mediaTracks(row.type, hex(row.payload)), wanted) << row.payload;
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
