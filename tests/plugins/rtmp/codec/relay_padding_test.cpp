// What the next hop has part of is completed with zeros.
#include "plugins/rtmp/codec/chunk_padding.h"
#include "tests/plugins/rtmp/codec/relay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

class RelayPadding : public RelayFixture {
protected:
    Bytes pad() {
        EXPECT_EQ(relay.insidePassed(), true);
        relay.padPassed(list);
        EXPECT_FALSE(relay.insidePassed());
        EXPECT_TRUE(relay.atChunkBoundary());
        return taken();
    }
};

struct PaddingRow {
    const char* name;
    const char* bytes;
    const char* wanted;
};

constexpr PaddingRow Rows[] = {
    {"InAChunk", "04 000064 000006 09 01000000 'a'", "000000 c4 0000"},
    {"AtAChunksEnd", "04 000064 000006 09 01000000 'abcd'", "c4 0000"},
    {"HeaderOnly", "04 000064 000002 09 01000000", "0000"},
    {"LastByteMissing", "04 000064 000005 09 01000000 'abcd' c4", "00"},
    {"ManyChunks", "04 000064 000012 09 01000000 'ab'",
     "0000 c4 00000000 c4 00000000 c4 00000000 c4 0000"},
    {"TwoByteId", "00 05 000064 000009 09 01000000 'ab'", "0000 c0 05 00000000 c0 05 00"},
    {"ThreeByteId", "01 0502 000064 000009 09 01000000 'ab'", "0000 c1 0502 00000000 c1 0502 00"},
    {"ExtendedTime", "04 ffffff 000009 09 01000000 01000000 'ab'",
     "0000 c4 01000000 00000000 c4 01000000 00"},
    // The chunk that is under way comes first.
    {"SeveralMessages",
     "04 000064 000006 09 01000000 'abcd' 05 000064 000006 08 01000000 'ABCD'"
     "06 000064 000006 08 01000000 '1'",
     "000000 c6 0000 c4 0000 c5 0000"},
    {"NotWhatWasCaptured",
     "03 000000 000009 14 00000000 'abcd' 04 000064 000006 09 01000000 'abcd'", "c4 0000"},
};

TEST_F(RelayPadding, CompletesEachRow) {
    for (const PaddingRow& row : Rows) {
        ChunkReader from;
        ChunkWriter to;
        ChunkRelay one(from, to);
        one.mapStream(1, 1);
        feed(one, ChunksOf4);
        feed(one, row.bytes);
        EXPECT_TRUE(one.insidePassed()) << row.name;
        one.padPassed(list);
        EXPECT_EQ(taken(), hex(row.wanted)) << row.name;
        EXPECT_FALSE(one.insidePassed()) << row.name;
        EXPECT_TRUE(one.atChunkBoundary()) << row.name;
        one.padPassed(list);
        EXPECT_TRUE(list.empty()) << row.name; // nothing is left
    }
}

TEST_F(RelayPadding, UsesTheOffsetTimeOfTheHeader) {
    relay.setTimestampOffset(0x1000000);
    feed("02 000000 000004 01 00000000 00000002 04 000064 000003 09 01000000 'ab'");
    EXPECT_EQ(pad(), hex("c4 01000064 00"));
}

TEST_F(RelayPadding, SendsWhatWaitsBehindIt) {
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'a'");
    relay.inject(makeAcknowledgement(1), list);
    const Bytes payload = hex("'x'");
    relay.inject(Message{4, 1, 101, 9, payload}, list);
    EXPECT_EQ(pad(), hex("000000 c4 0000 02 000000 000004 03 00000000 00000001"
                         "04 000065 000001 09 01000000 'x'"));
    EXPECT_FALSE(relay.hasPending());
}

TEST_F(RelayPadding, DropsTheRestWhenTheSenderGoesOn) {
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'ab'");
    EXPECT_EQ(pad(), hex("0000 c4 0000"));
    // The next header may still be relative: the next hop knows the one of the padded message.
    EXPECT_EQ(feed("'cd' c4 'ef' 84 000001 'ghij' c4 'kl'"), hex("84 000001 'ghij' c4 'kl'"));
}

TEST_F(RelayPadding, GivesTheTapTheRestWhenTheSenderGoesOn) {
    TapLog tap;
    relay.setTap(&tap);
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'ab'");
    pad();
    EXPECT_EQ(feed("'cd' c4 'ef'"), Bytes{});
    EXPECT_EQ(tap.taken(), "9@100 ab|cd|ef! ");
}

TEST_F(RelayPadding, AnotherRelayMayFollowToTheSameHop) {
    feed(ChunksOf4);
    feed("04 000064 000006 09 01000000 'ab'");
    pad();
    ChunkReader other;
    ChunkRelay next(other, writer);
    next.mapStream(5, 1);
    EXPECT_EQ(feed(next, "04 000001 000002 09 05000000 'xy'"),
              hex("02 000000 000004 01 00000000 00000080 04 000001 000002 09 01000000 'xy'"));
}

TEST(ChunkPadding, IsRightForAnySizeAndTakesFewPieces) {
    struct Row {
        uint32_t chunkSize;
        uint32_t chunkRemaining;
        uint32_t remaining;
        bool extended;
    };
    for (const Row& row :
         {Row{1, 0, 1, false}, Row{1, 1, 5000, false}, Row{1, 0, 100'000, true},
          Row{2, 1, 4096, true}, Row{128, 17, 300'000, false}, Row{2047, 2000, 9000, false},
          Row{2048, 0, 8192, true}, Row{4095, 1, 4096, false}, Row{4096, 0, 20'000, false},
          Row{60'000, 59'999, 200'000, true}, Row{0xFFFFFF, 0xFFFFFE, 0xFFFFFE, false}}) {
        uint8_t header[MaxChunkHeaderBytes];
        const size_t size = encodeType3(header, 4, row.extended, 0x01020304);
        OutputList list;
        appendPadding({{header, size}, row.chunkRemaining, row.remaining, row.chunkSize}, list);
        Bytes seen;
        list.copyFrom(0, seen);

        Bytes wanted(row.chunkRemaining, 0);
        for (uint32_t left = row.remaining - row.chunkRemaining; left != 0;) {
            const uint32_t now = std::min(left, row.chunkSize);
            append(wanted, std::span(header, size));
            wanted.resize(wanted.size() + now, 0);
            left -= now;
        }
        EXPECT_TRUE(seen == wanted) << "chunks of " << row.chunkSize;
        EXPECT_LE(list.pieces().size(), 8 + wanted.size() / 1000) << "chunks of " << row.chunkSize;
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
