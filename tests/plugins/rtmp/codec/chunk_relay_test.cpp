// The relay's decisions one by one, byte by byte; relay_property_test.cpp has the whole.
#include "tests/plugins/rtmp/codec/relay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

class RelayTest : public RelayFixture {};

TEST_F(RelayTest, PassesMediaAsOnePiece) { // must-do-better R15
    const char* const text = "04 000064 000002 09 01000000 'ab' 44 000010 000003 08 'cde'"
                             "84 000010 'fgh' c4 'ijk' 05 000064 000000 09 01000000";
    EXPECT_EQ(feed(text), hex(text));
    EXPECT_EQ(pieces, 1U);
    EXPECT_TRUE(captured.empty());
}

struct PassedRow {
    const char* name;
    const char* bytes;
};

// Type 0 starts and what may follow them; none of it needs a change.
constexpr PassedRow PassedRows[] = {
    // must-do-better R10
    {"TwoByteId", "00 05 000000 000002 08 01000000 'aa' 40 05 000001 000001 08 'b' c0 05 'c'"},
    {"ThreeByteId", "01 0502 000000 000002 08 01000000 'aa' 81 0502 000001 'bb' c1 0502 'cc'"},
    {"ThreeByteFormOf64", "01 0000 000000 000001 08 01000000 'a' c1 0000 'b'"},
    {"ThreeByteFormOf319", "01 ff00 000000 000001 08 01000000 'a' c1 ff00 'b'"},
    {"BothFormsOfOneId", "01 0500 000000 000001 08 01000000 'a' c0 05 'b' 81 0500 000001 'c'"},
    {"LargestId", "01 ffff 000000 000001 08 01000000 'a' c1 ffff 'b'"},
    // must-do-better R12
    {"ZeroLength", "04 000000 000000 09 01000000 c4 84 000001 44 000002 000000 08"},
    // wire-facts 5.1
    {"Aggregate", "04 000010 00000d 16 01000000 09 000002 000010 00 000000 'ab'"},
    {"ExtendedTime", "04 ffffff 000002 09 01000000 01000000 'ab' 84 000010 'cd' c4 'ef'"},
    {"ExtendedDelta", "04 000000 000001 09 01000000 'a' 84 ffffff 01000000 'b' c4 01000000 'c'"},
    {"ExtendedFormOfASmallTime", "04 ffffff 000001 09 01000000 00000005 'a' c4 00000005 'b'"},
    {"WrapAt32Bits", "04 ffffff 000001 09 01000000 fffffff0 'a' 84 000020 'b' c4 'c'"},
    {"UnknownType", "04 000000 000002 63 01000000 'ab' c4 'cd'"},
    {"SharedObject", "04 000000 000002 13 01000000 'ab' 44 000000 000001 10 'c'"},
    // wire-facts 5.2: Enhanced RTMP, unread
    {"ExVideoHevcSequenceStart", "04 000000 000007 09 01000000 90 'hvc1' 0102"},
    {"ExVideoAv1Frames", "04 000000 000007 09 01000000 a1 'av01' 0102"},
    {"ExVideoVp9", "04 000000 000006 09 01000000 93 'vp09' 01"},
    {"ExVideoModEx", "04 000000 00000a 09 01000000 97 02 000001 00 'hvc1'"},
    {"ExVideoMultitrack", "04 000000 000008 09 01000000 96 01 'avc1' 00 01"},
    {"ExVideoMetadata", "04 000000 000006 09 01000000 84 'hvc1' 02"},
    {"ExAudioOpus", "04 000000 000006 08 01000000 91 'Opus' 01"},
    {"ExAudioFlac", "04 000000 000006 08 01000000 90 'fLaC' 01"},
    {"ExAudioAc3", "04 000000 000006 08 01000000 91 'ac-3' 01"},
    {"ExAudioMultitrack", "04 000000 000008 08 01000000 95 01 'mp4a' 00 01"},
};

