// One session from open to close, as a protocol plugin lives it.

#include "core/route/session.h"

#include <gtest/gtest.h>

#include "session_fixture.h"
#include "srsproxy/protocol.h"

namespace srsproxy {
namespace {

constexpr auto Url = "rtmp://v.example.com/live/x?token=secret";

class SessionTest : public testing::Test {
protected:
    /// Opened and named, as a publisher.
    ISession* named(const std::string& url = Url, int32_t role = RolePublish) {
        ISession* session = world.open(loop, owner);
        EXPECT_EQ(world.identify(*session, url, role), StatusOk);
        return session;
    }
    int64_t metric(const std::string& name) const { return world.metrics.value(name); }

    SessionWorld world;
    FakeLoop loop;
    FakeOwner owner;
};

TEST_F(SessionTest, WritesOneAccessLineWithAllItsFacts) {
    const std::string a = world.add("o1", {"rtmp"});
    ISession* session = named();
    const uint64_t id = session->id();
    SessionWorld::route(*session, owner);
    session->report(OutcomeConnected, str(""));
    session->report(OutcomeAccepted, str(""));
    countBytes(&session->counters()->fromClient, 1000);
    countBytes(&session->counters()->toOrigin, 900);
    countBytes(&session->counters()->fromOrigin, 30);
    countBytes(&session->counters()->toClient, 20);
    world.clock.advance(Milliseconds(4321));
    session->close(CauseReset, SideClient, str("connection reset by peer"));

    const auto lines = world.accessLines();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].level, LogInfo);
    EXPECT_EQ(lines[0].session, id);
    const std::vector<std::pair<std::string, std::string>> fields{
        {"plugin", "fake_rtmp"},
        {"protocol", "rtmp"},
        {"role", "publish"},
        {"stream", "v.example.com/live/x"},
        {"client", "192.0.2.1:5000"},
        {"origin", a},
        {"attempts", "1"},
        {"duration_ms", "4321"},
        {"from_client", "1000"},
        {"to_client", "20"},
        {"from_origin", "30"},
        {"to_origin", "900"},
        {"cause", "reset"},
        {"side", "client"},
        {"detail", "connection reset by peer"}};
    EXPECT_EQ(lines[0].fields, fields);
    EXPECT_EQ(world.sink->count("secret"), 0u);
    EXPECT_EQ(world.table.size(), 0u);
}

TEST_F(SessionTest, NeverNamedAndRoutedHasItsLineToo) {
    ISession* session = world.open(loop, owner);
    session->close(CauseTimeout, SideClient, Str{});
    ASSERT_EQ(world.accessLines().size(), 1u);
    EXPECT_EQ(world.accessLines()[0].fields[3].second, "");
    EXPECT_EQ(world.accessLines()[0].fields[6].second, "0");
    EXPECT_EQ(world.accessLines()[0].fields[12].second, "timeout");
}

TEST_F(SessionTest, HealthChecksAreLoggedForDebuggingOnly) {
    world.open(loop, owner)->close(CauseNothingSent, SideClient, Str{});
    ASSERT_EQ(world.accessLines().size(), 1u);
    EXPECT_EQ(world.accessLines()[0].level, LogDebug);
}

TEST_F(SessionTest, CutsALongDetail) {
    const std::string detail(10'000, 'x');
    world.open(loop, owner)->close(CauseProtocolError, SideClient, str(detail));
    EXPECT_LT(world.accessLines()[0].line.size(), 1000u);
}

TEST_F(SessionTest, AnswersBeforeRouteReturns) {
    Registration registration;
    registration.server = "o";
    registration.ip = "2001:db8::1";
    registration.kind = "nginx-rtmp";
    registration.clientAddress = "proxy_v1";
    registration.services = {{"rtmp", {Endpoint{"", "", 1935}}}};
    const std::string id = world.enroll(registration);
    ISession* session = named();
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.answers, 1);
    EXPECT_EQ(owner.code, RouteFound);
    EXPECT_EQ(owner.originId, id);
    EXPECT_EQ(owner.originKind, "nginx-rtmp");
    EXPECT_EQ(owner.clientAddress, "proxy_v1");
    EXPECT_EQ(owner.scheme, "tcp");
    EXPECT_EQ(owner.address, "2001:db8::1");
    EXPECT_EQ(owner.port, 1935u);
    EXPECT_EQ(owner.attempt, 1u);
    EXPECT_EQ(owner.streamKey, "v.example.com/live/x");
    EXPECT_EQ(metric("route_total{protocol=rtmp,result=found}"), 1);
    session->close(CauseDone, SideClient, Str{});
}

