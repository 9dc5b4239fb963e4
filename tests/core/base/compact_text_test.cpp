#include "core/base/compact_text.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(CompactText, IsOnePointerAndKeepsTheText) {
    EXPECT_EQ(sizeof(CompactText), sizeof(void*));
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100'000, 'y')}) {
        const CompactText kept(text);
        EXPECT_EQ(kept.view(), text);
        EXPECT_EQ(kept.empty(), text.empty());
    }
    EXPECT_TRUE(CompactText().empty());
}

TEST(CompactText, MovesAndIsReplaced) {
    CompactText text(std::string("first"));
    CompactText other = std::move(text);
    EXPECT_EQ(other.view(), "first");
    other = CompactText("second");
    EXPECT_EQ(other.view(), "second");
}

TEST(CompactText, IsAKeyThatViewsFind) {
    std::map<CompactText, int, CompactTextLess> map;
    for (const char* key : {"b", "", "a", "ab"}) {
        map.emplace(CompactText(key), 1);
    }
    std::string keys;
    for (const auto& [key, value] : map) {
        keys += std::string(key.view()) + ",";
    }
    EXPECT_EQ(keys, ",a,ab,b,");
    EXPECT_NE(map.find(std::string_view("ab")), map.end());
    EXPECT_EQ(map.upper_bound(std::string_view("aa"))->first.view(), "ab");
    EXPECT_EQ(map.find(std::string_view("c")), map.end());
}

} // namespace
} // namespace srsproxy
