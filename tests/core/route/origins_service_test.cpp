#include "core/route/origins_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "route_fixture.h"

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `id kind scheme://address:port way usable`
class Lines final : public IOriginVisitor {
public:
    void visit(const OriginInfo* origin) noexcept override {
        EXPECT_EQ(origin->structSize, sizeof(OriginInfo));
        generations.push_back(origin->generation);
        lines.push_back(std::string(view(origin->id)) + ' ' + std::string(view(origin->kind)) +
                        ' ' + std::string(view(origin->scheme)) + "://" +
                        std::string(view(origin->address)) + ':' + std::to_string(origin->port) +
                        ' ' + std::string(view(origin->clientAddress)) + ' ' +
                        std::to_string(origin->usable));
    }
    std::vector<std::string> lines;
    std::vector<uint64_t> generations;
};

class OriginsServiceTest : public testing::Test {
protected:
    std::vector<std::string> list(std::string_view wanted) {
        Lines visitor;
        service.list(str(wanted), &visitor);
        return visitor.lines;
    }

    RouteWorld world;
    OriginsService service{world.registry};
};

TEST_F(OriginsServiceTest, ShowsEveryAddressOfAService) {
    Registration registration;
    registration.server = "media";
    registration.ip = "media.example.com";
    registration.kind = "nginx-rtmp";
    registration.clientAddress = "proxy_v1";
    registration.services = {{"rtmp", {{"", "", 1935}, {"tls", "2001:db8::9", 1936}}},
                             {"srt", {{"", "", 10080}}}};
    world.resolver.hosts = {{"media.example.com", {"10.0.0.8", "10.0.0.9"}}};
    world.enroll(registration);
    world.add("o1", {"http"});
    const std::string id = "media@media.example.com nginx-rtmp ";
    EXPECT_THAT(list("rtmp"), ElementsAre(id + "tcp://10.0.0.8:1935 proxy_v1 1",
                                          id + "tcp://10.0.0.9:1935 proxy_v1 1",
                                          id + "tls://2001:db8::9:1936 proxy_v1 1"));
    EXPECT_THAT(list("srt"), ElementsAre(id + "udp://10.0.0.8:10080 proxy_v1 1",
                                         id + "udp://10.0.0.9:10080 proxy_v1 1"));
    EXPECT_THAT(list("http"), ElementsAre("o1@10.0.0.1 generic tcp://10.0.0.1:1000  1"));
    EXPECT_THAT(list("rtc"), IsEmpty());
    EXPECT_THAT(list(""), IsEmpty());
    service.list(str("rtmp"), nullptr); // a plugin's mistake
}

TEST_F(OriginsServiceTest, SaysWhoMayGetNewStreams) {
    const std::string a = world.add("o1", {"rtmp"});
    const std::string b = world.add("o2", {"rtmp"});
    world.add("o3", {"rtmp"});
    Registration nameless;
    nameless.server = "o4";
    nameless.ip = "o4.example.com";
    nameless.services = {{"rtmp", {{"", "", 1935}}}};
    world.enroll(nameless);
    world.registry.setDraining(a, true);
    world.registry.report(b, OutcomeConnectRefused, "");
    EXPECT_THAT(list("rtmp"), ElementsAre("o1@10.0.0.1 generic tcp://10.0.0.1:1000  0",
                                          "o2@10.0.0.2 generic tcp://10.0.0.2:1000  0",
                                          "o3@10.0.0.3 generic tcp://10.0.0.3:1000  1",
                                          "o4@o4.example.com generic tcp://:1935  0"));
}

TEST_F(OriginsServiceTest, VersionTellsOfEveryChange) {
    uint64_t version = service.version();
    const auto changed = [&] { return std::exchange(version, service.version()) != version; };
    const std::string a = world.add("o1", {"rtmp"});
    EXPECT_TRUE(changed());
    EXPECT_FALSE(changed());
    world.registry.setDraining(a, true);
    EXPECT_TRUE(changed());
    world.add("o1", {"rtmp"}, 0, "2"); // a restart
    EXPECT_TRUE(changed());
    Lines visitor;
    service.list(str("rtmp"), &visitor);
    EXPECT_THAT(visitor.generations, ElementsAre(2u));
    world.registry.report(a, OutcomeConnectRefused, "");
    EXPECT_TRUE(changed());
    world.registry.remove(a, "test");
    EXPECT_TRUE(changed());
}

} // namespace
} // namespace srsproxy
