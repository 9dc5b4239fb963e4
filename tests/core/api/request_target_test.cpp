#include "core/api/request_target.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(RequestTarget, DecodesPercentEscapes) {
    const std::pair<std::string, std::string> good[] = {
        {"", ""},           {"a+b", "a+b"},   {"%41%6a%6A", "Ajj"}, {"%00", std::string(1, '\0')},
        {"100%25", "100%"}, {"%2541", "%41"},
    };
    for (const auto& [text, decoded] : good) {
        EXPECT_EQ(percentDecoded(text).value(), decoded) << text;
    }
    for (const char* bad : {"%", "%4", "a%", "%zz", "%4g", "% 4", "%-1", "%+1"}) {
        EXPECT_FALSE(percentDecoded(bad)) << bad;
    }
}

TEST(RequestTarget, SplitsPathsBeforeItDecodesThem) {
    using Segments = std::vector<std::string>;
    EXPECT_EQ(pathSegments("/").value(), Segments());
    EXPECT_EQ(pathSegments("/a//b%2Fc/").value(), (Segments{"a", "b/c"}));
    EXPECT_EQ(pathSegments("/a/%2e%2e/b").value(), (Segments{"a", "..", "b"}));
    EXPECT_FALSE(pathSegments("/a/%zz"));
}

TEST(RequestTarget, FindsTheFirstArgumentOfAName) {
    const QueryArguments arguments = QueryArguments::parse("&a=1&b=x%26y&a=2&c&=e&d=p=q&&").value();
    EXPECT_EQ(*arguments.find("a"), "1");
    EXPECT_EQ(*arguments.find("b"), "x&y");
    EXPECT_EQ(*arguments.find("c"), "");
    EXPECT_EQ(*arguments.find("d"), "p=q");
    EXPECT_EQ(*arguments.find(""), "e");
    EXPECT_EQ(arguments.find("x"), nullptr);
    EXPECT_FALSE(QueryArguments::parse("a=%"));
    EXPECT_FALSE(QueryArguments::parse("%=a"));
}

} // namespace
} // namespace srsproxy
