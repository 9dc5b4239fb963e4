// Plugins of the first release, and of another compiler with another standard library, load and
// work in today's core.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/event/event_loop.h"
#include "core/plugin/conformance.h"
#include "core/plugin/default_config.h"
#include "core/route/balancer_host.h"
#include "core/route/origins_service.h"
#include "tests/abi/test_plugins.h"
#include "tests/core/route/session_fixture.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

class CompatibleBalancer : public testing::TestWithParam<const char*> {};

std::shared_ptr<const OriginTable> origins(std::initializer_list<const char*> ids) {
    auto table = std::make_shared<OriginTable>();
    for (const char* id : ids) {
        auto origin = std::make_shared<Origin>();
        origin->id = id;
        origin->registration.weight = 100 + static_cast<uint32_t>(table->origins.size());
        table->origins.push_back(origin);
    }
    return table;
}

TEST_P(CompatibleBalancer, PassesTheCheck) {
    std::ostringstream out;
    EXPECT_TRUE(runConformance(testPlugin(GetParam()), out)) << out.str();
    EXPECT_THAT(out.str(), HasSubstr("settings read: zone, start, refuse, share, window, memory, "
                                     "names, nested, nested.depth"));
}

TEST_P(CompatibleBalancer, PicksInTheProxy) {
    TestProxy proxy;
    Result<Plugin> plugin = proxy.start(GetParam(), PluginKindBalancer);
    ASSERT_TRUE(plugin) << plugin.error().message;
    DefaultConfig config;
    const Result<Owned<IBalancer>> balancer = plugin->makeBalancer(config);
    ASSERT_TRUE(balancer) << balancer.error().message;

    BalancerHost host(**balancer, plugin->name(), proxy.log);
    const PickInput stream{"vhost/live/x", "rtmp", "192.0.2.1:1"};
    host.update(origins({"a@10.0.0.1", "b@10.0.0.2", "c@10.0.0.3"}));
    EXPECT_EQ(host.pick(stream, {true, true, true}), 2) << "the heaviest";
    EXPECT_EQ(host.pick(stream, {true, true, false}), 1);
    host.opened("b@10.0.0.2");
    host.closed("b@10.0.0.2", OutcomeAccepted);
    host.update(origins({"c@10.0.0.3"}));
    EXPECT_EQ(host.pick(stream, {true}), 0);
    EXPECT_EQ(proxy.sink->entries().size(), 0u);
}

TEST_P(CompatibleBalancer, TurnsItsExceptionIntoAnError) {
    TestProxy proxy;
    Result<Plugin> plugin = proxy.start(GetParam(), PluginKindBalancer);
    ASSERT_TRUE(plugin) << plugin.error().message;
    DefaultConfig config;
    const Result<Owned<IBalancer>> balancer = plugin->makeBalancer(config);
    ASSERT_TRUE(balancer) << balancer.error().message;

    BalancerOrigin nameless{};
    nameless.structSize = sizeof nameless;
    const OriginSet set{sizeof(OriginSet), sizeof nameless, &nameless, 1};
    ErrorText errors;
    EXPECT_EQ((*balancer)->update(&set, &errors), StatusFailed);
    EXPECT_EQ(errors.text(), "an origin without an id");
}

INSTANTIATE_TEST_SUITE_P(All, CompatibleBalancer,
                         testing::Values("v1_0_balancer", "libcxx_static", "libcxx_shared"),
                         [](const auto& row) { return std::string(row.param); });

TEST(CompatibleProtocol, PassesTheCheck) {
    std::ostringstream out;
    EXPECT_TRUE(runConformance(testPlugin("v1_0_protocol"), out)) << out.str();
    EXPECT_THAT(out.str(), HasSubstr("settings read: delay"));
}

TEST(CompatibleProtocol, RunsOnALoop) {
    TestProxy proxy;
    Result<Plugin> plugin = proxy.start("v1_0_protocol", PluginKindProtocol);
    ASSERT_TRUE(plugin) << plugin.error().message;
    DefaultConfig config;
    const Result<Owned<IProtocol>> protocol = plugin->makeProtocol(config);
    ASSERT_TRUE(protocol) << protocol.error().message;
    ErrorText errors;
    EXPECT_EQ((*protocol)->open(0, &errors), StatusFailed);
    EXPECT_EQ(errors.text(), "there is no loop to listen on");
    ASSERT_EQ((*protocol)->open(1, &errors), StatusOk);

    LoopGroup loops(1, proxy.log);
    loops.start();
    ILoopPart* part = nullptr;
    loops.at(0).call([&] { part = (*protocol)->attach(&loops.at(0), &errors); });
    ASSERT_NE(part, nullptr);
    EXPECT_TRUE(proxy.sink->waitFor("no session")) << "timer, pipe, sessions, metrics and log";
    loops.at(0).call([&] {
        part->drain(250);
        part->destroy();
    });
    loops.stop();
    EXPECT_EQ(proxy.sink->count("[old_protocol]"), 2u);
    EXPECT_EQ(proxy.sink->count("250 ms of grace"), 1u);
}

/// A proxy with two origins, to which the plugin's sessions are real.
class Release11 : public testing::Test {
protected:
    Release11() : world_({}, 1) {
        enrol("o1", "10.0.0.1", "srs");
        enrol("o2", "10.0.0.2", "proxy_v2");
        proxy_.offered.sessions = world_.service;
    }
    void enrol(const std::string& server, const std::string& ip, const std::string& way) {
        Registration registration;
        registration.server = server;
        registration.ip = ip;
        registration.kind = "nginx-rtmp";
        registration.clientAddress = way;
        registration.services = {{"rtmp", {Endpoint{"", "", 1935}}}};
        world_.enroll(registration);
    }
    void runOnALoop() {
        Result<Plugin> plugin = proxy_.start("v1_1_protocol", PluginKindProtocol);
        ASSERT_TRUE(plugin) << plugin.error().message;
        DefaultConfig config;
        const Result<Owned<IProtocol>> protocol = plugin->makeProtocol(config);
        ASSERT_TRUE(protocol) << protocol.error().message;
        ErrorText errors;
        FakeLoop loop;
        ILoopPart* part = (*protocol)->attach(&loop, &errors);
        ASSERT_NE(part, nullptr) << errors.text();
        part->destroy();
    }

    SessionWorld world_;
    OriginsService origins_{world_.registry};
    TestProxy proxy_;
};

TEST_F(Release11, PassesTheCheck) {
    std::ostringstream out;
    EXPECT_TRUE(runConformance(testPlugin("v1_1_protocol"), out)) << out.str();
    EXPECT_THAT(out.str(), HasSubstr("ABI:      1.1"));
}

TEST_F(Release11, SeesTheOriginsAndSearchesAgain) {
    proxy_.offered.origins = &origins_;
    runOnALoop();
    for (const char* line :
         {"o1@10.0.0.1 is nginx-rtmp at tcp://10.0.0.1:1935, generation 1, told by srs, usable",
          "o2@10.0.0.2 is nginx-rtmp at tcp://10.0.0.2:1935, generation 1, told by proxy_v2, "
          "usable",
          "nothing changed", "to o1@10.0.0.1, which is told by srs",
          "to o2@10.0.0.2, which is told by proxy_v2"}) {
        EXPECT_EQ(proxy_.sink->count(line), 1u) << line;
    }
    EXPECT_EQ(world_.table.size(), 0u);
}

TEST_F(Release11, DoesWithoutTheOriginsInAnOlderProxy) {
    runOnALoop();
    EXPECT_EQ(proxy_.sink->count("this proxy does not tell its origins"), 1u);
}

} // namespace
} // namespace srsproxy
