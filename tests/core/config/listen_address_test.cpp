#include "core/config/listen_address.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(ListenAddress, ReadsEveryForm) {
    const struct {
        const char* text;
        const char* host;
        uint16_t port;
        const char* canonical;
    } rows[] = {
        {"1935", "", 1935, ":1935"},
        {":1935", "", 1935, ":1935"},
        {"0", "", 0, ":0"},
        {"65535", "", 65535, ":65535"},
        {"127.0.0.1:1935", "127.0.0.1", 1935, "127.0.0.1:1935"},
        {"0.0.0.0:1935", "0.0.0.0", 1935, "0.0.0.0:1935"},
        {"localhost:80", "127.0.0.1", 80, "127.0.0.1:80"},
        {"[::1]:1935", "::1", 1935, "[::1]:1935"},
        {"[::]:0", "::", 0, "[::]:0"},
    };
    for (const auto& row : rows) {
        const auto address = parseListenAddress(row.text);
        ASSERT_TRUE(address) << row.text;
        EXPECT_EQ(*address, (ListenAddress{row.host, row.port})) << row.text;
        EXPECT_EQ(toString(*address), row.canonical);
        EXPECT_EQ(*parseListenAddress(row.canonical), *address);
    }
}

TEST(ListenAddress, RefusesEverythingElse) {
    for (const char* text :
         {"", ":", "-1", "+1", "65536", "99999999999", "1935x", " 1935", "127.0.0.1",
          "127.0.0.1:", "::1:1935", "[::1]", "[::1]1935", "[]:1935", "[127.0.0.1]:1935",
          "example.org:1935", "tcp://:1935", "1.2.3:1935", "*:1935"}) {
        const auto address = parseListenAddress(text);
        ASSERT_FALSE(address) << text;
        EXPECT_NE(address.error().message.find("127.0.0.1:1935"), std::string::npos) << text;
    }
    EXPECT_FALSE(parseListenAddress(std::string_view("127.0.0.1\0x:80", 14)));
}

TEST(ListenAddress, KnowsLoopback) {
    EXPECT_TRUE(isLoopback({"127.0.0.1", 1}));
    EXPECT_TRUE(isLoopback({"::1", 1}));
    EXPECT_FALSE(isLoopback({"", 1}));
    EXPECT_FALSE(isLoopback({"0.0.0.0", 1}));
    EXPECT_FALSE(isLoopback({"10.0.0.1", 1}));
}

} // namespace
} // namespace srsproxy