TEST_F(RelayTest, PassesEachRowUnchangedHoweverItIsCut) {
    for (const PassedRow& row : PassedRows) {
        const Bytes bytes = hex(row.bytes);
        for (size_t piece = 1; piece <= bytes.size(); ++piece) {
            ChunkReader from;
            ChunkWriter to;
            ChunkRelay fresh(from, to);
            fresh.mapStream(1, 1);
            Bytes seen;
            for (size_t at = 0; at < bytes.size(); at += piece) {
                input.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             bytes.begin() +
                                 static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + piece)));
                EXPECT_EQ(fresh.relay(input, *this, list).error, ChunkError::None) << row.name;
                append(seen, taken());
            }
            EXPECT_EQ(seen, bytes) << row.name << " pieces of " << piece;
        }
    }
    EXPECT_TRUE(captured.empty());
}

TEST_F(RelayTest, R9MapsTheStreamIdInPlace) {
    relay.mapStream(1, 0x01020304);
    EXPECT_EQ(feed("04 000064 000002 09 01000000 'ab' 84 000010 'cd'"),
              hex("04 000064 000002 09 04030201 'ab' 84 000010 'cd'"));
    EXPECT_EQ(pieces, 1U);
}

TEST_F(RelayTest, R9RepeatsTheHeaderWhenTheMapChanges) {
    feed(VideoStart);
    relay.mapStream(1, 7);
    EXPECT_EQ(feed("84 000010 'cd'"), hex("04 000074 000002 09 07000000 'cd'"));
}

TEST_F(RelayTest, R9DropsUnknownStreamsOrUsesTheFallback) {
    EXPECT_EQ(feed("04 000064 000002 09 09000000 'ab'"), Bytes{});
    EXPECT_EQ(feed("06 000064 000002 12 00000000 'ab'"), hex("06 000064 000002 12 00000000 'ab'"));
    relay.setFallback(1);
    EXPECT_EQ(feed("84 000010 'cd'"), hex("04 000074 000002 09 01000000 'cd'"));
    relay.setFallback(std::nullopt);
    EXPECT_EQ(feed("84 000010 'cd'"), Bytes{});
    relay.mapStream(9, 2); // instead of 1
    EXPECT_EQ(feed("84 000010 'cd' 05 000064 000002 09 01000000 'ab'"),
              hex("04 000094 000002 09 02000000 'cd'"));
}

TEST_F(RelayTest, R8KeepsControlMessagesOfTheHop) {
    EXPECT_EQ(feed("02 000000 000004 03 00000000 00001000 02 000000 000004 05 00000000 00001000"
                   "02 000000 000005 06 00000000 0000100002 02 000000 000006 04 00000000"
                   "0006 00000001"),
              Bytes{});
    EXPECT_EQ(captured.size(), 4U);
}

TEST_F(RelayTest, R8MakesItsOwnSetChunkSizeAtTheSamePoint) {
    const char* const text = "02 000000 000004 01 00000000 00000002"
                             "04 000064 000005 09 01000000 'ab'"
                             "02 000000 000004 01 00000000 0000 c2 0003"
                             "c4 'cde'";
    EXPECT_EQ(feed(text), hex(text));
    EXPECT_EQ(writer.chunkSize(), 3U);
    EXPECT_EQ(captured.size(), 2U);
    EXPECT_EQ(feed("02 000000 000004 01 00000000 000000 c2 03"), Bytes{}); // nothing new
}

TEST_F(RelayTest, R8MatchesTheChunkSizeWhenMediaComes) {
    Bytes sent;
    writer.write(makeSetChunkSize(60000), sent);
    EXPECT_EQ(feed("02 000000 000004 01 00000000 00000080"), Bytes{});
    EXPECT_EQ(feed(VideoStart), hex("02 000000 000004 01 00000000 00000080"
                                    "04 000064 000002 09 01000000 'ab'"));
}

