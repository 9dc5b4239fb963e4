#include "core/route/router.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "route_fixture.h"

namespace srsproxy {
namespace {

constexpr auto Key = "v/live/x";

class RouterTest : public testing::Test {
protected:
    RouteWorld world;
};

TEST_F(RouterTest, RefusesWhenThereIsNoOrigin) {
    const RouteDecision decision = world.route(Key, RolePlay);
    EXPECT_EQ(decision.code, RouteNoOrigin);
    EXPECT_EQ(decision.reason, "no server for rtmp is available");
    EXPECT_FALSE(decision.seat);
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(RouterTest, AnswersWithTheServicesEndpoint) {
    Registration registration;
    registration.server = "o";
    registration.ip = "10.0.0.9";
    registration.kind = "srs";
    registration.services = {{"rtmp", {Endpoint{"tcp", "", 1935}}},
                             {"srt", {Endpoint{"udp", "10.0.0.10", 10080}}}};
    const std::string id = world.enroll(registration);
    const RouteDecision rtmp = world.route(Key, RolePublish);
    EXPECT_EQ(rtmp.code, RouteFound);
    EXPECT_EQ(rtmp.origin->id, id);
    EXPECT_EQ(rtmp.address, "10.0.0.9");
    EXPECT_EQ(rtmp.endpoint.port, 1935);
    EXPECT_FALSE(rtmp.pinned);
    const RouteDecision srt = world.route(Key, RolePlay, "srt");
    EXPECT_EQ(srt.address, "10.0.0.10");
    EXPECT_EQ(srt.endpoint.port, 10080);
    EXPECT_TRUE(srt.pinned);
}

TEST_F(RouterTest, KeepsAStreamTogetherAndSpreadsStreams) {
    const std::string a = world.add("o1", {"rtmp", "http"});
    const std::string b = world.add("o2", {"rtmp", "http"});
    EXPECT_EQ(world.route("v/live/1", RolePublish).origin->id, a);
    EXPECT_EQ(world.route("v/live/2", RolePublish).origin->id, b);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(world.route("v/live/1", RolePlay, "http").origin->id, a);
        EXPECT_EQ(world.route("v/live/2", RolePlay).origin->id, b);
    }
    EXPECT_EQ(world.balancer.picks, 2);
    EXPECT_EQ(world.router.pinCount(), 2u);
}

TEST_F(RouterTest, LeavesOutOriginsThatCannotServe) {
    world.add("o1", {"srt"});
    world.registry.setDraining(world.add("o2", {"rtmp"}), true);
    Registration nameless;
    nameless.server = "o3";
    nameless.ip = "o3.example.com";
    nameless.services = {{"rtmp", {Endpoint{"", "", 1935}}}};
    world.enroll(nameless);
    const std::string full = world.add("o4", {"rtmp"}, 1);
    const std::string good = world.add("o5", {"rtmp"});
    world.load(full).sessions = 1;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(world.route("v/live/" + std::to_string(i), RolePublish).origin->id, good);
    }
}

TEST_F(RouterTest, SaysWhyNoneIsLeft) {
    const std::string a = world.add("o1", {"rtmp"}, 1);
    EXPECT_EQ(world.route("v/live/1", RolePlay, "rtmp", {a}).code, RouteExhausted);
    EXPECT_EQ(world.route("v/live/1", RolePlay, "srt").code, RouteNoOrigin);
    EXPECT_EQ(world.route("v/live/1", RolePlay).code, RouteFound);
    const RouteDecision full = world.route("v/live/2", RolePlay);
    EXPECT_EQ(full.code, RouteLimit);
    EXPECT_EQ(full.reason, "all servers are at their limit of sessions");
}

TEST_F(RouterTest, TriesNoMoreThanMaxAttempts) {
    for (int i = 1; i <= 5; ++i) {
        world.add("o" + std::to_string(i), {"rtmp"});
    }
    std::vector<std::string> tried;
    for (int i = 0; i < 3; ++i) {
        RouteDecision decision = world.route(Key, RolePublish, "rtmp", tried);
        ASSERT_EQ(decision.code, RouteFound);
        EXPECT_EQ(std::count(tried.begin(), tried.end(), decision.origin->id), 0);
        tried.push_back(decision.origin->id);
        world.fail(Key, decision.seat);
        world.router.leave(Key, decision.seat, OutcomeConnectRefused);
    }
    EXPECT_EQ(world.route(Key, RolePublish, "rtmp", tried).code, RouteExhausted);
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(RouterTest, NoneOfTheBalancerIsNoOrigin) {
    world.add("o1", {"rtmp"});
    world.balancer.answers = {PickNone};
    EXPECT_EQ(world.route(Key, RolePlay).code, RouteNoOrigin);
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(RouterTest, ForgetsAnIdlePinAfterItsTime) {
    world.add("o1", {"rtmp"});
    Seat seat = world.settle(Key, RolePublish);
    world.clock.advance(std::chrono::hours(1));
    world.router.sweep();
    EXPECT_EQ(world.router.pinCount(), 1u); // in use
    world.router.leave(Key, seat, OutcomeAccepted);
    world.clock.advance(Milliseconds(29'999));
    world.router.sweep();
    ASSERT_EQ(world.router.pinCount(), 1u);
    EXPECT_EQ(world.router.pins("", 1)[0].idle, Milliseconds(29'999));
    world.clock.advance(Milliseconds(1));
    world.router.sweep();
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(RouterTest, RenewsAPinThatIsUsedAgain) {
    world.add("o1", {"rtmp"});
    world.add("o2", {"rtmp"});
    Seat seat = world.settle(Key, RolePublish);
    const std::string first = seat.origin->id;
    for (int i = 0; i < 4; ++i) {
        world.router.leave(Key, seat, OutcomeAccepted);
        world.clock.advance(Milliseconds(20'000));
        world.router.sweep();
        seat = world.settle(Key, RolePublish);
        EXPECT_EQ(seat.origin->id, first);
    }
}

TEST_F(RouterTest, KeepsNothingOfStreamsThatNobodySettledOn) {
    world.add("o1", {"http"});
    for (int i = 0; i < 100; ++i) {
        const std::string key = "v/live/" + std::to_string(i);
        RouteDecision decision = world.route(key, RolePlay, "http");
        world.router.report(key, decision.seat, OutcomeDeclined, "404");
        world.router.leave(key, decision.seat, OutcomeDeclined);
    }
    EXPECT_EQ(world.router.pinCount(), 0u);
}

TEST_F(RouterTest, RoutesWithoutAPinWhenAllAreInUse) {
    RouterSettings settings;
    settings.maxPins = 2;
    RouteWorld small(settings);
    small.add("o1", {"rtmp"});
    Seat first = small.settle("v/live/1", RolePublish);
    Seat second = small.settle("v/live/2", RolePublish);
    Seat third = small.settle("v/live/3", RolePublish);
    EXPECT_TRUE(third);
    EXPECT_EQ(small.router.pinCount(), 2u);
    EXPECT_EQ(small.sink->count("raise router.max_pins"), 1u);
    small.router.leave("v/live/3", third, OutcomeAccepted);
    small.router.leave("v/live/2", second, OutcomeAccepted);
    Seat fourth = small.settle("v/live/4", RolePublish); // in place of the idle one
    EXPECT_EQ(small.router.pinCount(), 2u);
    EXPECT_EQ(small.pinOf("v/live/2"), "");
    EXPECT_NE(small.pinOf("v/live/4"), "");
    EXPECT_EQ(small.sink->count("raise router.max_pins"), 1u);
}

TEST_F(RouterTest, HonoursAHintAheadOfThePin) {
    const std::string a = world.add("o1", {"http"});
    const std::string b = world.add("o2", {"http"});
    RouteQuery query;
    query.streamKey = Key;
    query.protocol = "http";
    query.originHint = b;
    RouteDecision hinted = world.router.route(query);
    EXPECT_EQ(hinted.origin->id, b);
    EXPECT_EQ(world.pinOf(Key), b); // there was none
    query.originHint = a;
    EXPECT_EQ(world.router.route(query).origin->id, a);
    EXPECT_EQ(world.pinOf(Key), b);
    query.originHint = "gone@10.0.0.7";
    EXPECT_EQ(world.router.route(query).origin->id, b);
    world.registry.setDraining(a, true); // its own clients may go on
    query.originHint = a;
    EXPECT_EQ(world.router.route(query).origin->id, a);
    const TriedOrigins tried{world.registry.table()->find(a)};
    query.tried = &tried;
    EXPECT_EQ(world.router.route(query).origin->id, b);
}

TEST_F(RouterTest, CountsSessionsAndStreamsOfOrigins) {
    const std::string a = world.add("o1", {"rtmp"});
    Seat publisher = world.settle(Key, RolePublish);
    Seat player = world.settle(Key, RolePlay);
    EXPECT_EQ(world.load(a).sessions, 2u);
    EXPECT_EQ(world.load(a).streams, 1u);
    EXPECT_EQ(world.balancer.live[a], 2);
    const std::vector<PinInfo> pins = world.router.pins("", 10);
    ASSERT_EQ(pins.size(), 1u);
    EXPECT_EQ(pins[0].publishers, 1u);
    EXPECT_EQ(pins[0].players, 1u);
    world.router.leave(Key, publisher, OutcomeAccepted);
    world.router.leave(Key, player, OutcomeLost);
    world.router.leave(Key, player, OutcomeLost); // gave its seat back already
    EXPECT_EQ(world.load(a).sessions, 0u);
    EXPECT_EQ(world.load(a).streams, 0u);
    EXPECT_EQ(world.load(a).totalSessions, 2u);
    EXPECT_EQ(world.balancer.live[a], 0);
    EXPECT_EQ(world.balancer.outcomes, (std::vector<int32_t>{OutcomeAccepted, OutcomeLost}));
}

TEST_F(RouterTest, ListsPinsInKeyOrder) {
    world.add("o1", {"rtmp"});
    std::vector<Seat> seats;
    for (const char* key : {"v/live/c", "v/live/a", "v/live/b"}) {
        seats.push_back(world.settle(key, RolePublish));
    }
    EXPECT_EQ(world.router.pins("", 2).size(), 2u);
    EXPECT_EQ(world.router.pins("", 2)[1].streamKey, "v/live/b");
    const std::vector<PinInfo> rest = world.router.pins("v/live/b", 5);
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].streamKey, "v/live/c");
}

TEST_F(RouterTest, TurnsToAnotherAddressAfterAFailure) {
    world.resolver.hosts["o.example.com"] = {"192.0.2.7", "2001:db8::7"};
    Registration registration;
    registration.server = "o";
    registration.ip = "o.example.com";
    registration.services = {{"rtmp", {Endpoint{"", "", 1935}, Endpoint{"", "192.0.2.8", 1936}}}};
    const std::string id = world.enroll(registration);
    std::vector<std::string> addresses;
    for (uint64_t failures = 0; failures < 4; ++failures) {
        world.load(id).failures = failures;
        RouteDecision decision = world.route(Key, RolePublish);
        addresses.push_back(decision.address + "+" + std::to_string(decision.endpoint.port));
        world.router.leave(Key, decision.seat, 0);
    }
    EXPECT_EQ(addresses, (std::vector<std::string>{"192.0.2.7+1935", "2001:db8::7+1935",
                                                   "192.0.2.8+1936", "192.0.2.7+1935"}));
}

TEST_F(RouterTest, ExplainsEachCandidate) {
    world.add("o1", {"srt"});
    const std::string draining = world.add("o2", {"rtmp"});
    world.registry.setDraining(draining, true);
    const std::string ejected = world.add("o3", {"rtmp"});
    world.registry.report(ejected, OutcomeConnectRefused, "connection refused");
    world.clock.advance(Milliseconds(1'500));
    const std::string full = world.add("o4", {"rtmp"}, 10);
    world.load(full).sessions = 10;
    const std::string good = world.add("o5", {"rtmp"});
    Registration nameless;
    nameless.server = "o6";
    nameless.ip = "o6.example.com";
    nameless.services = {{"rtmp", {Endpoint{"", "", 1935}}}};
    world.enroll(nameless);

    const Explanation told = world.router.explain(Key, "rtmp", RolePublish);
    ASSERT_EQ(told.candidates.size(), 6u);
    EXPECT_EQ(told.candidates[0].why, "does not offer rtmp");
    EXPECT_EQ(told.candidates[1].why, "draining");
    EXPECT_EQ(told.candidates[2].why.rfind("ejected for 4 s more: ", 0), 0u)
        << told.candidates[2].why;
    EXPECT_EQ(told.candidates[3].why, "at its limit of 10 sessions");
    EXPECT_EQ(told.candidates[4].why, "eligible");
    EXPECT_TRUE(told.candidates[4].eligible);
    EXPECT_EQ(told.candidates[5].why, "address unknown: o6.example.com does not resolve");
    EXPECT_EQ(told.wouldPick, good);
    EXPECT_EQ(told.pinnedTo, "");
    EXPECT_EQ(world.balancer.picks, 0);
    EXPECT_EQ(world.router.pinCount(), 0u);
    EXPECT_EQ(world.load(good).sessions, 0u);
}

TEST_F(RouterTest, ExplanationHoldsForTheStreamThatComesNext) {
    world.add("o1", {"rtmp"});
    world.add("o2", {"rtmp"});
    const std::string told = world.router.explain(Key, "rtmp", RolePublish).wouldPick;
    EXPECT_EQ(world.router.explain(Key, "rtmp", RolePublish).wouldPick, told) << "asked again";
    EXPECT_EQ(world.balancer.picks, 1);
    EXPECT_EQ(world.route(Key, RolePublish).origin->id, told);
    EXPECT_EQ(world.balancer.picks, 1);
    EXPECT_NE(world.route("v/live/other", RolePublish).origin->id, told) << "its turn is over";
}

TEST_F(RouterTest, ExplainsAPinWithoutAskingTheBalancer) {
    world.add("o1", {"rtmp"});
    world.add("o2", {"rtmp"});
    const Seat seat = world.settle(Key, RolePublish);
    const int picks = world.balancer.picks;
    const Explanation told = world.router.explain(Key, "rtmp", RolePlay);
    EXPECT_EQ(told.pinnedTo, seat.origin->id);
    EXPECT_EQ(told.wouldPick, seat.origin->id);
    EXPECT_EQ(told.reason, "the stream is pinned there");
    EXPECT_EQ(world.balancer.picks, picks);
    EXPECT_EQ(world.router.explain("v/live/y", "srt", RolePlay).reason,
              "no server for srt is available");
    EXPECT_EQ(world.router.explain("v/live/y", "rtmp", RolePlay).reason, "the balancer picked it");
    EXPECT_EQ(world.balancer.picks, picks + 1);
}

TEST_F(RouterTest, AgreesWhenManyAskForTheSameNewStreamAtOnce) {
    constexpr int Threads = 4;
    constexpr int Streams = 300;
    for (int i = 1; i <= 7; ++i) {
        world.add("o" + std::to_string(i), {"rtmp"});
    }
    std::vector<std::vector<std::string>> chosen(Threads);
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < Threads; ++t) {
        threads.emplace_back([&, t] {
            ++ready;
            while (ready < Threads) {
                std::this_thread::yield();
            }
            for (int i = 0; i < Streams; ++i) {
                const std::string key = "v/live/" + std::to_string(i);
                RouteDecision decision = world.route(key, t == 0 ? RolePublish : RolePlay);
                chosen[static_cast<size_t>(t)].push_back(decision.seat.origin->id);
                world.router.report(key, decision.seat, OutcomeAccepted, "");
                if (t == 3) {
                    world.router.sweep();
                    world.registry.sweep();
                }
                world.router.leave(key, decision.seat, OutcomeAccepted);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const auto& each : chosen) {
        EXPECT_EQ(each, chosen[0]);
    }
    for (const auto& origin : world.registry.table()->origins) {
        EXPECT_EQ(origin->load->sessions, 0u);
        EXPECT_EQ(origin->load->streams, 0u);
    }
    EXPECT_EQ(world.router.pinCount(), static_cast<size_t>(Streams));
}

} // namespace
} // namespace srsproxy
