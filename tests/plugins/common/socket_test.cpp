#include "plugins/common/socket.h"

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

} // namespace
} // namespace srsproxy
