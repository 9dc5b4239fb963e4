/// Connections before a stream has an origin: deadlines, refusals, and what clients may do wrong.

#include <future>

#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

constexpr size_t MiB = 1024 * 1024;

Config withHandshakeTimeout() {
    Config config = testConfig();
    config.handshakeTimeoutUs = ShortUs;
    return config;
}

TEST(Connection, R17EndsAConnectionThatSaysNothing) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseNothingSent);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_EQ(client.end(), End::Fin);
}

TEST(Connection, R17EndsAConnectionThatSendsOneByte) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    client.send({RtmpVersion});
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseTimeout);
    EXPECT_EQ(seen.detail, "handshake not finished in time");
    EXPECT_EQ(seen.counters.fromClient, 1u);
    EXPECT_EQ(client.end(), End::Fin);
}

TEST(Connection, EndsAClientThatNamesNoStream) {
    Proxy proxy(withHandshakeTimeout());
    Client client = proxy.connect();
    client.handshake();
    client.connect();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseTimeout);
    EXPECT_EQ(seen.detail, "no publish or play command in time");
}

TEST(Connection, PingsDoNotPutTheDeadlineOff) {
    Config config = withHandshakeTimeout();
    config.maxPrepublishBytes = 1024 * MiB;
    Proxy proxy(config);
    Client client = proxy.connect();
    client.handshake();
    Bytes ping;
    client.writer.write(makeUserControl(UserEvent::PingRequest, 1), ping);
    try {
        for (;;) {
            client.send(ping);
            client.nextOf(MessageType::UserControl);
        }
    } catch (const std::runtime_error&) { // until it is cut off
    }
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseTimeout);
}

TEST(Connection, TurnsAwayWhatTheCoreDoesNotTake) {
    Proxy proxy;
    proxy.sessions.refuseToOpen();
    Client client = proxy.connect();
    EXPECT_EQ(client.end(), End::Fin);
    EXPECT_EQ(proxy.sessions.opened(), 0u);
}

TEST(Connection, TellsWhyANameIsNoStream) {
    const struct {
        int32_t status;
        const char* ask;
        const char* code;
        int32_t cause;
    } rows[] = {
        {StatusBadArgument, "publish", "NetStream.Publish.BadName", CauseProtocolError},
        {StatusBadArgument, "play", "NetStream.Play.StreamNotFound", CauseProtocolError},
        {StatusLimit, "publish", "NetStream.Publish.Rejected", CauseLimit},
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

TEST(Connection, NoOriginIsAnErrorWithinASecond) {
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

TEST(Connection, ClosesWithTheCauseOfTheRoutersAnswer) {
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

TEST(Connection, ALateAnswerOfTheRouterIsTaken) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    proxy.onLoop([&] { proxy.sessions.answerLater(0, Route::to(scene.listener.port())); });
    OriginPeer origin = scene.listener.accept(Stage::Running);
    EXPECT_EQ(scene.client.told().first, "NetStream.Publish.Start");
    scene.client.leave();
    EXPECT_EQ(origin.end(), End::Fin);
}

TEST(Connection, ARouterThatNeverAnswersIsNotWaitedForForEver) {
    Config config = testConfig();
    config.originTimeoutUs = ShortUs;
    Proxy proxy(config);
    Scene scene(proxy, Moment::Routing);
    EXPECT_EQ(scene.client.told().first, "NetStream.Publish.Rejected");
    proxy.sessions.wait(0, [](const Seen& seen) { return !seen.routeOutstanding; }); // cancelled
    scene.client.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseTimeout);
}

TEST(Connection, WhatAClientSendsWhileItWaitsIsNotTakenForAnotherRequest) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    scene.client.send(scene.client.ask("publish", "another"));
    scene.client.reset();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.routes, 1u);
    EXPECT_EQ(seen.cause, CauseReset);
}

