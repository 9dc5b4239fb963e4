#include "core/config/nearest_name.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(NearestName, FindsTheNameMeant) {
    const std::vector<std::string> names{"listen", "max_attempts", "max_pins", "pin_idle_ttl"};
    const struct {
        const char* name;
        const char* nearest;
    } rows[] = {
        {"max_attemps", "max_attempts"}, // a letter left out
        {"max_attemptss", "max_attempts"},
        {"max-attempts", "max_attempts"},
        {"lsiten", "listen"}, // two letters swapped
        {"max_pin", "max_pins"},
        {"pin_ttl", ""},
        {"x", ""},
        {"", ""},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(nearestName(row.name, names), row.nearest) << row.name;
    }
}

TEST(NearestName, PassesOverLongNames) {
    const std::string longName(100'000, 'a');
    EXPECT_EQ(nearestName(longName, {longName}), "");
    EXPECT_EQ(nearestName("listen", {longName, "listen"}), "listen");
}

} // namespace
} // namespace srsproxy
