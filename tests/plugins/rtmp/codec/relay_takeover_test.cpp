// Taps, the end of a relay in mid-message, and the time without a next hop.
#include "plugins/rtmp/codec/media_keeper.h"
#include "tests/plugins/rtmp/codec/relay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

class RelayTakeover : public RelayFixture {
protected:
    std::string keep(std::string_view text) {
        input = hex(text);
        MediaKeeper keeper(reader, tap, *this);
        EXPECT_EQ(keeper.feed(input).error, ChunkError::None);
        return tap.taken();
    }

    TapLog tap;
};

TEST_F(RelayTakeover, TapSeesMediaAndNothingElse) {
    relay.setTap(&tap);
    const char* const text = "04 000064 000002 09 01000000 'ab' 05 000065 000001 08 01000000 'c'"
                             "06 000000 000001 12 01000000 'd' 06 000000 000002 0f 01000000 'ee'"
                             "07 000066 000000 16 01000000 09 000000 000001 13 01000000 's'"
                             "0a 000000 000001 63 01000000 'u'";
    EXPECT_EQ(feed(text), hex(text));
    EXPECT_EQ(pieces, 1U);
    EXPECT_EQ(tap.taken(), "9@100 ab! 8@101 c! 18@0 d! 15@0 ee! 22@102 ! ");
    feed("03 000000 000001 14 00000000 'c' 02 000000 000004 03 00000000 00000001");
    relay.captureAll(true);
    feed("84 000001 'xy'");
    EXPECT_EQ(tap.taken(), ""); // it went to the visitor
}

TEST_F(RelayTakeover, TapSeesPiecesAndAborts) {
    relay.setTap(&tap);
    feed(ChunksOf4);
    feed("04 000064 000009 09 01000000 'ab'");
    feed("'cd' c4 'e'");
    EXPECT_EQ(tap.taken(), "9@100 ab|cd|e|");
    feed("'fgh' 02 000000 000004 02 00000000 00000004 84 000001 'v'");
    EXPECT_EQ(tap.taken(), "fgh| x 9@101 v|");
    relay.setTap(nullptr);
    EXPECT_EQ(feed("'www'"), hex("'www'"));
    EXPECT_EQ(tap.taken(), "");
}

TEST_F(RelayTakeover, TapSeesTheHeaderAsTheSenderWroteIt) {
    class HeaderTap final : public MediaTap {
    public:
        void chunk(const ChunkStream&, const ChunkView& view) override {
            header.assign(view.bytes.begin(), view.bytes.begin() + view.headerSize);
        }
        void more(const ChunkStream&, std::span<const uint8_t>, bool) override {}
        void aborted(const ChunkStream&) override {}
        Bytes header;
    } headers;
    relay.setTap(&headers);
    relay.mapStream(1, 2);
    relay.setTimestampOffset(1);
    EXPECT_EQ(feed(VideoStart), hex("04 000065 000002 09 02000000 'ab'"));
    EXPECT_EQ(headers.header, hex("04 000064 000002 09 01000000"));
}

TEST_F(RelayTakeover, NextRelayDropsWhatHadHalfPassed) {
    feed("02 000000 000004 01 00000000 00000004 04 000064 000009 09 01000000 'ab'");
    EXPECT_TRUE(relay.insidePassed());
    ChunkWriter other;
    ChunkRelay next(reader, other);
    next.mapStream(1, 1);
    EXPECT_TRUE(next.atChunkBoundary());
    EXPECT_FALSE(next.insidePassed());
    EXPECT_EQ(feed(next, "'cd' c4 'efgh' c4 'i' 44 000001 000001 09 'z'"),
              hex("02 000000 000004 01 00000000 00000004"
                  "04 000065 000001 09 01000000 'z'"));
}

TEST_F(RelayTakeover, NextRelayKnowsThatItsHopHasSeenNothing) {
    feed("04 000064 000002 12 00000000 'ab'");
    ChunkWriter other;
    ChunkRelay next(reader, other); // stream 0 needs no map
    EXPECT_EQ(feed(next, "84 000001 'cd'"), hex("04 000065 000002 12 00000000 'cd'"));
}

TEST_F(RelayTakeover, NextRelayShowsItToItsTapToTheEnd) {
    relay.setTap(&tap);
    feed(ChunksOf4);
    feed("04 000064 000009 09 01000000 'abcd' 05 000000 000005 13 01000000 'shar' c4 'e'");
    tap.taken();
    ChunkWriter other;
    ChunkRelay next(reader, other, &tap);
    next.mapStream(1, 1);
    EXPECT_EQ(feed(next, "'fgh' c5 'e' 06 000065 000001 08 01000000 'a' c4 'i'"),
              hex("02 000000 000004 01 00000000 00000004 06 000065 000001 08 01000000 'a'"));
    EXPECT_EQ(tap.taken(), "fgh|8@101 a! i! ");
    EXPECT_EQ(next.lastTimestampMs(), 101U);
    EXPECT_EQ(feed(next, "84 000001 'wxyz' c4 '1234' c4 '5'"),
              hex("04 000065 000009 09 01000000 'wxyz' c4 '1234' c4 '5'"));
}

