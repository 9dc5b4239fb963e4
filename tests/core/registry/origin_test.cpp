#include "core/registry/origin.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(Origin, IsUsableOnlyWhenNothingSpeaksAgainstIt) {
    Origin origin;
    EXPECT_FALSE(origin.usable());
    origin.addresses = {"10.0.0.1"};
    EXPECT_TRUE(origin.usable());
    origin.draining = true;
    EXPECT_FALSE(origin.usable());
    origin.draining = false;
    origin.ejected = true;
    EXPECT_FALSE(origin.usable());
}

TEST(Origin, OffersItsServices) {
    Origin origin;
    origin.registration.services = {{"srt", {{"udp", "", 10080}}}};
    EXPECT_TRUE(origin.offers("srt"));
    EXPECT_FALSE(origin.offers("rtmp"));
}

TEST(Origin, HasASourceWithAName) {
    EXPECT_EQ(sourceName(OriginSource::Heartbeat), "heartbeat");
    EXPECT_EQ(sourceName(OriginSource::Static), "static");
    EXPECT_EQ(sourceName(OriginSource::DefaultBackend), "default_backend");
}

TEST(OriginTable, FindsById) {
    OriginTable table;
    EXPECT_EQ(table.find("a"), nullptr);
    for (const char* id : {"a@1", "b@1", "c@1"}) {
        auto origin = std::make_shared<Origin>();
        origin->id = id;
        table.origins.push_back(origin);
    }
    for (const auto& origin : table.origins) {
        EXPECT_EQ(table.find(origin->id), origin);
    }
    EXPECT_EQ(table.find(""), nullptr);
    EXPECT_EQ(table.find("b"), nullptr);
    EXPECT_EQ(table.find("d@1"), nullptr);
}

} // namespace
} // namespace srsproxy
