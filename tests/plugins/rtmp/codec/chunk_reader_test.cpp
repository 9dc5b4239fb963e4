#include "plugins/rtmp/codec/chunk_reader.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

struct StreamRow {
    const char* name;
    const char* bytes;
    std::vector<OwnedMessage> messages;
    ChunkError error = ChunkError::None;
};

OwnedMessage message(uint32_t csid, uint32_t stream, uint32_t time, uint8_t type,
                     const char* text) {
    return {csid, stream, time, type, hex(text)};
}

const std::vector<StreamRow>& rows() {
    static const std::vector<StreamRow> Rows = {
        {"Type0", "03 000010 000002 14 01000000 'ab'", {message(3, 1, 16, 20, "'ab'")}},
        {"StreamIdIsLittleEndian",
         "03 000010 000001 14 01020304 'a'",
         {message(3, 0x04030201, 16, 20, "'a'")}},
        {"R10TwoByteId", "00 05 000000 000001 08 00000000 'a'", {message(69, 0, 0, 8, "'a'")}},
        {"R10ThreeByteId",
         "01 05 02 000000 000001 08 00000000 'a'",
         {message(581, 0, 0, 8, "'a'")}},
        {"R10LargestId", "01 ffff 000000 000001 08 00000000 'a'", {message(65599, 0, 0, 8, "'a'")}},
        {"R10ThreeByteFormOf64",
         "01 0000 000000 000001 08 00000000 'a' c1 0000 'b'",
         {message(64, 0, 0, 8, "'a'"), message(64, 0, 0, 8, "'b'")}},
        {"R10ThreeByteFormOf319",
         "01 ff00 000000 000001 08 00000000 'a' c0 ff 'b'",
         {message(319, 0, 0, 8, "'a'"), message(319, 0, 0, 8, "'b'")}},
        {"R10FirstThreeByteId",
         "01 0001 000000 000001 08 00000000 'a'",
         {message(320, 0, 0, 8, "'a'")}},
        {"R10ThreeByteFormOfASmallId",
         "00 05 000000 000001 08 00000000 'a' c1 05 00 'b'",
         {message(69, 0, 0, 8, "'a'"), message(69, 0, 0, 8, "'b'")}},
        {"R11FirstChunkOfType1",
         "42 000000 00000a 04 0003 00000001 00000bb8",
         {message(2, 0, 0, 4, "0003 00000001 00000bb8")}},
        {"FirstChunkOfType2", "82 000000", {}, ChunkError::NoPreviousHeader},
        {"FirstChunkOfType3", "c2", {}, ChunkError::NoPreviousHeader},
        {"DeltasAddUp",
         "04 000064 000001 08 01000000 'a' 44 00000a 000001 09 'b' 84 000005 'c'"
         "c4 'd' c4 'e'",
         {message(4, 1, 100, 8, "'a'"), message(4, 1, 110, 9, "'b'"), message(4, 1, 115, 9, "'c'"),
          message(4, 1, 120, 9, "'d'"), message(4, 1, 125, 9, "'e'")}},
        {"Type3BehindType0AddsItsTime",
         "04 000017 000001 08 01000000 'a' c4 'b'",
         {message(4, 1, 23, 8, "'a'"), message(4, 1, 46, 8, "'b'")}},
        {"R12ZeroLengthMessages",
         "04 000001 000000 09 01000000 c4 84 000002",
         {message(4, 1, 1, 9, ""), message(4, 1, 2, 9, ""), message(4, 1, 4, 9, "")}},
        {"TimesWrapAt32Bits",
         "04 ffffff 000001 08 01000000 fffffff0 'a' 84 000020 'b'",
         {message(4, 1, 0xFFFFFFF0, 8, "'a'"), message(4, 1, 0x10, 8, "'b'")}},
        {"TimesWrapAt32BitsByType3",
         "04 000000 000001 08 01000000 'a' 84 ffffff 80000001 'b' c4 80000001 'c'",
         {message(4, 1, 0, 8, "'a'"), message(4, 1, 0x80000001, 8, "'b'"),
          message(4, 1, 2, 8, "'c'")}},
        {"R11ExtendedDeltaIsADelta",
         "04 000064 000001 08 01000000 'a' 44 ffffff 000001 09 00ffffff 'b' 84 000001 'c'",
         {message(4, 1, 100, 8, "'a'"), message(4, 1, 0xFFFFFF + 100, 9, "'b'"),
          message(4, 1, 0xFFFFFF + 101, 9, "'c'")}},
        {"R11Type3StartRepeatsTheExtendedDelta",
         "04 000000 000001 08 01000000 'a' 84 ffffff 01000000 'b' c4 01000000 'c'",
         {message(4, 1, 0, 8, "'a'"), message(4, 1, 0x1000000, 8, "'b'"),
          message(4, 1, 0x2000000, 8, "'c'")}},
        {"R11Type3StartDoesNotRepeatTheExtendedDelta",
         "04 000000 000001 08 01000000 'a' 84 ffffff 01000000 'b' c4 'c'",
         {message(4, 1, 0, 8, "'a'"), message(4, 1, 0x1000000, 8, "'b'"),
          message(4, 1, 0x2000000, 8, "'c'")}},
        {"R11ExtendedFormOfASmallTime",
         "04 ffffff 000001 08 01000000 00000005 'a' c4 00000005 'b'",
         {message(4, 1, 5, 8, "'a'"), message(4, 1, 10, 8, "'b'")}},
        {"R11DeltaBehindExtendedTime",
         "04 ffffff 000001 08 01000000 01000000 'a' 84 000017 'b'",
         {message(4, 1, 0x1000000, 8, "'a'"), message(4, 1, 0x1000017, 8, "'b'")}},
        {"R11ExtendedTimeRepeated",
         "02 000000 000004 01 00000000 00000002"
         "04 ffffff 000003 08 01000000 01000000 'ab' c4 01000000 'c'",
         {message(2, 0, 0, 1, "00000002"), message(4, 1, 0x1000000, 8, "'abc'")}},
        {"R11ExtendedTimeNotRepeated",
         "02 000000 000004 01 00000000 00000002"
         "04 ffffff 000003 08 01000000 01000000 'ab' c4 'c'",
         {message(2, 0, 0, 1, "00000002"), message(4, 1, 0x1000000, 8, "'abc'")}},
        {"R11PayloadLooksLikeTheTimeAtFirst",
         "02 000000 000004 01 00000000 00000002"
         "04 ffffff 000006 08 01000000 01000000 'ab' c4 0100 c4 0199",
         {message(2, 0, 0, 1, "00000002"), message(4, 1, 0x1000000, 8, "'ab' 0100 0199")}},
        {"Interleaved",
         "02 000000 000004 01 00000000 00000002"
         "04 000000 000004 09 01000000 'vv' 05 000000 000003 08 01000000 'aa'"
         "c4 'VV' c5 'A'",
         {message(2, 0, 0, 1, "00000002"), message(4, 1, 0, 9, "'vvVV'"),
          message(5, 1, 0, 8, "'aaA'")}},
        {"Aggregate", // wire-facts 5.1: one message, unread
         "04 000010 00000d 16 01000000 09 000002 000010 00 000000 'ab'",
         {message(4, 1, 16, 22, "09 000002 000010 00 000000 'ab'")}},
        {"R12Abort",
         "02 000000 000004 01 00000000 00000002 04 000000 000004 09 01000000 'vv'"
         "02 000000 000004 02 00000000 0000 c2 0004 c4 'ab' c4 'cd'",
         {message(2, 0, 0, 1, "00000002"), message(2, 0, 0, 2, "00000004"),
          message(4, 1, 0, 9, "'abcd'")}},
        {"R12AbortOfNothing",
         "02 000000 000004 02 00000000 00000004 02 000000 000001 02 00000000"
         "00",
         {message(2, 0, 0, 2, "00000004"), message(2, 0, 0, 2, "00")}},
        {"R12AbortThenANewMessage",
         "02 000000 000004 01 00000000 00000004 04 000064 000009 09 01000000 'abcd'"
         "02 000000 000004 02 00000000 00000004 84 000005 'ABCD' c4 'EFGH' c4 'I'",
         {message(2, 0, 0, 1, "00000004"), message(2, 0, 0, 2, "00000004"),
          message(4, 1, 105, 9, "'ABCDEFGHI'")}},
        {"R8SetChunkSizeInsideAMessage",
         "02 000000 000004 01 00000000 00000002 04 000000 000005 09 01000000 'vv'"
         "02 000000 000004 01 00000000 0000 c2 0003 c4 'VVV'",
         {message(2, 0, 0, 1, "00000002"), message(2, 0, 0, 1, "00000003"),
          message(4, 1, 0, 9, "'vvVVV'")}},
        {"ChunkSizeZero",
         "02 000000 000004 01 00000000 00000000",
         {},
         ChunkError::ChunkSizeInvalid},
        {"ChunkSizeTopBit",
         "02 000000 000004 01 00000000 80000000",
         {},
         ChunkError::ChunkSizeInvalid},
        {"ChunkSizeCut", "02 000000 000003 01 00000000 000010", {}, ChunkError::ChunkSizeInvalid},
        {"ChunkSizeLargest",
         "02 000000 000004 01 00000000 7fffffff",
         {message(2, 0, 0, 1, "7fffffff")}},
        {"HeaderInsideMessage",
         "02 000000 000004 01 00000000 00000002"
         "04 000000 000004 09 01000000 'vv' 04 000000 000004 09 01000000",
         {message(2, 0, 0, 1, "00000002")},
         ChunkError::HeaderInsideMessage},
    };
    return Rows;
}