TEST_F(RelayTakeover, AbortOfAKeptMessageIsForTheTapOnly) {
    feed(ChunksOf4);
    feed("04 000064 000009 09 01000000 'abcd'");
    ChunkWriter other;
    ChunkRelay next(reader, other, &tap);
    EXPECT_EQ(feed(next, "02 000000 000004 02 00000000 00000004"), Bytes{});
    EXPECT_EQ(tap.taken(), " x ");
}

TEST_F(RelayTakeover, TapMaySendOnWhatBecomesComplete) {
    class LateTap final : public MediaTap {
    public:
        void chunk(const ChunkStream& stream, const ChunkView&) override { late(stream); }
        void more(const ChunkStream& stream, std::span<const uint8_t>, bool) override {
            late(stream);
        }
        void aborted(const ChunkStream&) override {}
        std::function<void(const ChunkStream&)> onLate;

    private:
        void late(const ChunkStream& stream) {
            if (stream.fate == Fate::Keep && stream.remaining == 0) {
                onLate(stream);
            }
        }
    } late;
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'abcd'");
    ChunkWriter other;
    ChunkRelay next(reader, other, &late);
    next.mapStream(1, 1);
    late.onLate = [&](const ChunkStream& stream) {
        const Bytes whole = hex("'abcdef'");
        next.inject(Message{stream.csid, 1, stream.timestampMs, stream.type, whole}, list);
    };
    EXPECT_EQ(feed(next, "c4 'ef' 84 000001 'ghij' c4 'kl'"),
              hex("04 000064 000006 09 01000000 'abcdef'"
                  "02 000000 000004 01 00000000 00000004"
                  "04 000065 000006 09 01000000 'ghij' c4 'kl'"));
}

TEST_F(RelayTakeover, KeeperGivesMediaToTheTapAndTheRestToTheVisitor) {
    EXPECT_EQ(keep("04 000064 000002 09 01000000 'ab' 03 000001 000001 14 00000000 'c'"
                   "09 000000 000001 13 01000000 's' 02 000000 000004 03 00000000 00000007"
                   "84 000001 'd'"),
              "9@100 ab! 9@101 d|");
    EXPECT_EQ(captured.size(), 2U);
    EXPECT_EQ(keep("'e' 05 000065 000001 08 02000000 'a'"), "e! 8@101 a! ");
}

TEST_F(RelayTakeover, KeeperGoesOnWithWhatHadHalfPassedAndTheNextRelayWithIt) {
    feed(ChunksOf4);
    feed("04 000064 00000a 09 01000000 'abcd' 05 000000 000005 13 01000000 'shar'");
    EXPECT_EQ(keep("c4 'efg'"), "efg|");
    EXPECT_EQ(keep("'h' c5 'e' 06 000065 000006 08 01000000 'aaaa'"), "h|8@101 aaaa|");
    ChunkWriter other;
    ChunkRelay next(reader, other, &tap);
    next.mapStream(1, 1);
    EXPECT_EQ(feed(next, "c4 'ij' c6 'aa'"), Bytes{});
    EXPECT_EQ(tap.taken(), "ij! aa! ");
    EXPECT_EQ(feed(next, "86 000001 'bbbb' c6 'bb'"),
              hex("02 000000 000004 01 00000000 00000004"
                  "06 000066 000006 08 01000000 'bbbb' c6 'bb'"));
}

TEST_F(RelayTakeover, KeeperShowsWholeWhatBeganInTheCommandPhase) {
    Bytes first = hex("04 000064 000004 12 01000000 'ab' ");
    Collector collector;
    reader.feed(first, collector);
    EXPECT_EQ(keep("'cd'"), "18@100 abcd! ");
}

TEST_F(RelayTakeover, KeeperTellsTheTapOfAborts) {
    keep(ChunksOf4);
    EXPECT_EQ(keep("04 000064 000009 09 01000000 'abcd' 02 000000 000004 02 00000000 00000004"),
              "9@100 abcd| x ");
}

TEST_F(RelayTakeover, KeeperStopsWhereTheVisitorSays) {
    class Stopper final : public MessageVisitor {
        Next onMessage(const Message&) override { return Next::Stop; }
    } stopper;
    Bytes bytes = hex("03 000001 000001 14 00000000 'c' 04 000064 000001 09 01000000 'a'");
    MediaKeeper keeper(reader, tap, stopper);
    const FeedResult result = keeper.feed(bytes);
    EXPECT_TRUE(result.stopped);
    EXPECT_EQ(result.consumed, 13U);
    EXPECT_EQ(tap.taken(), "");
}

TEST_F(RelayTakeover, CommandPhaseDropsWhatWasKept) {
    keep("04 000064 000004 09 01000000 'ab'");
    Bytes rest = hex("'cd' 84 000001 'efgh'");
    Collector collector;
    EXPECT_EQ(reader.feed(rest, collector).error, ChunkError::None);
    ASSERT_EQ(collector.messages.size(), 1U);
    EXPECT_EQ(collector.messages[0].timestampMs, 101U);
}

} // namespace
} // namespace srsproxy::rtmp::test
