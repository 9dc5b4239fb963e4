// Timestamps: the offset, and the last time that went out.
#include "tests/plugins/rtmp/codec/relay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

struct OffsetRow {
    const char* name;
    uint32_t offsetMs;
    const char* bytes;
    const char* wanted;
};

constexpr OffsetRow OffsetRows[] = {
    {"NoneLeavesAllAlone", 0, "04 000064 000001 09 01000000 'a' c4 'b'",
     "04 000064 000001 09 01000000 'a' c4 'b'"},
    {"Type0IsMovedAndDeltasAreNot", 10,
     "04 000064 000001 09 01000000 'a' 44 000005 000001 08 'b' 84 000006 'c' c4 'd'",
     "04 00006e 000001 09 01000000 'a' 44 000005 000001 08 'b' 84 000006 'c' c4 'd'"},
    // A type 3 start adds what the header said, which is now another time: it is spelt out.
    {"Type3StartBehindType0BecomesType2", 10, "04 000064 000001 09 01000000 'a' c4 'b' c4 'c'",
     "04 00006e 000001 09 01000000 'a' 84 000064 'b' c4 'c'"},
    {"FirstType1BecomesType0", 10, "44 000005 000002 12 'cd'", "04 00000f 000002 12 00000000 'cd'"},
    {"JustBelowTheExtendedForm", 0xFFFFFE - 0x64, "04 000064 000001 09 01000000 'a'",
     "04 fffffe 000001 09 01000000 'a'"},
    {"IntoTheExtendedForm", 0xFFFFFF - 0x64, "04 000064 000001 09 01000000 'a' 84 000001 'b'",
     "04 ffffff 000001 09 01000000 00ffffff 'a' 84 000001 'b'"},
    {"IntoTheExtendedFormWithMoreChunks", 0x1000000,
     "02 000000 000004 01 00000000 00000001 04 000064 000002 09 01000000 'a' c4 'b' c4 'c' c4 'd'",
     "02 000000 000004 01 00000000 00000001 04 ffffff 000002 09 01000000 01000064 'a'"
     "c4 01000064 'b' 84 000064 'c' c4 'd'"},
    {"ExtendedAlready", 5,
     "02 000000 000004 01 00000000 00000001"
     "04 ffffff 000002 09 01000000 01000000 'a' c4 01000000 'b' 84 000001 'c' c4 'd'",
     "02 000000 000004 01 00000000 00000001"
     "04 ffffff 000002 09 01000000 01000005 'a' c4 01000005 'b' 84 000001 'c' c4 'd'"},
    {"ExtendedAlreadyNotRepeatedBySender", 5,
     "02 000000 000004 01 00000000 00000001"
     "04 ffffff 000002 09 01000000 01000000 'a' c4 'b'",
     "02 000000 000004 01 00000000 00000001"
     "04 ffffff 000002 09 01000000 01000005 'a' c4 01000005 'b'"},
    {"WrapsBackToTheShortFormButStaysLong", 0x20, "04 ffffff 000001 09 01000000 fffffff0 'a'",
     "04 ffffff 000001 09 01000000 00000010 'a'"},
    {"WrapsByDelta", 0xFFFFFFF0, "04 000008 000001 09 01000000 'a' 84 000010 'b'",
     "04 ffffff 000001 09 01000000 fffffff8 'a' 84 000010 'b'"},
    {"BehindACommandOnTheSameChunkStream", 10,
     "04 000064 000001 09 01000000 'a' 44 000005 000001 14 'c' 44 000005 000001 09 'b'",
     "04 00006e 000001 09 01000000 'a' 04 000078 000001 09 01000000 'b'"},
    {"WithAStreamNumberOfItsOwn", 10, "04 000064 000001 09 02000000 'a'",
     "04 00006e 000001 09 07000000 'a'"},
};

class RelayTime : public RelayFixture {};

