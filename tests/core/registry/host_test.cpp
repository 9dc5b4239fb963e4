#include "core/registry/host.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace srsproxy {
namespace {

TEST(Host, HasOneSpelling) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"10.0.0.1", "10.0.0.1"},
        {"::1", "::1"},
        {"[::1]", "::1"},
        {"2001:0DB8::0001", "2001:db8::1"},
        {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
        {"LocalHost", "localhost"},
        {"a-b_c.Example.com.", "a-b_c.example.com."},
        {"1host", "1host"},
        {"3com.com", "3com.com"},
        {std::string(63, 'a'), std::string(63, 'a')},
    };
    for (const auto& [text, wanted] : rows) {
        const Result<std::string> host = canonicalHost(text);
        ASSERT_TRUE(host) << host.error().message;
        EXPECT_EQ(*host, wanted);
        EXPECT_EQ(*canonicalHost(*host), wanted) << "twice is once";
    }
}

TEST(Host, RefusesWhatIsNone) {
    const std::string longName = std::string(60, 'a') + '.' + std::string(60, 'a') + '.' +
                                 std::string(60, 'a') + '.' + std::string(60, 'a') + '.' +
                                 std::string(60, 'a');
    for (const std::string& text : std::vector<std::string>{"",
                                                            ".",
                                                            "..",
                                                            "a b",
                                                            "a/b",
                                                            "a.-b",
                                                            "a-",
                                                            "*",
                                                            "1.2.3",
                                                            "01.2.3.4",
                                                            "1.2.3.4.5",
                                                            "300.1.1.1",
                                                            "12345",
                                                            "fe80::1%eth0",
                                                            "[::1",
                                                            "::1]",
                                                            "[]",
                                                            "[[::1]]",
                                                            ":::",
                                                            "1:2",
                                                            "m\xc3\xbcnchen",
                                                            longName,
                                                            std::string(64, 'a'),
                                                            std::string("\0", 1)}) {
        EXPECT_FALSE(canonicalHost(text)) << text;
    }
}

TEST(Host, KnowsNumericOnesAndThoseThatNameNoMachine) {
    EXPECT_TRUE(isNumericHost("10.0.0.1"));
    EXPECT_TRUE(isNumericHost("::1"));
    EXPECT_FALSE(isNumericHost("localhost"));
    for (const char* text : {"0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"}) {
        EXPECT_TRUE(isAnyHost(*canonicalHost(text))) << text;
    }
    EXPECT_FALSE(isAnyHost("127.0.0.1"));
    EXPECT_FALSE(isAnyHost("::1"));
}

} // namespace
} // namespace srsproxy
