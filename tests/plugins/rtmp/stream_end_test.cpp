/// Every end at every moment of a session's life: the client leaves or is reset, the origin goes,
/// an operator kicks, the proxy stops. One close() each, with the right cause, and the last words
/// said.

#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

TEST(StreamEnd, AClientThatLeavesBeforeItAsked) {
    const std::pair<Moment, int32_t> rows[] = {{Moment::Accepted, CauseNothingSent},
                                               {Moment::Handshaken, CauseReset},
                                               {Moment::Connected, CauseReset}};
    for (const auto& [moment, cause] : rows) {
        SCOPED_TRACE(name(moment));
        Proxy proxy;
        Scene scene(proxy, moment);
        scene.client.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, cause);
        EXPECT_EQ(seen.side, SideClient);
    }
}

TEST(StreamEnd, AClientThatLeavesWhileItWaitsIsNoticedAtOnce) {
    for (const Moment moment :
         {Moment::Routing, Moment::Connecting, Moment::Greeting, Moment::Asked}) {
        for (const bool halfClose : {false, true}) {
            SCOPED_TRACE(std::string(name(moment)) + (halfClose ? " half closed" : ""));
            Proxy proxy;
            Scene scene(proxy, moment);
            halfClose ? scene.client.halfClose() : scene.client.leave();
            const Seen seen = proxy.sessions.waitClosed();
            EXPECT_EQ(seen.cause, CauseReset);
            EXPECT_EQ(seen.side, SideClient);
            EXPECT_EQ(seen.detail, "the client left before the stream started");
            EXPECT_FALSE(seen.routeOutstanding);
            EXPECT_EQ(seen.outcomes, std::vector<int32_t>{}) << "nothing against the origin";
            if (scene.origin.isOpen()) {
                EXPECT_NE(scene.origin.end(), End::StillOpen);
            }
        }
    }
}

TEST(StreamEnd, AResetOfTheClientIsNoticedAtEveryMoment) {
    for (const Moment moment : AllMoments) {
        SCOPED_TRACE(name(moment));
        Proxy proxy;
        Scene scene(proxy, moment);
        scene.client.reset();
        if (scene.origin.isOpen()) {
            EXPECT_NE(scene.origin.end(), End::StillOpen);
            scene.origin.leave();
        }
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, moment == Moment::Accepted  ? CauseNothingSent
                              : moment == Moment::Closing ? CauseNoOrigin
                                                          : CauseReset);
        EXPECT_EQ(seen.side, moment == Moment::Closing ? SideProxy : SideClient);
        EXPECT_EQ(seen.outcomes.size(), moment == Moment::Relaying ? 1u : 0u)
            << "a client that goes is nothing against the origin";
    }
}

TEST(StreamEnd, AKickAtEveryMomentIsToldAndObeyed) {
    for (const char* role : {"publish", "play"}) {
        for (const Moment moment : AllMoments) {
            SCOPED_TRACE(std::string(role) + " " + name(moment));
            Proxy proxy;
            Scene scene(proxy, moment, role);
            proxy.kick(0, CauseKicked, "an operator said so");
            proxy.kick(0, CauseShutdown, "twice");
            if (moment >= Moment::Routing && moment != Moment::Closing) {
                const auto [code, why] = scene.client.told();
                EXPECT_EQ(why, "an operator said so");
                EXPECT_EQ(code, moment == Moment::Relaying && role[1] == 'l'
                                    ? "NetStream.Play.UnpublishNotify"
                                    : "NetConnection.Connect.Closed");
            }
            EXPECT_NE(scene.client.end(), End::StillOpen);
            scene.client.leave();
            if (scene.origin.isOpen()) {
                EXPECT_NE(scene.origin.end(), End::StillOpen);
                scene.origin.leave();
            }
            const Seen seen = proxy.sessions.waitClosed();
            EXPECT_EQ(seen.cause, moment == Moment::Closing ? CauseNoOrigin : CauseKicked);
            EXPECT_EQ(seen.side, SideProxy);
            EXPECT_FALSE(seen.routeOutstanding);
        }
    }
}

TEST(StreamEnd, AKickedClientThatStaysIsCutOffWithinASecond) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const auto begun = std::chrono::steady_clock::now();
    proxy.kick(0, CauseKicked, "go");
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseKicked);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
}