TEST(ChunkReader, ReadsEachRowHoweverItIsCut) {
    for (const StreamRow& row : rows()) {
        const Bytes bytes = hex(row.bytes);
        for (size_t piece = 1; piece <= bytes.size(); ++piece) {
            const Parsed parsed = parse(bytes, piece);
            EXPECT_EQ(parsed.error, row.error) << row.name << " pieces of " << piece;
            EXPECT_EQ(parsed.messages, row.messages) << row.name << " pieces of " << piece;
        }
    }
}

TEST(ChunkReader, StaysInErrorOnceFailed) {
    ChunkReader reader;
    Collector collector;
    Bytes bad = hex("c5");
    EXPECT_EQ(reader.feed(bad, collector).error, ChunkError::NoPreviousHeader);
    Bytes good = hex("03 000010 000002 14 01000000 'ab'");
    const FeedResult result = reader.feed(good, collector);
    EXPECT_EQ(result.error, ChunkError::NoPreviousHeader);
    EXPECT_EQ(result.consumed, 0U);
    EXPECT_TRUE(collector.messages.empty());
    EXPECT_FALSE(describe(reader.error()).empty());
}

TEST(ChunkReader, StopsRightBehindAMessage) {
    const Bytes bytes = hex("03 000000 000002 14 01000000 'ab' 04 000000 000002 09 01000000 'cd'");
    for (size_t first = 0; first <= 14; ++first) {
        ChunkReader reader;
        Collector collector;
        collector.stopAfter = 1;
        Bytes head(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(first));
        Bytes tail(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.end());
        FeedResult result = reader.feed(head, collector);
        EXPECT_EQ(result.consumed, first);
        if (!result.stopped) {
            result = reader.feed(tail, collector);
            EXPECT_TRUE(result.stopped);
            EXPECT_EQ(first + result.consumed, 14U);
            tail.erase(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(result.consumed));
        }
        EXPECT_EQ(collector.messages.size(), 1U);
        EXPECT_EQ(reader.feed(tail, collector).consumed, tail.size());
        EXPECT_EQ(collector.messages.size(), 2U);
    }
}

