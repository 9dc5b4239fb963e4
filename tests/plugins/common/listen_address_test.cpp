#include "plugins/common/listen_address.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(ListenAddress, ReadsEveryForm) {
    const struct {
        const char* text;
        const char* host;
        uint16_t port;
        const char* shown;
    } rows[] = {
        {"1935", "", 1935, ":1935"},
        {":1935", "", 1935, ":1935"},
        {"0", "", 0, ":0"},
        {"127.0.0.1:80", "127.0.0.1", 80, "127.0.0.1:80"},
        {"[::1]:65535", "::1", 65535, "[::1]:65535"},
    };
    for (const auto& row : rows) {
        const auto address = parseListenAddress(row.text);
        ASSERT_TRUE(address) << row.text;
        EXPECT_EQ(address->host, row.host);
        EXPECT_EQ(address->port, row.port);
        EXPECT_EQ(toString(*address), row.shown);
    }
}

TEST(ListenAddress, RefusesWhatIsNoAddress) {
    for (const char* text : {"", ":", "x", "70000", "-1", "1935x", "host:1935", "::1:1935", "[::1]",
                             "[::1:80", "1.2.3:80", "1.2.3.4:", "127.0.0.1:80:90"}) {
        EXPECT_FALSE(parseListenAddress(text)) << text;
    }
}

} // namespace
} // namespace srsproxy
