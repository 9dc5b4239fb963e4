#include "core/route/session_limits.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(SessionLimit, CountsEachNameApart) {
    SessionLimit limit(2);
    EXPECT_TRUE(limit.take("a"));
    EXPECT_TRUE(limit.take("a"));
    EXPECT_FALSE(limit.take("a"));
    EXPECT_TRUE(limit.take("b"));
    limit.give("a");
    EXPECT_TRUE(limit.take("a"));
    EXPECT_FALSE(limit.take("a"));
}

TEST(SessionLimit, RemembersOnlyNamesInUse) {
    SessionLimit limit(1);
    for (int i = 0; i < 1000; ++i) {
        const std::string name = std::to_string(i);
        ASSERT_TRUE(limit.take(name));
        limit.give(name);
    }
    EXPECT_EQ(limit.names(), 0u);
    limit.give("never taken");
    EXPECT_EQ(limit.names(), 0u);
}

TEST(SessionLimit, ZeroIsNoLimitAndKeepsNothing) {
    SessionLimit limit(0);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(limit.take("a"));
    }
    EXPECT_EQ(limit.names(), 0u);
    limit.give("a");
}

TEST(SessionLimit, ReadsTheAddressOfAClient) {
    EXPECT_EQ(addressOf("192.0.2.1:5000"), "192.0.2.1");
    EXPECT_EQ(addressOf("[2001:db8::1]:5000"), "[2001:db8::1]");
    EXPECT_EQ(addressOf(""), "");
}

} // namespace
} // namespace srsproxy