TEST(StreamEnd, AnAnswerOfTheRouterAfterTheEndStartsNothing) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    proxy.onLoop([&] {
        ISessionOwner* owner = proxy.sessions.owner(0);
        IRouteHandler* handler = proxy.sessions.takeHandler(0);
        owner->kicked(CauseKicked, toStr("go"));
        FakeSessions::answer(*handler, Route::to(scene.listener.port()));
    });
    EXPECT_EQ(scene.client.told().second, "go");
    EXPECT_EQ(scene.client.end(), End::Fin);
    scene.client.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseKicked);
}

TEST(StreamEnd, DestroyClosesASessionOfEachMomentOnce) {
    Proxy proxy;
    std::deque<Scene> scenes;
    for (const Moment moment : AllMoments) {
        scenes.emplace_back(proxy, moment, "publish");
        scenes.emplace_back(proxy, moment, "play");
    }
    proxy.destroyPart();
    for (Scene& scene : scenes) {
        const Seen seen = proxy.sessions.seen(scene.index);
        const Moment moment = AllMoments[scene.index / 2];
        SCOPED_TRACE(name(moment));
        EXPECT_EQ(seen.closes, 1) << "before destroy() returns";
        EXPECT_EQ(seen.cause, moment == Moment::Closing ? CauseNoOrigin : CauseShutdown);
        EXPECT_FALSE(seen.routeOutstanding);
        EXPECT_NE(scene.client.end(), End::StillOpen);
        if (scene.origin.isOpen()) {
            EXPECT_NE(scene.origin.end(), End::StillOpen);
        }
    }
}

TEST(StreamEnd, AnOriginThatGoesInMidStream) {
    const struct {
        const char* role;
        bool reset;
        const char* code;
        int32_t cause;
        std::vector<int32_t> outcomes;
    } rows[] = {
        {"publish", false, "NetConnection.Connect.Closed", CauseDone, {OutcomeAccepted}},
        {"play", false, "NetStream.Play.UnpublishNotify", CauseDone, {OutcomeAccepted}},
        {"publish",
         true,
         "NetConnection.Connect.Closed",
         CauseReset,
         {OutcomeAccepted, OutcomeLost}},
        {"play",
         true,
         "NetStream.Play.UnpublishNotify",
         CauseReset,
         {OutcomeAccepted, OutcomeLost}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(std::string(row.role) + (row.reset ? " RST" : " FIN"));
        Proxy proxy;
        Scene scene(proxy, Moment::Relaying, row.role);
        row.reset ? scene.origin.reset() : scene.origin.leave();
        EXPECT_EQ(scene.client.told().first, row.code);
        EXPECT_EQ(scene.client.end(), End::Fin);
        scene.client.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, row.cause);
        EXPECT_EQ(seen.side, SideOrigin);
        EXPECT_EQ(seen.outcomes, row.outcomes);
    }
}

TEST(StreamEnd, TheOriginsLastFramesReachThePlayerBeforeTheEnd) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play");
    Bytes out;
    const Bytes frame(100'000, 7);
    for (uint32_t i = 0; i < 10; ++i) {
        scene.origin.writer.write(Message{6, OriginStream, i, MessageType::Video, frame}, out);
    }
    scene.origin.send(out);
    scene.origin.leave();
    for (uint32_t i = 0; i < 10; ++i) {
        const Kept kept = scene.client.nextOf(MessageType::Video);
        EXPECT_EQ(kept.message.timestampMs, i);
        EXPECT_EQ(kept.payload, frame);
    }
    EXPECT_EQ(scene.client.told().first, "NetStream.Play.UnpublishNotify");
}

TEST(StreamEnd, SessionsThatEndLeaveTheOthersAlone) {
    // Removal moves the last session to the place of the one that went.
    Proxy proxy;
    std::deque<Scene> scenes;
    for (int i = 0; i < 6; ++i) {
        scenes.emplace_back(proxy, Moment::Relaying);
    }
    for (const size_t gone : {0u, 5u, 2u}) {
        scenes[gone].client.reset();
        proxy.sessions.waitReported(gone, 1);
        scenes[gone].origin.end();
        scenes[gone].origin.leave();
        proxy.sessions.waitClosed(gone);
    }
    for (const size_t left : {1u, 3u, 4u}) {
        const Bytes frame(50, static_cast<uint8_t>(left));
        Bytes out;
        scenes[left].client.writer.write(Message{4, ClientStream, 0, MessageType::Audio, frame},
                                         out);
        scenes[left].client.send(out);
        EXPECT_EQ(scenes[left].origin.nextOf(MessageType::Audio).payload, frame);
        EXPECT_EQ(proxy.sessions.seen(left).closes, 0);
    }
}

} // namespace
} // namespace srsproxy::rtmp
