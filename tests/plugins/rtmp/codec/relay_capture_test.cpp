// Messages that do not pass: captureAll, and what began before the relay did.
#include "tests/plugins/rtmp/codec/relay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

class RelayCapture : public RelayFixture {
protected:
    // As a session does: what would pass goes on as a whole.
    void resend() {
        onCaptured = [this](const Message& message) {
            if (!isCapturedInRelay(message.type)) {
                EXPECT_TRUE(relay.inject(message, list));
            }
        };
    }
};

TEST_F(RelayCapture, ShowsWholeWhatBeganInTheCommandPhase) {
    ChunkReader early;
    Collector collector;
    Bytes first = hex("02 000000 000004 01 00000000 00000002 04 000064 000006 09 01000000 'ab'");
    early.feed(first, collector);
    ChunkRelay late(early, writer);
    late.mapStream(1, 3);
    EXPECT_EQ(feed(late, "05 000064 000002 08 01000000 'xy' c4 'cd' c4 'ef' 84 000001 'gh'"),
              hex("02 000000 000004 01 00000000 00000002"
                  "05 000064 000002 08 03000000 'xy'"
                  "04 000065 000006 09 03000000 'gh'"));
    ASSERT_EQ(captured.size(), 1U);
    EXPECT_EQ(captured[0], (OwnedMessage{4, 1, 100, 9, hex("'abcdef'")}));
}

TEST_F(RelayCapture, ShowsEverythingAndSendsNothing) {
    relay.captureAll(true);
    EXPECT_EQ(feed("04 000064 000002 09 01000000 'ab' 06 000000 000001 12 01000000 'm'"
                   "07 000000 000001 63 09000000 'u' 84 000001 'cd' c4 'ef'"),
              Bytes{});
    ASSERT_EQ(captured.size(), 5U);
    EXPECT_EQ(captured[2], (OwnedMessage{7, 9, 0, 0x63, hex("'u'")})); // of any stream
    EXPECT_EQ(captured[4], (OwnedMessage{4, 1, 102, 9, hex("'ef'")}));
}

TEST_F(RelayCapture, WhatHasBegunToPassPassesToItsEnd) {
    feed(ChunksOf2);
    feed("04 000064 000006 09 01000000 'ab' c4 'c'");
    relay.captureAll(true);
    EXPECT_EQ(feed("'d' 05 000000 000002 08 01000000 'xy' c4 'ef' 84 000001 'gh'"),
              hex("'d' c4 'ef'"));
    EXPECT_FALSE(relay.insidePassed());
    EXPECT_EQ(captured.size(), 2U); // with the Set Chunk Size
    EXPECT_EQ(feed("c4 'ij' c4 'kl'"), Bytes{});
    EXPECT_EQ(captured.back(), (OwnedMessage{4, 1, 101, 9, hex("'ghijkl'")}));
}

TEST_F(RelayCapture, PassesAgainWithAFreshHeader) {
    feed(VideoStart);
    relay.captureAll(true);
    Bytes elsewhere; // another relay's messages go to the same hop
    writer.write(Message{4, 1, 50, 8, {}}, elsewhere);
    relay.captureAll(false);
    EXPECT_EQ(feed("84 000001 'cd' c4 'ef' c4 'gh'"),
              hex("04 000065 000002 09 01000000 'cd' 84 000001 'ef' c4 'gh'"));
}

TEST_F(RelayCapture, LeavesTheChunkSizeAloneUntilMessagesPass) {
    relay.captureAll(true);
    EXPECT_EQ(feed(ChunksOf2), Bytes{});
    EXPECT_EQ(feed("04 000064 000003 09 01000000 'ab' c4 'c'"), Bytes{});
    EXPECT_EQ(writer.chunkSize(), DefaultChunkSize);
    relay.captureAll(false);
    EXPECT_EQ(feed("84 000001 'cd' c4 'e'"), hex("02 000000 000004 01 00000000 00000002"
                                                 "04 000065 000003 09 01000000 'cd' c4 'e'"));
}

TEST_F(RelayCapture, NothingOvertakesAnInjectedMessageThatWaits) {
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'abcd'");
    relay.captureAll(true);
    resend();
    // Chunk stream 4 is inside a message for the next hop: the audio of ours must wait.
    const Bytes payload = hex("'xy'");
    EXPECT_TRUE(relay.inject(Message{4, 1, 101, 8, payload}, list));
    relay.captureAll(false);
    EXPECT_EQ(feed("05 000066 000001 08 01000000 'z'"), Bytes{});
    EXPECT_EQ(feed("c4 'ef'"), hex("c4 'ef' 04 000065 000002 08 01000000 'xy'"
                                   "05 000066 000001 08 01000000 'z'"));
    EXPECT_FALSE(relay.hasPending());
    const size_t before = captured.size();
    EXPECT_EQ(feed("85 000001 '!'"), hex("05 000067 000001 08 01000000 '!'"));
    EXPECT_EQ(captured.size(), before); // it passed
}

TEST_F(RelayCapture, TakesMessagesAsLongAsAnyButCommandsOnlyAsEver) {
    ChunkLimits limits;
    limits.maxCapturedBytes = 100;
    limits.maxCapturedTotalBytes = 150;
    limits.maxMessageBytes = 1000;
    struct Row {
        const char* name;
        uint8_t type;
        size_t length;
        ChunkError error;
    };
    for (const Row& row : {Row{"Video", 9, 1000, ChunkError::None},
                           Row{"VideoTooLong", 9, 1001, ChunkError::MessageTooLong},
                           Row{"Command", 20, 100, ChunkError::None},
                           Row{"CommandTooLong", 20, 101, ChunkError::CapturedTooLong},
                           Row{"SharedObject", 19, 1000, ChunkError::None}}) {
        ChunkReader from(limits);
        ChunkRelay whole(from, writer);
        whole.captureAll(true);
        ChunkWriter sender;
        Bytes sent;
        sender.write(Message{4, 1, 0, row.type, Bytes(row.length, 'v')}, sent);
        captured.clear();
        EXPECT_EQ(whole.relay(sent, *this, list).error, row.error) << row.name;
        EXPECT_EQ(captured.size(), row.error == ChunkError::None ? 1U : 0U) << row.name;
    }
}

TEST_F(RelayCapture, UnfinishedLongMessagesTogetherHoldWhatTwoMay) {
    ChunkLimits limits;
    limits.maxCapturedBytes = 100;
    limits.maxCapturedTotalBytes = 150;
    limits.maxMessageBytes = 1000;
    const auto unfinished = [](Bytes& bytes, uint8_t csid, size_t chunks) {
        bytes.push_back(csid);
        append(bytes, hex("000000 0003e8 09 01000000"));
        for (size_t i = 0; i < chunks; ++i) {
            bytes.resize(bytes.size() + 128, 'v');
            bytes.push_back(static_cast<uint8_t>(0xC0 | csid));
        }
        bytes.pop_back();
    };
    for (const bool tooMuch : {false, true}) {
        ChunkReader from(limits);
        ChunkRelay whole(from, writer);
        whole.captureAll(true);
        Bytes bytes;
        unfinished(bytes, 4, 7);
        unfinished(bytes, 5, 7);
        unfinished(bytes, 6, tooMuch ? 2 : 1);
        append(bytes, hex("02 000000 000004 02 00000000 00000004")); // Abort gives back
        unfinished(bytes, 4, 7);
        EXPECT_EQ(whole.relay(bytes, *this, list).error,
                  tooMuch ? ChunkError::CapturedTotalTooLong : ChunkError::None);
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
