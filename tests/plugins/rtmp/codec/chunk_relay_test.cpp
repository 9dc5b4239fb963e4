// The relay's decisions one by one, byte by byte; relay_property_test.cpp has the whole.
#include "plugins/rtmp/codec/chunk_relay.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

#include <functional>

namespace srsproxy::rtmp::test {
namespace {

class RelayTest : public ::testing::Test, public MessageVisitor {
protected:
    RelayTest() { relay.mapStream(1, 1); }

    Next onMessage(const Message& message) override {
        captured.push_back(own(message));
        if (onCaptured) {
            onCaptured(message);
        }
        return Next::Continue;
    }

    // Bytes for the next hop; the number of pieces stays in `pieces`.
    Bytes feed(const char* text) {
        input = hex(text);
        const FeedResult result = relay.relay(input, *this, list);
        EXPECT_EQ(result.error, ChunkError::None);
        return taken();
    }

    Bytes taken() {
        Bytes bytes;
        list.copyFrom(0, bytes);
        pieces = list.pieces().size();
        list.clear();
        return bytes;
    }

    ChunkReader reader;
    ChunkWriter writer;
    ChunkRelay relay{reader, writer};
    OutputList list;
    Bytes input;
    std::vector<OwnedMessage> captured;
    std::function<void(const Message&)> onCaptured;
    size_t pieces = 0;
};

constexpr const char* VideoStart = "04 000064 000002 09 01000000 'ab'";

TEST_F(RelayTest, PassesMediaAsOnePiece) {
    const char* const text = "04 000064 000002 09 01000000 'ab' 44 000010 000003 08 'cde'"
                             "84 000010 'fgh' c4 'ijk' 05 000064 000000 09 01000000";
    EXPECT_EQ(feed(text), hex(text));
    EXPECT_EQ(pieces, 1U);
    EXPECT_EQ(relay.counters().passedMessages, 5U);
    EXPECT_EQ(relay.counters().rewrittenHeaders, 0U);
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

TEST_F(RelayTest, R9DropsAndCountsUnknownStreamsOrUsesTheFallback) {
    EXPECT_EQ(feed("04 000064 000002 09 09000000 'ab'"), Bytes{});
    EXPECT_EQ(relay.counters().droppedMessages, 1U);
    EXPECT_EQ(feed("06 000064 000002 12 00000000 'ab'"), hex("06 000064 000002 12 00000000 'ab'"));
    relay.setFallback(1);
    EXPECT_EQ(feed("84 000010 'cd'"), hex("04 000074 000002 09 01000000 'cd'"));
    EXPECT_EQ(relay.mapped(9), std::nullopt);
    EXPECT_EQ(relay.mapped(0), 0U);
}

TEST_F(RelayTest, R8KeepsControlMessagesOfTheHop) {
    EXPECT_EQ(feed("02 000000 000004 03 00000000 00001000 02 000000 000004 05 00000000 00001000"
                   "02 000000 000005 06 00000000 0000100002 02 000000 000006 04 00000000"
                   "0006 00000001"),
              Bytes{});
    EXPECT_EQ(captured.size(), 4U);
    EXPECT_EQ(relay.counters().capturedMessages, 4U);
}

TEST_F(RelayTest, R8MakesItsOwnSetChunkSizeAtTheSamePoint) {
    const char* const text = "02 000000 000004 01 00000000 00000002"
                             "04 000064 000005 09 01000000 'ab'"
                             "02 000000 000004 01 00000000 0000 c2 0003"
                             "c4 'cde'";
    EXPECT_EQ(feed(text), hex("02 000000 000004 01 00000000 00000002"
                              "04 000064 000005 09 01000000 'ab'"
                              "02 000000 000004 01 00000000 0000 c2 0003"
                              "c4 'cde'"));
    EXPECT_EQ(writer.chunkSize(), 3U);
    EXPECT_EQ(captured.size(), 2U);
    EXPECT_EQ(feed("02 000000 000004 01 00000000 000000 c2 03"), Bytes{}); // nothing new
}

TEST_F(RelayTest, R8MatchesTheChunkSizeAtTheStart) {
    Bytes sent;
    writer.write(makeSetChunkSize(60000), sent);
    EXPECT_EQ(feed(VideoStart), hex("02 000000 000004 01 00000000 00000080"
                                    "04 000064 000002 09 01000000 'ab'"));
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

TEST_F(RelayTest, R8SetsTheChunkSizeOnAChunkStreamThatIsFree) {
    const char* const text = "02 000000 000082 09 01000000";
    Bytes head = hex(text);
    head.resize(head.size() + 128, 'v');
    relay.relay(head, *this, list);
    EXPECT_EQ(taken(), head);
    EXPECT_EQ(feed("03 000000 000004 01 00000000 00000001 c2 'v' c2 'v'"),
              hex("03 000000 000004 01 00000000 00000001 c2 'v' c2 'v'"));
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
    EXPECT_EQ(relay.counters().lostInjections, 1U);
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

TEST_F(RelayTest, ResendsWholeAMessageThatBeganBefore) {
    ChunkReader early;
    Collector collector;
    Bytes first = hex("02 000000 000004 01 00000000 00000002 04 000064 000006 09 01000000 'ab'");
    early.feed(first, collector);
    ChunkRelay late(early, writer);
    late.mapStream(1, 3);
    Bytes second = hex("05 000064 000002 08 01000000 'xy' c4 'cd' c4 'ef' 84 000001 'gh'");
    EXPECT_EQ(late.relay(second, *this, list).error, ChunkError::None);
    EXPECT_EQ(taken(), hex("02 000000 000004 01 00000000 00000002"
                           "05 000064 000002 08 03000000 'xy'"
                           "04 000064 000006 09 03000000 'ab' c4 'cd' c4 'ef'"
                           "04 000065 000006 09 03000000 'gh'"));
    EXPECT_EQ(late.counters().passedMessages, 3U);
}

TEST_F(RelayTest, SecondRelayDropsTheHalfPassedMessage) {
    feed("02 000000 000004 01 00000000 00000004 04 000064 000009 09 01000000 'ab'");
    ChunkWriter other;
    ChunkRelay next(reader, other);
    next.mapStream(1, 1);
    EXPECT_TRUE(next.atChunkBoundary());
    Bytes rest = hex("'cd' c4 'efgh' c4 'i' 44 000001 000001 09 'z'");
    EXPECT_EQ(next.relay(rest, *this, list).error, ChunkError::None);
    EXPECT_EQ(taken(), hex("02 000000 000004 01 00000000 00000004"
                           "04 000065 000001 09 01000000 'z'"));
}

} // namespace
} // namespace srsproxy::rtmp::test
