/// Sessions before they have an origin: deadlines, refusals, and what clients may do wrong.

#include "tests/plugins/rtmp/session_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

Config withHandshakeTimeout() {
    Config config = testConfig();
    config.handshakeTimeoutUs = ShortUs;
    return config;
}

TEST(SessionClient, R17EndsAConnectionThatSaysNothing) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseNothingSent);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_EQ(client.end(), End::Fin);
}

TEST(SessionClient, R17EndsAConnectionThatSendsOneByte) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    client.send({RtmpVersion});
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseTimeout);
    EXPECT_EQ(seen.detail, "handshake not finished in time");
    EXPECT_EQ(seen.counters.fromClient, 1u);
    EXPECT_EQ(client.end(), End::Fin);
}

TEST(SessionClient, EndsAClientThatNamesNoStream) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    client.handshake();
    client.connect();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseTimeout);
    EXPECT_EQ(seen.detail, "no publish or play command in time");
}

TEST(SessionClient, PingsDoNotPutTheDeadlineOff) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    client.handshake();
    Bytes ping;
    client.writer.write(makeUserControl(UserEvent::PingRequest, 1), ping);
    while (client.trySend(ping)) {
        if (proxy.sessions.seen(0).closes > 0) {
            break;
        }
    }
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseTimeout);
}

TEST(SessionClient, TurnsAwayWhatTheCoreDoesNotTake) {
    Proxy proxy;
    proxy.sessions.refuseToOpen();
    Client client = proxy.connect();
    EXPECT_EQ(client.end(), End::Fin);
    EXPECT_EQ(proxy.sessions.opened(), 0u);
}

TEST(SessionClient, TellsWhyANameIsNoStream) {
    const struct {
        int32_t status;
        const char* ask;
        const char* code;
        int32_t cause;
    } rows[] = {
        {StatusBadArgument, "publish", "NetStream.Publish.BadName", CauseProtocolError},
        {StatusBadArgument, "play", "NetStream.Play.StreamNotFound", CauseProtocolError},
        {StatusLimit, "publish", "NetStream.Publish.BadName", CauseLimit},
    };
    for (const auto& row : rows) {
        Proxy proxy;
        proxy.sessions.refuseToIdentify(row.status, "the URL has no application");
        Client client = proxy.connect();
        client.askFor(row.ask, "x");
        EXPECT_EQ(client.told(),
                  std::pair(std::string(row.code), std::string("the URL has no application")));
        EXPECT_EQ(client.end(), End::Fin);
        client.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, row.cause);
        EXPECT_EQ(seen.routes, 0u);
    }
}

TEST(SessionClient, NoOriginIsAnErrorWithinASecond) {
    for (const char* ask : {"publish", "play"}) {
        Proxy proxy;
        Client client = proxy.connect();
        const auto begun = std::chrono::steady_clock::now();
        client.askFor(ask, "cam");
        const auto [code, description] = client.told();
        EXPECT_EQ(code, ask[1] == 'u' ? "NetStream.Publish.Rejected" : "NetStream.Play.Failed");
        EXPECT_EQ(description, "no server is available");
        EXPECT_EQ(client.end(), End::Fin) << "the proxy ends its side at once";
        EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
        client.leave();
        EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseNoOrigin);
    }
}

TEST(SessionClient, ClosesWithTheCauseOfTheRoutersAnswer) {
    const std::pair<int32_t, int32_t> rows[] = {{RouteNoOrigin, CauseNoOrigin},
                                                {RouteExhausted, CauseOriginFailed},
                                                {RouteLimit, CauseLimit}};
    for (const auto& [code, cause] : rows) {
        Proxy proxy;
        proxy.sessions.script("cam", {Route::none(code, "sorry")});
        Client client = proxy.connect();
        client.askFor("play", "cam");
        EXPECT_EQ(client.told().second, "sorry");
        client.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, cause);
        EXPECT_EQ(seen.side, SideProxy);
    }
}

TEST(SessionClient, ALateAnswerOfTheRouterIsTaken) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    proxy.onLoop([&] { proxy.sessions.answerLater(0, Route::to(scene.listener.port())); });
    OriginPeer origin = scene.listener.accept(Stage::Running);
    EXPECT_EQ(scene.client.told().first, "NetStream.Publish.Start");
    scene.client.leave();
    EXPECT_EQ(origin.end(), End::Fin);
}

TEST(SessionClient, ARouterThatNeverAnswersIsNotWaitedForForEver) {
    Config config = testConfig();
    config.originTimeoutUs = ShortUs;
    Proxy proxy(config);
    Scene scene(proxy, Moment::Routing);
    EXPECT_EQ(scene.client.told().first, "NetConnection.Connect.Failed");
    proxy.sessions.wait(0, [](const Seen& seen) { return !seen.routeOutstanding; }); // cancelled
    scene.client.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseTimeout);
}

TEST(SessionClient, WhatAClientSendsWhileItWaitsIsNotTakenForAnotherRequest) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    scene.client.send(scene.client.ask("publish", "another"));
    scene.client.reset();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.routes, 1u);
    EXPECT_EQ(seen.cause, CauseReset);
}

TEST(SessionClient, GarbageIsAProtocolErrorOfTheClient) {
    Proxy proxy;
    Client notRtmp = proxy.connect();
    notRtmp.send({'G', 'E', 'T', ' ', '/'});
    EXPECT_EQ(notRtmp.end(), End::Fin);
    notRtmp.leave();
    EXPECT_EQ(proxy.sessions.waitClosed(0).cause, CauseProtocolError);

    Client later = proxy.connect();
    later.handshake();
    later.send(Bytes(64, 0xFF));
    EXPECT_EQ(later.end(), End::Fin);
    later.leave();
    const Seen seen = proxy.sessions.waitClosed(1);
    EXPECT_EQ(seen.cause, CauseProtocolError);
    EXPECT_EQ(seen.side, SideClient);
}

TEST(SessionClient, APingFloodBeforeAnyStreamIsCutOff) {
    Proxy proxy;
    Client client = proxy.connect(4096);
    client.handshake();
    Bytes pings;
    for (int i = 0; i < 10'000; ++i) {
        client.writer.write(makeUserControl(UserEvent::PingRequest, 1), pings);
    }
    size_t rounds = 0;
    while (client.trySend(pings)) {
        ASSERT_LT(++rounds, 1000u) << "180 MB of pings, and nobody minds";
    }
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseLimit);
}

TEST(SessionClient, DrainStopsAcceptingAndLeavesSessionsAlone) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    proxy.drain();
    EXPECT_THROW(connectTo(proxy.port()), std::runtime_error);
    const Bytes frame(100, 7);
    Bytes out;
    scene.client.writer.write(Message{4, ClientStream, 0, MessageType::Audio, frame}, out);
    scene.client.send(out);
    EXPECT_EQ(scene.origin.nextOf(MessageType::Audio).payload, frame);
}

} // namespace
} // namespace srsproxy::rtmp
