#include "core/base/utf8.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(Utf8, ReadsTheFirstCodePoint) {
    struct Row {
        std::string_view text;
        uint32_t codePoint;
        uint32_t bytes;
        bool valid;
    };
    const Row rows[] = {
        {"a", 'a', 1, true},
        {std::string_view("\0", 1), 0, 1, true},
        {"\x7f", 0x7f, 1, true},
        {"\xc2\x80", 0x80, 2, true},
        {"\xdf\xbf!", 0x7ff, 2, true},
        {"\xe0\xa0\x80", 0x800, 3, true},
        {"\xef\xbf\xbd", 0xfffd, 3, true},
        {"\xed\x9f\xbf", 0xd7ff, 3, true},
        {"\xf0\x90\x80\x80", 0x10000, 4, true},
        {"\xf4\x8f\xbf\xbf", 0x10ffff, 4, true},
        {"\x80", 0x80, 1, false},             // stray continuation
        {"\xc2", 0xc2, 1, false},             // cut off
        {"\xe2\x82", 0xe2, 1, false},         // cut off
        {"\xc2\x41", 0xc2, 1, false},         // no continuation
        {"\xc0\x80", 0xc0, 1, false},         // overlong
        {"\xe0\x9f\xbf", 0xe0, 1, false},     // overlong
        {"\xf0\x8f\xbf\xbf", 0xf0, 1, false}, // overlong
        {"\xed\xa0\x80", 0xed, 1, false},     // surrogate
        {"\xf4\x90\x80\x80", 0xf4, 1, false}, // above the last
        {"\xff", 0xff, 1, false},
    };
    for (const Row& row : rows) {
        const Utf8Step step = firstCodePoint(row.text);
        EXPECT_EQ(step.codePoint, row.codePoint) << testing::PrintToString(row.text);
        EXPECT_EQ(step.bytes, row.bytes) << testing::PrintToString(row.text);
        EXPECT_EQ(step.valid, row.valid) << testing::PrintToString(row.text);
    }
}

TEST(Utf8, ReplacesBrokenBytesAndCutsBetweenCodePoints) {
    EXPECT_EQ(validUtf8("caf\xc3\xa9", 100), "caf\xc3\xa9");
    EXPECT_EQ(validUtf8("caf\xc3\xa9", 4), "caf");
    EXPECT_EQ(validUtf8("a\xff\x62", 100), "a\xef\xbf\xbd"
                                           "b");
    EXPECT_EQ(validUtf8("abc", 0), "");
}

} // namespace
} // namespace srsproxy
