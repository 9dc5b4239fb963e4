#include "core/registry/endpoint.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace srsproxy {
namespace {

struct Spelling {
    std::string text;
    Endpoint endpoint;
    std::string canonical;
};

TEST(Endpoint, ReadsEverySpelling) {
    const std::vector<Spelling> rows{
        {"1935", {"", "", 1935}, ":1935"},
        {":1935", {"", "", 1935}, ":1935"},
        {"1", {"", "", 1}, ":1"},
        {"65535", {"", "", 65535}, ":65535"},
        {"127.0.0.1:19350", {"", "127.0.0.1", 19350}, "127.0.0.1:19350"},
        {"0.0.0.0:1935", {"", "", 1935}, ":1935"},
        {"[::]:1935", {"", "", 1935}, ":1935"},
        {"[::ffff:0.0.0.0]:1935", {"", "", 1935}, ":1935"},
        {"[2001:DB8:0::1]:1935", {"", "2001:db8::1", 1935}, "[2001:db8::1]:1935"},
        {"[::1]:1935", {"", "::1", 1935}, "[::1]:1935"},
        {"Media-1.Example.COM:1935", {"", "media-1.example.com", 1935}, "media-1.example.com:1935"},
        {"srs_origin:1935", {"", "srs_origin", 1935}, "srs_origin:1935"},
        {"media.svc.cluster.local.:80",
         {"", "media.svc.cluster.local.", 80},
         "media.svc.cluster.local.:80"},
        {"tcp://:1935", {"tcp", "", 1935}, "tcp://:1935"},
        {"tcp://1935", {"tcp", "", 1935}, "tcp://:1935"},
        {"tcp://0.0.0.0:1935", {"tcp", "", 1935}, "tcp://:1935"},
        {"tcp://10.0.0.1:1935", {"tcp", "10.0.0.1", 1935}, "tcp://10.0.0.1:1935"},
        {"tcp://[::]:1935", {"tcp", "", 1935}, "tcp://:1935"},
        {"tcp://[::1]:1935", {"tcp", "::1", 1935}, "tcp://[::1]:1935"},
        {"tcp://media:1935", {"tcp", "media", 1935}, "tcp://media:1935"},
        {"tls://media:443", {"tls", "media", 443}, "tls://media:443"},
        {"TCP://Media:1935", {"tcp", "media", 1935}, "tcp://media:1935"},
        {"tlS:05", {"tls", "", 5}, "tls://:5"}, // found by fuzzing: was taken for a host
        {"tcp://tcp:1935", {"tcp", "tcp", 1935}, "tcp://tcp:1935"},
        {"udp://8000", {"udp", "", 8000}, "udp://:8000"},
        {"udp://0.0.0.0:8000", {"udp", "", 8000}, "udp://:8000"},
        {"tcp:10.0.0.1:1935", {"tcp", "10.0.0.1", 1935}, "tcp://10.0.0.1:1935"},
        {"udp:0.0.0.0:8000", {"udp", "", 8000}, "udp://:8000"},
        {"tcp:1935", {"tcp", "", 1935}, "tcp://:1935"},
        {"tcp::1935", {"tcp", "", 1935}, "tcp://:1935"},
    };
    for (const Spelling& row : rows) {
        const Result<Endpoint> endpoint = parseEndpoint(row.text);
        ASSERT_TRUE(endpoint) << row.text << ": " << endpoint.error().message;
        EXPECT_EQ(*endpoint, row.endpoint) << row.text;
        EXPECT_EQ(toString(*endpoint), row.canonical);
        EXPECT_EQ(*parseEndpoint(row.canonical), row.endpoint) << row.canonical;
    }
}

struct Bad {
    std::string text;
    std::string why; ///< part of the error
};

TEST(Endpoint, RefusesWhatIsNoneAndSaysWhy) {
    const std::string port = "the port is not a number of 1 to 65535";
    const std::vector<Bad> rows{
        {"", port},
        {":", port},
        {"0", port},
        {"65536", port},
        {"99999999999999999999", port},
        {"-1935", port},
        {"+1935", port},
        {"0x50", port},
        {"1935 ", port},
        {" 1935", port},
        {":1935 ", port},
        {"host: 1935", port},
        {"host", port},
        {"host:", port},
        {"tcp://host", port},
        {"tcp://", port},
        {"tcp:", port},
        {"tcp://host:1935/live", port},
        {"[::1]", port},
        {"[::1]1935", port},
        {" host:1935", "is no host"},
        {"ho st:1935", "is no host"},
        {"[]:1935", "is no host"},
        {"[10.0.0.1]:1935", "is no host"},
        {"[::1%eth0]:1935", "is no host"},
        {"[host]:1935", "is no host"},
        {"10.0.0.256:1935", "is no host"},
        {"10.0.0:1935", "is no host"},
        {"-host:1935", "is no host"},
        {"a..b:1935", "is no host"},
        {"user@host:1935", "is no host"},
        {"tcp://a/b:1935", "is no host"},
        {std::string("ho\0st:1935", 10), "is no host"},
        {std::string(64, 'a') + ":1935", "is no host"},
        {"::1:1935", "an IPv6 address needs brackets"},
        {"tcp://2001:db8::1:1935", "an IPv6 address needs brackets"},
        {"http://host:1935", "the scheme is none of tcp, udp, tls"},
        {"://:1935", "the scheme is none of tcp, udp, tls"},
        {std::string(301, '1'), "longer than 300 bytes"},
    };
    for (const Bad& row : rows) {
        const Result<Endpoint> endpoint = parseEndpoint(row.text);
        ASSERT_FALSE(endpoint) << row.text;
        EXPECT_NE(endpoint.error().message.find(row.why), std::string::npos)
            << endpoint.error().message;
        EXPECT_NE(endpoint.error().message.find("wanted PORT"), std::string::npos);
    }
}

TEST(Endpoint, ErrorShowsNoControlCharacterAndNoEndlessText) {
    const Result<Endpoint> endpoint = parseEndpoint("\n\x1b[31m" + std::string(10000, 'x'));
    ASSERT_FALSE(endpoint);
    EXPECT_EQ(endpoint.error().message.find('\n'), std::string::npos);
    EXPECT_EQ(endpoint.error().message.find('\x1b'), std::string::npos);
    EXPECT_LT(endpoint.error().message.size(), 400u);
}

} // namespace
} // namespace srsproxy