TEST(ChunkReader, R14LimitsChunkStreams) {
    Bytes bytes;
    for (uint8_t i = 0; i < 65; ++i) {
        append(bytes, Bytes{0, i});
        append(bytes, hex("000000 000000 08 01000000"));
    }
    const Parsed parsed = parse(bytes, SIZE_MAX, ChunkLimits{});
    EXPECT_EQ(parsed.error, ChunkError::TooManyChunkStreams);
    EXPECT_EQ(parsed.messages.size(), 64U);
}

TEST(ChunkReader, R14LimitsCapturedMessages) {
    const ChunkLimits limits{};
    EXPECT_EQ(parse(hex("03 000000 010001 14 00000000"), SIZE_MAX, limits).error,
              ChunkError::CapturedTooLong);
    EXPECT_EQ(parse(hex("03 000000 ffffff 03 00000000"), SIZE_MAX, limits).error,
              ChunkError::CapturedTooLong);
    ChunkLimits shorter;
    shorter.maxMessageBytes = 1000;
    EXPECT_EQ(parse(hex("03 000000 0003e9 09 00000000"), SIZE_MAX, shorter).error,
              ChunkError::MessageTooLong);
}

TEST(ChunkReader, R14LimitsUnfinishedMessagesTogether) {
    // Each is just within its limit and never ends.
    Bytes bytes = hex("02 000000 000004 01 00000000 0000ff00");
    for (uint8_t csid = 3; csid < 10; ++csid) {
        bytes.push_back(csid);
        append(bytes, hex("000000 00ffff 14 00000000"));
        bytes.resize(bytes.size() + 0xFF00, 'x');
    }
    EXPECT_EQ(parse(bytes, 4096, ChunkLimits{}).error, ChunkError::CapturedTotalTooLong);
}

