#include "plugins/common/network.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(Network, ContainsAnAddressByItsPrefix) {
    const struct {
        const char* network;
        const char* address;
        bool contained;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.9.9.9/8", "10.0.0.1", true}, // bits beyond the prefix are ignored
        {"192.168.1.7", "192.168.1.7", true},
        {"192.168.1.7", "192.168.1.6", false},
        {"192.168.1.128/25", "192.168.1.200", true},
        {"192.168.1.128/25", "192.168.1.127", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::/0", "2001:db8::1", true},
        // IPv4 in IPv6 clothes is IPv4, on both sides.
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::/0", "::ffff:10.1.2.3", false},
        {"::/0", "10.1.2.3", false},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "11.1.2.3", false},
        {"::ffff:10.0.0.7", "10.0.0.7", true},
        {"::ffff:0.0.0.0/96", "200.1.2.3", true},
    };
    for (const auto& row : rows) {
        NetworkList list;
        ASSERT_EQ(list.add(row.network), "") << row.network;
        EXPECT_EQ(list.contains(socketAddress(row.address, 1935)), row.contained)
            << row.network << " " << row.address;
    }
}

TEST(Network, ListIsTheUnionOfItsNetworks) {
    NetworkList list;
    EXPECT_TRUE(list.empty());
    EXPECT_FALSE(list.contains(socketAddress("127.0.0.1", 1)));
    EXPECT_EQ(list.add("127.0.0.0/8"), "");
    EXPECT_EQ(list.add("::1"), "");
    EXPECT_FALSE(list.empty());
    EXPECT_TRUE(list.contains(socketAddress("127.0.0.1", 1)));
    EXPECT_TRUE(list.contains(socketAddress("::1", 1)));
    EXPECT_FALSE(list.contains(socketAddress("10.0.0.1", 1)));
    EXPECT_FALSE(list.contains(SocketAddress{}));
}

TEST(Network, RefusesWhatIsNoNetworkAndNamesIt) {
    for (const std::string text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8",
          "10.0.0/8", "::/129", "[::1]", "localhost", "10.0.0.1:80", "::ffff:10.0.0.0/95"}) {
        NetworkList list;
        const std::string error = list.add(text);
        EXPECT_NE(error.find('"' + text + '"'), std::string::npos) << error;
        EXPECT_NE(error.find("10.0.0.0/8"), std::string::npos) << error;
        EXPECT_TRUE(list.empty());
    }
    NetworkList list;
    EXPECT_NE(list.add(std::string("10.0.0.1\0", 9)), "");
}

TEST(Network, UnmapsIpv4AddressesOnly) {
    EXPECT_EQ(unmapped(socketAddress("::ffff:1.2.3.4", 80)), socketAddress("1.2.3.4", 80));
    for (const char* same : {"1.2.3.4", "::1", "::1.2.3.4", "2001:db8::1"}) {
        EXPECT_EQ(unmapped(socketAddress(same, 80)), socketAddress(same, 80)) << same;
    }
    EXPECT_EQ(unmapped(SocketAddress{}), SocketAddress{});
}

} // namespace
} // namespace srsproxy
