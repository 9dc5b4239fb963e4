#include "core/config/cidr.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(Cidr, MatchesAddresses) {
    const struct {
        const char* network;
        const char* address;
        bool inside;
    } rows[] = {
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.7/8", "10.1.1.1", true}, // bits beyond the prefix are ignored
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"192.168.1.7", "192.168.1.7", true},
        {"192.168.1.7", "192.168.1.8", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "8.8.8.8", false},
        {"::/0", "2001:db8::1", true},
        {"::1/128", "::1", true},
        {"::1", "::2", false},
        {"fd00::/8", "fdff:1::2", true},
        {"fe80::/10", "fe80::1%eth0", true},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
        {"::ffff:10.0.0.0/104", "10.9.8.7", true},
        {"10.0.0.0/8", "", false},
        {"10.0.0.0/8", "10.0.0", false},
        {"10.0.0.0/8", "10.0.0.1/32", false},
        {"10.0.0.0/8", "host", false},
    };
    for (const auto& row : rows) {
        const auto network = Cidr::parse(row.network);
        ASSERT_TRUE(network) << row.network;
        EXPECT_EQ(network->contains(row.address), row.inside) << row.network << ' ' << row.address;
    }
}

TEST(Cidr, RefusesWhatIsNoNetwork) {
    for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1",
                             "10.0.0.0/8x", "10.0.0/8", "host/8", "[::1]/128", "10.0.0.0/8/8"}) {
        const auto network = Cidr::parse(text);
        ASSERT_FALSE(network) << text;
        EXPECT_NE(network.error().message.find("wanted such as 10.0.0.0/8"), std::string::npos);
    }
    EXPECT_FALSE(Cidr::parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST(Cidr, ListsContainAddressesAndLists) {
    const auto list = CidrList::parse({"10.0.0.0/8", "::1"});
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->contains("10.1.2.3"));
    EXPECT_TRUE(list->contains("::1"));
    EXPECT_FALSE(list->contains("127.0.0.1"));
    EXPECT_FALSE(CidrList{}.contains("10.1.2.3"));

    EXPECT_TRUE(list->contains(*CidrList::parse({"10.1.0.0/16"})));
    EXPECT_FALSE(list->contains(*CidrList::parse({"10.1.0.0/16", "::/0"})));
    EXPECT_FALSE(list->contains(*CidrList::parse({"0.0.0.0/0"})));
    EXPECT_FALSE(CidrList::parse({"10.0.0.0/8", "x"}));
}

} // namespace
} // namespace srsproxy