TEST(ChunkReader, R7DropsEarlyMediaThatIsTooLong) {
    ChunkReader reader;
    Collector collector;
    Bytes bytes = hex("02 000000 000004 01 00000000 00020000 04 000000 010001 09 01000000");
    bytes.resize(bytes.size() + 0x10001, 'v');
    append(bytes, hex("03 000000 000001 14 00000000 'c'"));
    EXPECT_EQ(reader.feed(bytes, collector).error, ChunkError::None);
    ASSERT_EQ(collector.messages.size(), 2U);
    EXPECT_EQ(collector.messages[1].type, MessageType::CommandAmf0);
}

TEST(ChunkReader, R8ObeysAnyChunkSize) {
    for (const uint32_t size :
         {1U, 2U, 127U, 128U, 129U, 4096U, 65536U, 0xFFFFFEU, 0xFFFFFFU, 0x1000000U, 0x7FFFFFFFU}) {
        const uint32_t split = std::min<uint32_t>(size, MaxMessageBytes);
        const uint32_t length = std::min<uint32_t>(split + 1, MaxMessageBytes);
        Bytes bytes = hex("02 000000 000004 01 00000000");
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<uint8_t>(size >> shift));
        }
        append(bytes, hex("04 000000"));
        for (int shift = 16; shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<uint8_t>(length >> shift));
        }
        append(bytes, hex("09 01000000"));
        Bytes payload(length, 'v');
        payload.back() = 'w';
        append(bytes, std::span(payload).first(std::min(split, length)));
        if (length > split) {
            append(bytes, hex("c4 'w'"));
        }
        const Parsed parsed = parse(bytes);
        EXPECT_EQ(parsed.error, ChunkError::None) << size;
        ASSERT_EQ(parsed.messages.size(), 2U) << size;
        EXPECT_TRUE(parsed.messages[1].payload == payload) << size;
    }
}

TEST(ChunkReader, R12AbortInTheCommandPhaseGivesItsBytesBack) {
    ChunkLimits limits;
    limits.maxCapturedTotalBytes = 200;
    Bytes bytes;
    for (int round = 0; round < 5; ++round) {
        append(bytes, hex("03 000000 000100 14 00000000"));
        bytes.resize(bytes.size() + 128, 'x');
        append(bytes, hex("02 000000 000004 02 00000000 00000003"));
    }
    EXPECT_EQ(parse(bytes, 50, limits).error, ChunkError::None);
}

TEST(ChunkStreamTable, FindsWhatItHoldsAndGrowsALittleAtATime) {
    ChunkStreamTable table;
    for (uint32_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(table.find(i * 7), ChunkStreamTable::NotFound);
        EXPECT_EQ(table.add(i * 7), i);
        table.at(i).timestampMs = i;
    }
    for (uint32_t i = 1000; i-- > 0;) {
        ASSERT_EQ(table.find(i * 7), i);
        EXPECT_EQ(table.at(i).timestampMs, i);
    }
    EXPECT_EQ(table.size(), 1000U);
}

TEST(ChunkReader, IsSmallWhenFresh) {
    EXPECT_LE(sizeof(ChunkReader), 64U);
    EXPECT_LE(sizeof(ChunkStream), 40U);
    EXPECT_LE(sizeof(ChunkStreamTable), 16U);
}

TEST(ChunkWriter, WritesWhatTheReaderReads) {
    std::vector<OwnedMessage> messages;
    Bytes out;
    ChunkWriter writer;
    for (const uint32_t csid : {2U, 63U, 64U, 319U, 320U, 65599U}) {
        for (const size_t size : {size_t{0}, size_t{1}, size_t{128}, size_t{129}, size_t{70000}}) {
            for (const uint32_t time : {0U, 0xFFFFFEU, 0xFFFFFFU, 0xFFFFFFFFU}) {
                messages.push_back({csid, 1, time, 9, Bytes(size, 'p')});
                const size_t before = out.size();
                const size_t wanted = writer.encodedSize(messages.back().view());
                writer.write(messages.back().view(), out);
                EXPECT_EQ(out.size() - before, wanted);
            }
        }
        const ControlMessage control = makeSetChunkSize(csid * 3);
        messages.push_back(own(control.message()));
        writer.write(control, out);
        EXPECT_EQ(writer.chunkSize(), csid * 3);
    }
    const Parsed parsed = parse(out, 1000);
    EXPECT_EQ(parsed.error, ChunkError::None);
    EXPECT_EQ(parsed.messages, messages);
}

} // namespace
} // namespace srsproxy::rtmp::test
