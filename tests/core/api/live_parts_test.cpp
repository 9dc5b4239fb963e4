#include "core/api/live_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/system_api.h"
#include "raw_client.h"
#include "tests/core/route/session_fixture.h"

namespace srsproxy {
namespace {

/// The system API over a real registry, router and session table.
class LivePartsTest : public testing::Test {
protected:
    LivePartsTest() {
        SystemApiSettings settings;
        settings.listen = {"127.0.0.1:0"};
        const ProductInfo product{"1.2.3", "4711"};
        api_ = SystemApi::create(settings, {origins_, streams_, sessions_, world_.clock, {}},
                                 product, world_.log)
                   .value();
        server_ =
            HttpServer::open(serverOptions(settings, product).value(), *api_, world_.log).value();
        server_->start();
    }
    RawReply request(const std::string& method, const std::string& target) {
        return call(server_->port(), method, target);
    }
    RawReply enroll(const std::string& service) {
        return call(server_->port(), "POST", "/api/v1/srs/register",
                    {"Content-Type: application/json"},
                    R"({"ip":"10.0.0.9","server":"nine","pid":"1","rtmp":["1935"],"service":")" +
                        service + "\"}");
    }

    SessionWorld world_;
    LiveOrigins origins_{world_.registry};
    LiveStreams streams_{world_.router};
    LiveSessions sessions_{world_.table};
    std::unique_ptr<SystemApi> api_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(LivePartsTest, SteersTheRegistry) {
    EXPECT_EQ(enroll("a").status, 200);
    const auto origin = world_.registry.table()->find("nine@10.0.0.9");
    ASSERT_NE(origin, nullptr);
    EXPECT_EQ(origin->source, OriginSource::Heartbeat);
    EXPECT_EQ(request("GET", "/api/v1/origins/nine@10.0.0.9").json("origin.state"), "alive");
    EXPECT_EQ(request("POST", "/api/v1/origins/nine@10.0.0.9/drain").status, 200);
    EXPECT_EQ(request("GET", "/api/v1/origins/nine@10.0.0.9").json("origin.state"), "draining");
    EXPECT_EQ(enroll("b").status, 200); // a restart: still draining
    EXPECT_EQ(request("GET", "/api/v1/origins/nine@10.0.0.9").json("origin.state"), "draining");
    EXPECT_EQ(request("GET", "/api/v1/origins/nine@10.0.0.9").json("origin.generation"), "2");
    EXPECT_EQ(request("DELETE", "/api/v1/origins/nine@10.0.0.9/drain").status, 200);
    EXPECT_EQ(request("DELETE", "/api/v1/origins/nine@10.0.0.9").status, 200);
    EXPECT_EQ(world_.registry.table()->find("nine@10.0.0.9"), nullptr);
}

TEST_F(LivePartsTest, DoesNotLetAHeartbeatChangeAConfiguredOrigin) {
    world_.add("nine9", {"rtmp"});
    const RawReply reply =
        call(server_->port(), "POST", "/api/v1/srs/register", {"Content-Type: application/json"},
             R"({"ip":"10.0.0.9","server":"nine9","pid":"1","rtmp":["9"],"service":"s"})");
    EXPECT_EQ(reply.status, 409);
    EXPECT_THAT(reply.json("error"), testing::HasSubstr("set in the configuration"));
}

TEST_F(LivePartsTest, ShowsAndEndsSessions) {
    const std::string origin = world_.add("o1", {"rtmp"});
    FakeLoop loop;
    FakeOwner owner;
    ISession* session = world_.open(loop, owner);
    ASSERT_EQ(world_.identify(*session, "rtmp://media.example/live/demo", RolePublish), StatusOk);
    world_.route(*session, owner);
    ASSERT_EQ(owner.originId, origin);
    session->report(OutcomeAccepted, str(""));

    const RawReply streams = request("GET", "/api/v1/streams");
    EXPECT_EQ(streams.json("total"), "1");
    EXPECT_EQ(streams.json("streams[0].stream"), "media.example/live/demo");
    EXPECT_EQ(streams.json("streams[0].origin"), origin);
    EXPECT_EQ(streams.json("streams[0].publishers"), "1");
    const RawReply explained = request("GET", "/api/v1/explain?url=rtmp://media.example/live/demo");
    EXPECT_EQ(explained.json("pinned_to"), origin);
    EXPECT_EQ(explained.json("would_pick"), origin);
    EXPECT_EQ(explained.json("candidates[0].eligible"), "true");

    const std::string id = std::to_string(session->id());
    const RawReply sessions = request("GET", "/api/v1/sessions");
    EXPECT_EQ(sessions.json("total"), "1");
    EXPECT_EQ(sessions.json("sessions[0].id"), id);
    EXPECT_EQ(sessions.json("sessions[0].role"), "publish");
    EXPECT_EQ(request("GET", "/api/v1/sessions?after=" + id).json("sessions[0]"), "(none)");
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/" + id).status, 200);
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/" + id + "0").status, 404);
    server_->stop();
    loop.run();
    ASSERT_EQ(owner.kicks.size(), 1u);
    EXPECT_EQ(owner.kicks[0].first, CauseKicked);
    session->close(CauseKicked, SideProxy, str(""));
}

} // namespace
} // namespace srsproxy
