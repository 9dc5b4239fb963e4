#include "plugins/common/socket.h"
#include "plugins/common/tcp_listener.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(SocketAddress, ShowsAddressesAsUrlsWriteThem) {
    EXPECT_EQ(toString(socketAddress("1.2.3.4", 80)), "1.2.3.4:80");
    EXPECT_EQ(toString(socketAddress("::1", 80)), "[::1]:80");
    EXPECT_EQ(toString(socketAddress("::ffff:1.2.3.4", 80)), "1.2.3.4:80");
    EXPECT_EQ(portOf(socketAddress("::1", 8080)), 8080);
}

TEST(SocketAddress, TakesNumericAddressesOnly) {
    for (const char* text : {"", "localhost", "1.2.3", "[::1]", "1.2.3.4.5"}) {
        EXPECT_EQ(socketAddress(text, 80).size, 0u) << text;
    }
}

TEST(Fd, ClosesOnceAndMoves) {
    Fd first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(first.valid());
    const int number = first.get();
    Fd second(std::move(first));
    EXPECT_FALSE(first.valid());
    EXPECT_EQ(second.get(), number);
    second.reset();
    EXPECT_FALSE(second.valid());
}

TEST(PackedAddress, GivesBackWhatItWasGiven) {
    for (const char* text :
         {"1.2.3.4", "255.255.255.255", "::1", "2001:db8::7", "::ffff:1.2.3.4"}) {
        const SocketAddress address = socketAddress(text, 1935);
        EXPECT_EQ(PackedAddress(address).unpack(), address) << text;
    }
    EXPECT_EQ(PackedAddress().unpack().size, 0u);
    EXPECT_EQ(PackedAddress(SocketAddress{}).unpack().size, 0u);
}

TEST(NumericHost, HasNeitherPortNorBrackets) {
    const struct {
        const char* address;
        const char* host;
    } rows[] = {{"1.2.3.4", "1.2.3.4"}, {"::1", "::1"}, {"::ffff:1.2.3.4", "1.2.3.4"}};
    for (const auto& row : rows) {
        EXPECT_EQ(numericHost(socketAddress(row.address, 80)), row.host);
    }
}

TEST(LocalAddress, IsThePeersPeer) {
    ListenerSockets listener = bindListeners({"127.0.0.1", 0}, 1);
    const Fd socket = startConnect(listener.address);
    ASSERT_TRUE(socket.valid());
    EXPECT_EQ(peerAddress(socket.get()), listener.address);
    EXPECT_EQ(numericHost(localAddress(socket.get())), "127.0.0.1");
    EXPECT_EQ(localAddress(-1).size, 0u);
}

} // namespace
} // namespace srsproxy
