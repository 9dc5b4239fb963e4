#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/registry/registration.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

StaticOriginSettings settings() {
    StaticOriginSettings origin;
    origin.name = "media-1";
    origin.ip = "Media.Example.com";
    origin.kind = "nginx-rtmp";
    origin.zone = "eu";
    origin.clientAddress = "proxy_v2";
    origin.weight = 200;
    origin.maxSessions = 50;
    origin.rtmp = {"1935", "tcp://:1936"};
    origin.srt = {"udp://10080"};
    return origin;
}

TEST(StaticOrigin, BecomesARegistration) {
    const Result<Registration> made = registrationOf(settings());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->originId(), "media-1@media.example.com");
    EXPECT_EQ(made->kind, "nginx-rtmp");
    EXPECT_EQ(made->zone, "eu");
    EXPECT_EQ(made->clientAddress, "proxy_v2");
    EXPECT_EQ(made->weight, 200u);
    EXPECT_EQ(made->maxSessions, 50u);
    ASSERT_NE(made->endpoints("rtmp"), nullptr);
    EXPECT_EQ(made->endpoints("rtmp")->size(), 2u);
    ASSERT_NE(made->endpoints("srt"), nullptr);
    EXPECT_EQ(made->endpoints("http"), nullptr);
    EXPECT_EQ(*made, *registrationOf(settings())) << "no restart when it is enrolled again";
}

TEST(StaticOrigin, ErrorNamesOriginAndField) {
    struct Row {
        void (*spoil)(StaticOriginSettings&);
        const char* message;
    };
    const Row rows[] = {
        {[](auto& o) { o.name.clear(); }, "origins, \"\": name: empty"},
        {[](auto& o) { o.ip.clear(); }, "origins, \"media-1\": ip: empty"},
        {[](auto& o) { o.ip = "a b"; }, "ip: \"a b\" is no host"},
        {[](auto& o) { o.rtmp = {"x"}; }, "origins, \"media-1\": rtmp: endpoint \"x\""},
        {[](auto& o) { o.weight = 0; }, "weight: 0"},
        {[](auto& o) { o.weight = 1001; }, "weight: 1001"},
        {[](auto& o) { o.kind = "Nginx RTMP"; }, "kind: "},
        {[](auto& o) { o.clientAddress = "proxy"; }, "client_address: \"proxy\""},
        {[](auto& o) { o.rtmp.clear(), o.srt.clear(); }, "offers no service"},
    };
    for (const Row& row : rows) {
        StaticOriginSettings origin = settings();
        row.spoil(origin);
        const Result<Registration> made = registrationOf(origin);
        ASSERT_FALSE(made) << row.message;
        EXPECT_THAT(made.error().message, HasSubstr(row.message));
    }
}

} // namespace
} // namespace srsproxy