TEST_F(RelayTest, R8PassesAnyChunkSizeOnAndTheLargerOnesAsTheLargest) {
    struct Row {
        uint32_t announced;
        uint32_t passed;
    };
    for (const Row row : {Row{1, 1}, Row{2, 2}, Row{127, 127}, Row{129, 129}, Row{65536, 65536},
                          Row{0xFFFFFE, 0xFFFFFE}, Row{0xFFFFFF, 0xFFFFFF},
                          Row{0x1000000, 0xFFFFFF}, Row{0x7FFFFFFF, 0xFFFFFF}}) {
        ChunkReader from;
        ChunkWriter to;
        ChunkRelay fresh(from, to);
        fresh.mapStream(1, 1);
        ChunkWriter sender;
        Bytes sent;
        const Bytes payload(1000, 'v');
        sender.write(makeSetChunkSize(row.announced), sent);
        sender.write(Message{4, 1, 10, MessageType::Video, payload}, sent);
        EXPECT_EQ(fresh.relay(sent, *this, list).error, ChunkError::None);
        EXPECT_EQ(to.chunkSize(), row.passed);
        const Parsed far = parse(taken());
        ASSERT_EQ(far.messages.size(), 2U) << row.announced;
        EXPECT_EQ(far.messages[0], own(makeSetChunkSize(row.passed).message()));
        EXPECT_EQ(far.messages[1].payload, payload) << row.announced;
    }
}

TEST_F(RelayTest, R8SetsTheChunkSizeOnAChunkStreamThatIsFree) {
    Bytes head = hex("02 000000 000082 09 01000000");
    head.resize(head.size() + 128, 'v');
    relay.relay(head, *this, list);
    EXPECT_EQ(taken(), head);
    EXPECT_EQ(feed("03 000000 000004 01 00000000 00000001 c2 'v' c2 'v'"),
              hex("03 000000 000004 01 00000000 00000001 c2 'v' c2 'v'"));
}

TEST_F(RelayTest, RewritesTheHeaderBehindACapturedMessage) {
    feed(VideoStart);
    EXPECT_EQ(feed("44 000005 000001 14 'c' 44 000005 000002 09 'cd' 84 000007 'ef' c4 'gh'"),
              hex("04 00006e 000002 09 01000000 'cd' 84 000007 'ef' c4 'gh'"));
    ASSERT_EQ(captured.size(), 1U);
    EXPECT_EQ(captured[0].timestampMs, 105U);
}

TEST_F(RelayTest, Type3StartBehindARewrittenHeaderBecomesType2) {
    feed(VideoStart);
    EXPECT_EQ(feed("44 000005 000002 14 'xy' 44 000005 000002 09 'cd' c4 'ef' c4 'gh'"),
              hex("04 00006e 000002 09 01000000 'cd' 84 000005 'ef' c4 'gh'"));
}

TEST_F(RelayTest, R11FirstType1HeaderBecomesType0) {
    EXPECT_EQ(feed("44 000005 000002 12 'cd'"), hex("04 000005 000002 12 00000000 'cd'"));
}

TEST_F(RelayTest, RepeatsTheExtendedTimeOfARewrittenHeader) {
    feed("02 000000 000004 01 00000000 00000002 04 ffffff 000002 09 01000000 00fffff0 'ab'");
    // Then a command and a small delta that takes the time over the 24 bits.
    EXPECT_EQ(feed("44 000000 000001 14 'c' 44 000010 000004 09 'cd' c4 'ef'"),
              hex("04 ffffff 000004 09 01000000 01000000 'cd' c4 01000000 'ef'"));
}

TEST_F(RelayTest, LeavesOutTheExtendedDeltaOfARewrittenHeader) {
    feed("02 000000 000004 01 00000000 00000002 04 ffffff 000002 09 01000000 fffffff0 'ab'");
    EXPECT_EQ(feed("44 000000 000001 14 'c' 44 ffffff 000004 09 01000020 'cd' c4 01000020 'ef'"),
              hex("04 ffffff 000004 09 01000000 01000010 'cd' c4 01000010 'ef'"));
    EXPECT_EQ(feed("44 000000 000001 14 'c' 44 ffffff 000004 09 ff000000 'cd' c4 ff000000 'ef'"),
              hex("04 000010 000004 09 01000000 'cd' c4 'ef'"));
}

TEST_F(RelayTest, R11GivesTheExtendedTimeToReceiversWhenTheSenderDoesNot) {
    EXPECT_EQ(feed("02 000000 000004 01 00000000 00000002"
                   "04 ffffff 000004 09 01000000 01000000 'ab' c4 'cd'"),
              hex("02 000000 000004 01 00000000 00000002"
                  "04 ffffff 000004 09 01000000 01000000 'ab' c4 01000000 'cd'"));
}

