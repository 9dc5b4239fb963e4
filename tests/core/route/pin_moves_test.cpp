// When a pin stays and when it moves: the rules at the head of router.h, one by one.

#include <gtest/gtest.h>

#include "route_fixture.h"

namespace srsproxy {
namespace {

constexpr auto Key = "v/live/x";

/// Two origins that offer rtmp and http; the first new stream goes to `a`.
class PinMovesTest : public testing::Test {
protected:
    RouteWorld world;
    const std::string a = world.add("o1", {"rtmp", "http"});
    const std::string b = world.add("o2", {"rtmp", "http"});
};

TEST_F(PinMovesTest, MovesWhenTheOriginIsGone) {
    const Seat publisher = world.settle(Key, RolePublish);
    world.registry.remove(a, "test");
    EXPECT_EQ(world.route(Key, RolePlay).origin->id, b);
    EXPECT_EQ(world.pinOf(Key), b);
}

TEST_F(PinMovesTest, IsVoidWhenTheOriginRestarted) {
    Seat publisher = world.settle(Key, RolePublish);
    world.add("o1", {"rtmp", "http"}, 0, "2");
    const RouteDecision next = world.route(Key, RolePublish);
    EXPECT_FALSE(next.pinned);
    EXPECT_EQ(next.origin->id, b);                   // the balancer's turn
    world.router.leave(Key, publisher, OutcomeLost); // of the old pin: no effect on the new
    EXPECT_EQ(world.router.pins("", 1)[0].publishers, 1u);
}

TEST_F(PinMovesTest, SweepDropsPinsOfRestartedAndRemovedOrigins) {
    const Seat first = world.settle("v/live/1", RolePublish);
    const Seat second = world.settle("v/live/2", RolePublish);
    ASSERT_EQ(first.origin->id, a);
    world.add("o1", {"rtmp", "http"}, 0, "2");
    world.router.sweep();
    EXPECT_EQ(world.pinOf("v/live/1"), "");
    EXPECT_EQ(world.pinOf("v/live/2"), b);
    world.registry.remove(b, "test");
    world.router.sweep();
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(PinMovesTest, SweepDropsMoreThanOneBudget) {
    constexpr int Streams = 10'000;
    std::vector<std::pair<std::string, Seat>> seats;
    for (int i = 0; i < Streams; ++i) {
        const std::string key = "v/live/" + std::to_string(i);
        seats.emplace_back(key, world.settle(key, RolePublish));
    }
    world.registry.remove(a, "test");
    world.router.sweep();
    EXPECT_EQ(world.router.pinCount(), static_cast<size_t>(Streams) / 2);
    for (auto& [key, seat] : seats) {
        world.router.leave(key, seat, OutcomeAccepted);
    }
    world.clock.advance(Milliseconds(30'000));
    world.router.sweep();
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(PinMovesTest, PlayersFollowAPublisherOnADrainingOrigin) {
    Seat publisher = world.settle(Key, RolePublish);
    world.registry.setDraining(a, true);
    Seat player = world.settle(Key, RolePlay);
    EXPECT_EQ(player.origin->id, a);
    world.router.leave(Key, player, OutcomeAccepted);
    world.router.leave(Key, publisher, OutcomeAccepted);
    EXPECT_EQ(world.route(Key, RolePublish).origin->id, b); // nobody is left there
    EXPECT_EQ(world.pinOf(Key), b);
}

TEST_F(PinMovesTest, PlayersFollowAPublisherWhoseOriginSendsNoHeartbeatAnyMore) {
    const auto beats = [this](const std::string& id, const Registration& registration) {
        world.registry.remove(id, "the fixture's never expire");
        ASSERT_TRUE(world.registry.enroll(registration, OriginSource::Heartbeat));
    };
    const Registration second = world.registry.table()->find(b)->registration;
    beats(a, world.registry.table()->find(a)->registration);
    beats(b, second);
    Seat publisher = world.settle(Key, RolePublish);
    ASSERT_EQ(publisher.origin->id, a);
    world.clock.advance(Milliseconds(301'000));
    ASSERT_TRUE(world.registry.enroll(second, OriginSource::Heartbeat));
    world.registry.sweep();
    ASSERT_TRUE(world.registry.table()->find(a)->silent);
    Seat player = world.settle(Key, RolePlay);
    EXPECT_EQ(player.origin->id, a);
    EXPECT_EQ(world.route("v/live/other", RolePublish).origin->id, b);
    world.router.leave(Key, player, OutcomeAccepted);
    world.router.leave(Key, publisher, OutcomeAccepted);
    world.registry.sweep();
    EXPECT_EQ(world.registry.table()->find(a), nullptr);
}

TEST_F(PinMovesTest, OneLostConnectionDoesNotMoveThePlayersOfALiveStream) {
    const Seat publisher = world.settle(Key, RolePublish);
    RouteDecision unlucky = world.route(Key, RolePlay);
    world.fail(Key, unlucky.seat, OutcomeConnectTimeout); // ejects the origin
    world.router.leave(Key, unlucky.seat, OutcomeConnectTimeout);
    ASSERT_TRUE(world.registry.table()->find(a)->ejected);
    const RouteDecision again = world.route(Key, RolePlay, "rtmp", {a});
    EXPECT_EQ(again.code, RouteExhausted);
    EXPECT_EQ(again.reason, "the stream's server could not be reached");
    EXPECT_EQ(world.route(Key, RolePlay).origin->id, a);
    EXPECT_EQ(world.pinOf(Key), a);
    EXPECT_EQ(world.route("v/live/other", RolePublish).origin->id, b);
}

TEST_F(PinMovesTest, PlayersAloneHoldThePinToo) {
    const Seat player = world.settle(Key, RolePlay);
    world.registry.report(a, OutcomeConnectTimeout, "");
    EXPECT_EQ(world.route(Key, RolePlay).origin->id, a);
}

TEST_F(PinMovesTest, APublisherMovesThePinOffAnEjectedOrigin) {
    const Seat hanging = world.settle(Key, RolePublish);
    world.registry.report(a, OutcomeConnectTimeout, "");
    const RouteDecision again = world.route(Key, RolePublish);
    EXPECT_EQ(again.origin->id, b);
    EXPECT_EQ(world.pinOf(Key), b);
    EXPECT_EQ(world.sink->count("stream v/live/x moves from " + a + " to " + b), 1u);
    EXPECT_EQ(world.route(Key, RolePlay).origin->id, b);
}

TEST_F(PinMovesTest, APublisherMovesThePinThatPlayersWaitOn) {
    const Seat player = world.settle(Key, RolePlay);
    RouteDecision publisher = world.route(Key, RolePublish);
    ASSERT_EQ(publisher.origin->id, a);
    world.fail(Key, publisher.seat);
    world.router.leave(Key, publisher.seat, OutcomeConnectRefused);
    EXPECT_EQ(world.route(Key, RolePublish, "rtmp", {a}).origin->id, b);
    EXPECT_EQ(world.pinOf(Key), b);
}

TEST_F(PinMovesTest, AFailureFreesThePinWhenNobodyIsSettled) {
    RouteDecision decision = world.route(Key, RolePublish);
    world.fail(Key, decision.seat, OutcomeProtocolError); // not yet ejected
    EXPECT_EQ(world.router.pinCount(), 0u);
    EXPECT_EQ(world.load(a).streams, 0u);
    EXPECT_EQ(world.load(a).sessions, 1u); // until it leaves
    world.router.leave(Key, decision.seat, OutcomeProtocolError);
    EXPECT_EQ(world.load(a).sessions, 0u);
}

TEST_F(PinMovesTest, ALostStreamFreesThePin) {
    Seat publisher = world.settle(Key, RolePublish);
    Seat player = world.settle(Key, RolePlay);
    world.fail(Key, publisher, OutcomeLost);
    EXPECT_EQ(world.pinOf(Key), a); // the player still lives there
    world.fail(Key, player, OutcomeLost);
    EXPECT_EQ(world.router.pinCount(), 0u);
    world.router.leave(Key, publisher, OutcomeLost);
    world.router.leave(Key, player, OutcomeLost);
    EXPECT_EQ(world.load(a).sessions, 0u);
    EXPECT_EQ(world.load(a).streams, 0u);
}

TEST_F(PinMovesTest, ADeclinedSessionMovesNothing) {
    const Seat publisher = world.settle(Key, RolePublish);
    RouteDecision second = world.route(Key, RolePublish);
    world.router.report(Key, second.seat, OutcomeDeclined, "busy");
    world.router.leave(Key, second.seat, OutcomeDeclined);
    EXPECT_EQ(world.pinOf(Key), a);
    EXPECT_EQ(world.router.pins("", 1)[0].publishers, 1u);
}

TEST_F(PinMovesTest, AcceptedAfterThePinWentMakesItAgain) {
    RouteDecision publisher = world.route(Key, RolePublish);
    RouteDecision player = world.route(Key, RolePlay);
    ASSERT_EQ(player.origin->id, a);
    world.fail(Key, player.seat, OutcomeProtocolError);
    EXPECT_EQ(world.router.pinCount(), 0u);
    world.router.report(Key, publisher.seat, OutcomeAccepted, "");
    EXPECT_EQ(world.pinOf(Key), a);
    EXPECT_EQ(world.router.pins("", 1)[0].publishers, 1u);
    world.router.leave(Key, publisher.seat, OutcomeAccepted);
    EXPECT_EQ(world.router.pins("", 1)[0].publishers, 0u);
}

TEST_F(PinMovesTest, AcceptedPublisherTakesThePinFromWaitingPlayers) {
    RouteDecision publisher = world.route(Key, RolePublish);
    RouteDecision player = world.route(Key, RolePlay);
    world.fail(Key, player.seat, OutcomeProtocolError);
    world.router.leave(Key, player.seat, OutcomeProtocolError);
    player = world.route(Key, RolePlay, "rtmp", {a});
    ASSERT_EQ(world.pinOf(Key), b);
    world.router.report(Key, publisher.seat, OutcomeAccepted, "");
    EXPECT_EQ(world.pinOf(Key), a);
    world.router.report(Key, player.seat, OutcomeAccepted, ""); // too late to take it back
    EXPECT_EQ(world.pinOf(Key), a);
}

TEST_F(PinMovesTest, AcceptedSessionJoinsTheNewPinOfItsOrigin) {
    RouteDecision first = world.route(Key, RolePublish);
    RouteDecision other = world.route(Key, RolePlay);
    world.fail(Key, other.seat, OutcomeProtocolError);
    world.balancer.answers = {0};
    RouteDecision third = world.route(Key, RolePlay); // pins the stream to `a` again
    world.router.report(Key, first.seat, OutcomeAccepted, "");
    const PinInfo pin = world.router.pins("", 1)[0];
    EXPECT_EQ(pin.originId, a);
    EXPECT_EQ(pin.publishers, 1u);
    EXPECT_EQ(pin.players, 1u);
}

TEST_F(PinMovesTest, SaysWhenTheStreamsOriginLacksTheProtocol) {
    Seat publisher = world.settle(Key, RolePublish);
    world.add("o3", {"srt"});
    const RouteDecision srt = world.route(Key, RolePlay, "srt");
    EXPECT_EQ(srt.code, RouteNoOrigin);
    EXPECT_EQ(srt.reason, "the stream is on a server without srt");
    world.router.leave(Key, publisher, OutcomeAccepted);
    EXPECT_EQ(world.route(Key, RolePlay, "srt").code, RouteFound); // an idle stream moves
}

TEST_F(PinMovesTest, SaysWhenTheStreamsOriginIsFull) {
    const std::string c = world.add("o3", {"srt"}, 2);
    Seat publisher = world.settle(Key, RolePublish, "srt");
    Seat player = world.settle(Key, RolePlay, "srt");
    ASSERT_EQ(player.origin->id, c);
    const RouteDecision more = world.route(Key, RolePlay, "srt");
    EXPECT_EQ(more.code, RouteLimit);
    EXPECT_EQ(more.reason, "the stream's server is at its limit of sessions");
    world.router.leave(Key, player, OutcomeAccepted);
    EXPECT_EQ(world.route(Key, RolePlay, "srt").code, RouteFound);
}

} // namespace
} // namespace srsproxy
