/// Every end at every moment of a session's life: the client leaves or is reset, the origin goes,
/// an operator kicks, the proxy stops. One close() each, with the right cause, and the last words
/// said.

#include "tests/plugins/rtmp/session_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

TEST(SessionEnd, AClientThatLeavesBeforeItAsked) {
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

TEST(SessionEnd, AClientThatLeavesWhileItWaits) {
    // An orderly end shows once the client is read again: when the stream runs, or has failed.
    Config config = testConfig();
    config.connectTimeoutUs = ShortUs;
    Proxy proxy(config);
    Scene routing(proxy, Moment::Routing);
    routing.client.leave();
    proxy.onLoop(
        [&] { proxy.sessions.answerLater(routing.index, Route::none(RouteNoOrigin, "none")); });
    EXPECT_EQ(proxy.sessions.waitClosed(routing.index).cause, CauseNoOrigin);

    Scene connecting(proxy, Moment::Connecting);
    connecting.client.leave();
    EXPECT_EQ(proxy.sessions.waitClosed(connecting.index).cause, CauseOriginFailed);

    for (const Moment moment : {Moment::Greeting, Moment::Asked}) {
        SCOPED_TRACE(name(moment));
        Scene scene(proxy, moment);
        scene.client.halfClose();
        if (moment == Moment::Asked) {
            scene.origin.accept();
            EXPECT_EQ(scene.origin.end(), End::Fin);
            scene.origin.leave();
            EXPECT_EQ(proxy.sessions.waitClosed(scene.index).cause, CauseDone);
        } else {
            scene.origin.leave();
            EXPECT_EQ(proxy.sessions.waitClosed(scene.index).cause, CauseOriginFailed);
        }
    }
}

TEST(SessionEnd, AResetOfTheClientIsNoticedAtEveryMoment) {
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

TEST(SessionEnd, AKickAtEveryMomentIsToldAndObeyed) {
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

TEST(SessionEnd, AKickedClientThatStaysIsCutOffWithinASecond) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const auto begun = std::chrono::steady_clock::now();
    proxy.kick(0, CauseKicked, "go");
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseKicked);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
}

TEST(SessionEnd, AnAnswerOfTheRouterAfterTheEndStartsNothing) {
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

TEST(SessionEnd, DestroyClosesASessionOfEachMomentOnce) {
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

TEST(SessionEnd, AnOriginThatGoesInMidStream) {
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

TEST(SessionEnd, TheOriginsLastFramesReachThePlayerBeforeTheEnd) {
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

TEST(SessionEnd, SessionsThatEndLeaveTheOthersAlone) {
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