TEST_F(SessionTest, SaysUdpForProtocolsThatRunOnIt) {
    world.add("o1", {"srt"});
    ISession* session = world.open(loop, owner, "192.0.2.1:5000", "srt");
    world.identify(*session, "srt://h/live/x", RolePlay);
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.scheme, "udp");
    session->close(CauseDone, SideClient, Str{});
}

TEST_F(SessionTest, TriesTheNextOriginAndBalancesTheBooks) {
    const std::string a = world.add("o1", {"rtmp"});
    const std::string b = world.add("o2", {"rtmp"});
    ISession* session = named();
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.originId, a);
    EXPECT_EQ(world.load(a).sessions, 1u);
    session->report(OutcomeConnectRefused, str("connection refused"));
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.originId, b);
    EXPECT_EQ(owner.attempt, 2u);
    EXPECT_EQ(world.load(a).sessions, 0u);
    EXPECT_EQ(world.load(b).sessions, 1u);
    session->report(OutcomeConnectTimeout, Str{});
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.code, RouteExhausted);
    EXPECT_EQ(owner.reason, "no server could be reached");
    EXPECT_EQ(owner.originId, "");
    session->close(CauseOriginFailed, SideOrigin, Str{});
    EXPECT_EQ(world.load(b).sessions, 0u);
    EXPECT_EQ(world.load(a).failures, 1u);
    EXPECT_EQ(world.load(b).failures, 1u);
    EXPECT_EQ(world.balancer.live[a] + world.balancer.live[b], 0);
    EXPECT_EQ(world.balancer.outcomes,
              (std::vector<int32_t>{OutcomeConnectRefused, OutcomeConnectTimeout}));
    EXPECT_EQ(world.router.pinCount(), 0u);
    EXPECT_EQ(world.accessLines()[0].fields[5].second, b);
    EXPECT_EQ(world.accessLines()[0].fields[6].second, "2");
}

TEST_F(SessionTest, AsksForAnotherOriginAlsoWithoutAReport) {
    const std::string a = world.add("o1", {"rtmp"});
    ISession* session = named();
    SessionWorld::route(*session, owner);
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.code, RouteExhausted);
    EXPECT_EQ(world.load(a).sessions, 0u);
    session->close(CauseOriginFailed, SideOrigin, Str{});
}

TEST_F(SessionTest, MayBeClosedInsideTheAnswer) {
    world.add("o1", {"rtmp"});
    ISession* session = named();
    owner.onRouted = [&] { session->close(CauseShutdown, SideProxy, Str{}); };
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.streamKey, "v.example.com/live/x");
    EXPECT_EQ(world.table.size(), 0u);
    EXPECT_EQ(world.accessLines().size(), 1u);
}

TEST_F(SessionTest, MayRouteAgainInsideTheAnswer) {
    world.add("o1", {"rtmp"});
    world.add("o2", {"rtmp"});
    ISession* session = named();
    owner.onRouted = [&] {
        if (owner.code == RouteFound) {
            session->report(OutcomeConnectRefused, Str{});
            SessionWorld::route(*session, owner);
        }
    };
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.answers, 3);
    EXPECT_EQ(owner.code, RouteExhausted);
    session->close(CauseOriginFailed, SideOrigin, Str{});
}

TEST_F(SessionTest, HonoursAHint) {
    world.add("o1", {"http"});
    const std::string b = world.add("o2", {"http"});
    ISession* session = world.open(loop, owner, "192.0.2.1:5000", "http");
    world.identify(*session, "http://h/live/x.m3u8", RolePlay);
    SessionWorld::route(*session, owner, b);
    EXPECT_EQ(owner.originId, b);
    session->close(CauseDone, SideClient, Str{});
}

