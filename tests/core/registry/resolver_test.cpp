#include "core/registry/resolver.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace srsproxy {
namespace {

TEST(Resolver, TakesNumericAddressesAsTheyAre) {
    SystemResolver resolver;
    for (const char* address : {"10.0.0.1", "::1", "2001:db8::1"}) {
        const auto found = resolver.resolve(address);
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, std::vector<std::string>{address});
    }
}

TEST(Resolver, PutsIpv4First) {
    SystemResolver resolver;
    const auto found = resolver.resolve("localhost");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->front(), "127.0.0.1");
}

TEST(Resolver, SaysWhichNameDoesNotResolve) {
    SystemResolver resolver;
    // No name: refused by the system's resolver without a question to the network.
    const auto found = resolver.resolve("a b");
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("\"a b\" does not resolve: "), std::string::npos);
    EXPECT_TRUE(found.error().retryable);
}

} // namespace
} // namespace srsproxy