TEST_F(RelayTest, R11GivesTheExtendedTimeToAType3StartToo) {
    feed("04 000000 000001 09 01000000 'a' 44 ffffff 000002 09 01000000 'ab'");
    EXPECT_EQ(feed("c4 'cd' c4 01000000 'ef'"), hex("c4 01000000 'cd' c4 01000000 'ef'"));
}

TEST_F(RelayTest, R12PassesAbortOfAPassedMessageOnly) {
    const char* const text = "02 000000 000004 01 00000000 00000004"
                             "04 000064 000009 09 01000000 'abcd'"
                             "02 000000 000004 02 00000000 00000004"
                             "44 000005 000001 09 'z'";
    EXPECT_EQ(feed(text), hex(text));
    EXPECT_EQ(feed("05 000064 000009 14 01000000 'abcd' 02 000000 000004 02 00000000 00000005"),
              Bytes{});
}

TEST_F(RelayTest, InjectsBetweenChunksOnly) {
    feed("02 000000 000004 01 00000000 00000004 04 000064 000007 09 01000000 'ab'");
    EXPECT_FALSE(relay.atChunkBoundary());
    relay.inject(makeAcknowledgement(9), list);
    EXPECT_TRUE(list.empty());
    EXPECT_TRUE(relay.hasPending());
    EXPECT_EQ(feed("'cd' c4 'e'"), hex("'cd' 02 000000 000004 03 00000000 00000009 c4 'e'"));
    EXPECT_FALSE(relay.hasPending());
    EXPECT_EQ(feed("'fg'"), hex("'fg'"));
    relay.inject(makeAcknowledgement(10), list);
    EXPECT_EQ(taken(), hex("02 000000 000004 03 00000000 0000000a"));
}

TEST_F(RelayTest, NeverInjectsInsideAMessageOfTheSameChunkStream) {
    feed("02 000000 000004 01 00000000 00000004 04 000064 000006 09 01000000 'abcd'");
    Message message = makeAcknowledgement(1).message();
    const Bytes payload = hex("00000001");
    message.csid = 4;
    message.payload = payload;
    relay.inject(message, list);
    relay.inject(makeAcknowledgement(2), list); // keeps its place in the queue
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(feed("c4 'ef' 84 000001 'ABCD' c4 'EF'"),
              hex("c4 'ef' 04 000000 000004 03 00000000 00000001"
                  "02 000000 000004 03 00000000 00000002"
                  "04 000065 000006 09 01000000 'ABCD' c4 'EF'"));
}

TEST_F(RelayTest, BoundsWhatWaits) {
    feed("02 000000 000004 01 00000000 00000004 04 000064 000007 09 01000000 'ab'");
    size_t kept = 0;
    while (relay.inject(makeUserControl(UserEvent::PingResponse, 1), list)) {
        ASSERT_LT(++kept, 10'000U);
    }
    EXPECT_GT(kept, 100U);
    const Bytes sent = feed("'cd' c4 'efg'");
    EXPECT_FALSE(relay.hasPending());
    EXPECT_EQ(sent.size(), 2 + kept * (18 + 1) + 4); // 6 bytes of payload in chunks of 4
    EXPECT_TRUE(relay.inject(makeAcknowledgement(1), list));
}

TEST_F(RelayTest, InjectsWhereTheCapturedMessageStood) {
    onCaptured = [this](const Message& message) {
        Message again = message;
        again.streamId = 5;
        relay.inject(again, list);
    };
    EXPECT_EQ(feed("04 000064 000002 09 01000000 'ab' 03 000001 000001 14 01000000 'c'"
                   "84 000001 'cd'"),
              hex("04 000064 000002 09 01000000 'ab' 03 000001 000001 14 05000000 'c'"
                  "84 000001 'cd'"));
}

TEST_F(RelayTest, IsSmall) {
    EXPECT_LE(sizeof(ChunkRelay), 64U);
}

} // namespace
} // namespace srsproxy::rtmp::test
