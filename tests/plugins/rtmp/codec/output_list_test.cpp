#include "plugins/rtmp/codec/output_list.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

Bytes all(const OutputList& list, size_t offset = 0) {
    Bytes bytes;
    list.copyFrom(offset, bytes);
    return bytes;
}

TEST(OutputList, JoinsNeighbouringRuns) {
    Bytes input = hex("'abcdefgh'");
    const std::span<uint8_t> span(input);
    OutputList list;
    list.borrow(span.first(2));
    list.borrow(span.subspan(2, 3));
    EXPECT_EQ(list.pieces().size(), 1U);
    list.borrow(span.subspan(6));
    list.borrow({});
    EXPECT_EQ(list.pieces().size(), 2U);
    EXPECT_EQ(all(list), hex("'abcdegh'"));
    EXPECT_EQ(all(list, 4), hex("'egh'"));
    EXPECT_EQ(all(list, 5), hex("'gh'"));
    EXPECT_EQ(all(list, 99), Bytes{});
    EXPECT_EQ(list.size(), 7U);
}

TEST(OutputList, OwnBytesNeverMove) {
    OutputList list;
    Bytes wanted;
    for (int round = 0; round < 3; ++round) {
        for (size_t i = 1; i < 600; i += 7) {
            const Bytes bytes(i * 10, static_cast<uint8_t>(i));
            list.copy(bytes);
            append(wanted, bytes);
        }
        list.copy({});
        EXPECT_EQ(all(list), wanted);
        EXPECT_EQ(list.size(), wanted.size());
        list.clear();
        wanted.clear();
        EXPECT_TRUE(list.empty());
        EXPECT_TRUE(list.pieces().empty());
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
