#include "plugins/common/client_address.h"

#include <gtest/gtest.h>

#include <string>

namespace srsproxy {
namespace {

TEST(ClientAddress, ReadsTheNamesOfTheWays) {
    EXPECT_EQ(parseClientAddressWay("none"), ClientAddressWay::None);
    EXPECT_EQ(parseClientAddressWay("srs"), ClientAddressWay::SrsHeader);
    EXPECT_EQ(parseClientAddressWay("proxy_v1"), ClientAddressWay::ProxyV1);
    EXPECT_EQ(parseClientAddressWay("proxy_v2"), ClientAddressWay::ProxyV2);
    for (const char* text : {"", "None", "proxy", "proxy_v3", "srs "}) {
        EXPECT_FALSE(parseClientAddressWay(text)) << text;
    }
}

TEST(ClientAddress, WritesWhatEachWaySays) {
    const std::string mapped = "::ffff:1.2.3.4";
    const std::string srs("\xF3\x00\x04\x01\x02\x03\x04", 7);
    const struct {
        ClientAddressWay way;
        std::string client;
        std::string header;
    } rows[] = {
        {ClientAddressWay::None, "1.2.3.4", ""},
        {ClientAddressWay::None, "2001:db8::1", ""},
        {ClientAddressWay::SrsHeader, "1.2.3.4", srs},
        {ClientAddressWay::SrsHeader, mapped, srs},
        {ClientAddressWay::SrsHeader, "2001:db8::1", ""},
        {ClientAddressWay::SrsHeader, "", ""},
        {ClientAddressWay::ProxyV1, "1.2.3.4", "PROXY TCP4 1.2.3.4 10.0.0.9 5 1935\r\n"},
        {ClientAddressWay::ProxyV1, mapped, "PROXY TCP4 1.2.3.4 10.0.0.9 5 1935\r\n"},
        {ClientAddressWay::ProxyV2, "1.2.3.4",
         std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\x01\x02\x03\x04\x0A\0\0\x09\0\x05\x07\x8F",
                     28)},
    };
    for (const auto& row : rows) {
        std::vector<uint8_t> out{'x'}; // it appends
        appendClientAddress(row.way, socketAddress(row.client, 5), socketAddress("10.0.0.9", 1935),
                            out);
        EXPECT_EQ(std::string(out.begin(), out.end()), "x" + row.header) << row.client;
    }
}

} // namespace
} // namespace srsproxy