TEST(Connection, GarbageIsAProtocolErrorOfTheClient) {
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

TEST(Connection, APingFloodBeforeAnyStreamIsCutOff) {
    for (const size_t prepublishBytes : {256 * MiB / 1024, 1024 * MiB}) {
        SCOPED_TRACE(prepublishBytes);
        Config config = testConfig();
        config.maxPrepublishBytes = prepublishBytes; // or the pongs that it does not read
        Proxy proxy(config);
        Client client = proxy.connect(4096);
        client.handshake();
        Bytes pings;
        for (int i = 0; i < 10'000; ++i) {
            client.writer.write(makeUserControl(UserEvent::PingRequest, 1), pings);
        }
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(DeadlineMs);
        while (client.trySend(pings)) { // it is read, for a moment, so that last words arrive
            ASSERT_LT(std::chrono::steady_clock::now(), until);
        }
        EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseLimit);
    }
}

TEST(Connection, R7TakesControlAndDataBeforePublish) {
    Proxy proxy;
    OpenPort listener;
    proxy.sessions.script("cam", {Route::to(listener.port())});
    Client client = proxy.connect();
    client.handshake();
    Bytes out;
    client.writer.write(makeAcknowledgement(1), out);
    client.send(out);
    client.connect();
    out.clear();
    client.writer.write(makeAbort(9), out);
    client.writer.write(makeWindowAckSize(5000), out);
    const Bytes data{2, 0, 1, 'x'};
    client.writer.write(Message{4, 1, 0, MessageType::DataAmf0, data}, out);
    client.writer.write(makeSetBufferLength(ClientStream, 3000), out);
    client.writer.write(makeUserControl(UserEvent::PingRequest, 77), out);
    client.send(out);
    const auto pong = parseUserControl(client.nextOf(MessageType::UserControl).payload);
    EXPECT_EQ(pong->event, UserEvent::PingResponse);
    EXPECT_EQ(pong->value, 77u);
    client.createStream();
    client.send(client.ask("publish", "cam"));
    OriginPeer origin = listener.accept(Stage::Running);
    const auto length = parseUserControl(origin.nextOf(MessageType::UserControl).payload);
    EXPECT_EQ(length->event, UserEvent::SetBufferLength);
    EXPECT_EQ(length->value, OriginStream);
    EXPECT_EQ(length->extra, 3000u);
}

/// Bytes before publish are limited; behind publish the client waits for the origin instead.
TEST(Connection, MaxPrepublishIsALimitUntilPublishAndBackPressureBehindIt) {
    Config config = testConfig();
    config.maxPrepublishBytes = 64 * 1024;
    Proxy proxy(config);
    Bytes data;
    {
        Client client = proxy.connect();
        client.handshake();
        client.connect();
        for (int i = 0; i < 100; ++i) {
            client.writer.write(Message{4, 1, 0, MessageType::DataAmf0, Bytes(1000, 5)}, data);
        }
        client.trySend(data);
        EXPECT_EQ(client.end(), End::Fin);
        client.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseLimit);
        EXPECT_EQ(seen.side, SideClient);
        EXPECT_NE(seen.detail.find("max_prepublish"), std::string::npos) << seen.detail;
    }
    Scene scene(proxy, Moment::Routing);
    constexpr uint32_t Frames = 2000;
    const Bytes frame(16'000, 7);
    Bytes media;
    for (uint32_t i = 0; i < Frames; ++i) {
        scene.client.writer.write(Message{6, ClientStream, i, MessageType::Video, frame}, media);
    }
    const size_t taken = scene.client.sendUntilStalled(media, 200);
    EXPECT_LT(taken, media.size()) << "nobody keeps 32 MB for an origin that is yet to be found";
    EXPECT_EQ(proxy.sessions.seen(scene.index).closes, 0);
    auto sending = std::async(std::launch::async, [&] {
        scene.client.send({media.begin() + static_cast<std::ptrdiff_t>(taken), media.end()});
    });
    proxy.onLoop(
        [&] { proxy.sessions.answerLater(scene.index, Route::to(scene.listener.port())); });
    OriginPeer origin = scene.listener.accept(Stage::Running);
    for (uint32_t i = 0; i < Frames; ++i) {
        const Kept kept = origin.nextOf(MessageType::Video);
        ASSERT_EQ(kept.message.timestampMs, i);
        ASSERT_EQ(kept.payload.size(), frame.size());
    }
    sending.get();
}

TEST(Connection, DrainStopsAcceptingAndLeavesSessionsAlone) {
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