TEST_F(RelayTime, OffsetMovesWhatPassesHoweverItIsCut) {
    for (const OffsetRow& row : OffsetRows) {
        const Bytes bytes = hex(row.bytes);
        for (size_t piece = 1; piece <= bytes.size(); ++piece) {
            ChunkReader from;
            ChunkWriter to;
            ChunkRelay moved(from, to);
            moved.mapStream(1, 1);
            moved.setFallback(7);
            moved.setTimestampOffset(row.offsetMs);
            Bytes seen;
            for (size_t at = 0; at < bytes.size(); at += piece) {
                input.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             bytes.begin() +
                                 static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + piece)));
                EXPECT_EQ(moved.relay(input, *this, list).error, ChunkError::None) << row.name;
                append(seen, taken());
            }
            EXPECT_EQ(seen, hex(row.wanted)) << row.name << " pieces of " << piece;
        }
    }
}

TEST_F(RelayTime, AnotherOffsetCountsFromTheNextMessageOn) {
    feed("02 000000 000004 01 00000000 00000002 04 000064 000004 09 01000000 'ab'");
    relay.setTimestampOffset(10);
    EXPECT_EQ(feed("c4 'cd' 84 000001 'ef' c4 'gh' 84 000001 'ij' c4 'kl'"),
              hex("c4 'cd' 04 00006f 000004 09 01000000 'ef' c4 'gh' 84 000001 'ij' c4 'kl'"));
    relay.setTimestampOffset(10); // no news
    EXPECT_EQ(feed("84 000001 'mn' c4 'op'"), hex("84 000001 'mn' c4 'op'"));
}

TEST_F(RelayTime, OffsetIsNotForCapturedAndInjectedMessages) {
    relay.setTimestampOffset(1000);
    feed("03 000001 000001 14 01000000 'c'");
    EXPECT_EQ(captured.at(0).timestampMs, 1U);
    const Bytes payload = hex("'x'");
    relay.inject(Message{4, 1, 5, 8, payload}, list);
    EXPECT_EQ(taken(), hex("04 000005 000001 08 01000000 'x'"));
}

TEST_F(RelayTime, LastTimeIsTheLatestThatWentOut) {
    struct Row {
        const char* name;
        const char* bytes;
        std::optional<uint32_t> last;
    };
    // One after the other.
    const Row rows[] = {
        {"NothingYet", "", std::nullopt},
        {"DataDoesNotCount", "05 000999 000001 12 01000000 'm'", std::nullopt},
        {"CommandsDoNotCount", "03 000999 000001 14 00000000 'c'", std::nullopt},
        {"DroppedDoesNotCount", "07 000999 000001 09 09000000 'v'", std::nullopt},
        {"Video", "04 000064 000001 09 01000000 'v'", 100},
        {"AudioBehindVideo", "06 000050 000001 08 01000000 'a'", 100},
        {"ByDelta", "86 000050 'a'", 160},
        {"Aggregate", "08 0000aa 000001 16 01000000 'g'", 170},
        {"StepBackWithinTenSeconds", "04 000001 000001 09 01000000 'v'", 170},
        {"Ahead", "04 010000 000001 09 01000000 'v'", 65536},
        {"RestartFarBehind", "04 000002 000001 09 01000000 'v'", 2},
        {"AheadAgain", "04 010000 000001 09 01000000 'v'", 65536},
        {"FarBehindOrAhead", "04 ffffff 000001 09 01000000 fffffff0 'v'", 0xFFFFFFF0},
        {"OverTheWrap", "84 000020 'v'", 0x10},
        {"BackBeforeTheWrap", "06 ffffff 000001 08 01000000 fffffffa 'a'", 0x10},
    };
    for (const Row& row : rows) {
        feed(row.bytes);
        EXPECT_EQ(relay.lastTimestampMs(), row.last) << row.name;
    }
}

TEST_F(RelayTime, LastTimeCountsTheOffsetAndInjectedMedia) {
    relay.setTimestampOffset(0xFFFFFF);
    feed("04 000001 000001 09 01000000 'v'");
    EXPECT_EQ(relay.lastTimestampMs(), 0x1000000U);
    relay.inject(Message{4, 1, 0x1000005, 9, {}}, list);
    EXPECT_EQ(relay.lastTimestampMs(), 0x1000005U);
    relay.inject(makeAcknowledgement(1), list);
    EXPECT_EQ(relay.lastTimestampMs(), 0x1000005U);
}

} // namespace
} // namespace srsproxy::rtmp::test
