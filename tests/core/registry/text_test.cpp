#include "core/registry/text.h"

#include <gtest/gtest.h>
#include <string>

namespace srsproxy {
namespace {

TEST(Text, KnowsControlCharacters) {
    EXPECT_TRUE(isPlainText(""));
    EXPECT_TRUE(isPlainText("edge 1, M\xc3\xbcnchen"));
    EXPECT_TRUE(isPlainText("\xc2\xa0"));
    for (const std::string& text :
         {std::string("\0", 1), std::string("a\nb"), std::string("\x1b[0m"), std::string("\x7f"),
          std::string("\xc2\x9b")}) {
        EXPECT_FALSE(isPlainText(text)) << text;
    }
}

TEST(Text, IsShownShortAndPrintable) {
    EXPECT_EQ(quoted("srs-1"), "\"srs-1\"");
    EXPECT_EQ(shown("a\n\x1b\xff"), "a???");
    EXPECT_EQ(shown(std::string(81, 'a')), std::string(80, 'a') + "...");
}

} // namespace
} // namespace srsproxy