TEST_F(SessionTest, RefusesToNameNonsense) {
    ISession* session = world.open(loop, owner);
    EXPECT_EQ(world.identify(*session, "rtmp://h/live/", RolePlay, &owner), StatusBadArgument);
    EXPECT_NE(owner.errors.find("names no stream"), std::string::npos);
    EXPECT_EQ(world.identify(*session, Url, 17, &owner), StatusBadArgument);
    EXPECT_EQ(world.identify(*session, "", RolePlay), StatusBadArgument); // nobody to tell why
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.code, RouteNoOrigin);
    session->route(nullptr, nullptr);
    session->report(OutcomeAccepted, Str{}); // of no origin
    session->close(CauseProtocolError, SideClient, Str{});
}

TEST_F(SessionTest, MayBeNamedAgainUntilItHasAnOrigin) {
    world.add("o1", {"rtmp"});
    ISession* session = named("rtmp://h/live/first", RolePlay);
    EXPECT_EQ(world.identify(*session, "rtmp://h/live/second", RolePublish), StatusOk);
    SessionWorld::route(*session, owner);
    EXPECT_EQ(owner.streamKey, "h/live/second");
    EXPECT_EQ(world.identify(*session, "rtmp://h/live/third", RolePlay, &owner), StatusBadArgument);
    session->close(CauseDone, SideClient, Str{});
}

TEST_F(SessionTest, CountsItsMetrics) {
    world.add("o1", {"rtmp"});
    ISession* session = named();
    EXPECT_EQ(metric("sessions_opened_total{protocol=rtmp}"), 1);
    EXPECT_EQ(metric("sessions{protocol=rtmp}"), 1);
    countBytes(&session->counters()->fromClient, 100);
    world.table.countBytes();
    EXPECT_EQ(metric("bytes_total{protocol=rtmp,direction=from_client}"), 100);
    countBytes(&session->counters()->fromClient, 11);
    countBytes(&session->counters()->toOrigin, 7);
    session->close(CauseIdle, SideOrigin, Str{});
    world.table.countBytes();
    EXPECT_EQ(metric("bytes_total{protocol=rtmp,direction=from_client}"), 111);
    EXPECT_EQ(metric("bytes_total{protocol=rtmp,direction=to_origin}"), 7);
    EXPECT_EQ(metric("sessions{protocol=rtmp}"), 0);
    EXPECT_EQ(metric("sessions_closed_total{protocol=rtmp,cause=idle,side=origin}"), 1);
    world.open(loop, owner)->close(99, -1, Str{});
    EXPECT_EQ(metric("sessions_closed_total{protocol=rtmp,cause=internal,side=proxy}"), 1);
    EXPECT_EQ(world.accessLines()[1].fields[12].second, "unknown");
}

TEST_F(SessionTest, IsSmall) {
#ifdef NDEBUG                         // its thread check takes place elsewhere
    EXPECT_LE(sizeof(Session), 192u); // a node of the table is 40 more: one block of 240
#else
    EXPECT_LE(sizeof(Session), 200u);
#endif
}

TEST(SessionWords, NameEveryValue) {
    EXPECT_EQ(causeName(CauseDone), "done");
    EXPECT_EQ(causeName(CauseOriginRefused), "origin_refused");
    EXPECT_EQ(causeName(CauseNothingSent), "nothing_sent");
    EXPECT_EQ(causeName(CauseNothingSent + 1), "unknown");
    EXPECT_EQ(causeName(-1), "unknown");
    EXPECT_EQ(sideName(SideProxy), "proxy");
    EXPECT_EQ(sideName(SideOrigin), "origin");
    EXPECT_EQ(sideName(3), "unknown");
    EXPECT_EQ(roleName(RolePublish), "publish");
    EXPECT_EQ(roleName(RolePlay), "play");
    EXPECT_EQ(roleName(RoleUnknown), "unknown");
}

} // namespace
} // namespace srsproxy
