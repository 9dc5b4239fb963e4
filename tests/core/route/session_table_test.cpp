#include "core/route/session_table.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "core/event/event_loop.h"
#include "session_fixture.h"
#include "srsproxy/protocol.h"

namespace srsproxy {
namespace {

LimitSettings limits(uint32_t sessions, uint32_t perClient = 0, uint32_t perStream = 0,
                     uint32_t publishes = 0) {
    LimitSettings settings;
    settings.publishesPerSecond = publishes;
    settings.sessions = sessions;
    settings.sessionsPerClient = perClient;
    settings.sessionsPerStream = perStream;
    return settings;
}

TEST(SessionTable, GivesUniqueGrowingIds) {
    SessionWorld world;
    FakeLoop first(0);
    FakeLoop second(1);
    FakeOwner owner;
    uint64_t last = 0;
    std::vector<ISession*> sessions;
    for (int i = 0; i < 10; ++i) {
        sessions.push_back(world.open(i % 2 == 0 ? first : second, owner));
        EXPECT_GT(sessions.back()->id(), last);
        last = sessions.back()->id();
    }
    EXPECT_EQ(world.table.size(), 10u);
    for (ISession* session : sessions) {
        session->close(CauseDone, SideClient, Str{});
    }
    EXPECT_EQ(world.table.size(), 0u);
}

TEST(SessionTable, RefusesAPluginsMistakes) {
    SessionWorld world;
    FakeLoop loop;
    FakeLoop foreign(2);
    FakeOwner owner;
    SessionInfo info{};
    info.structSize = sizeof(SessionInfo);
    info.protocol = str("rtmp");
    EXPECT_EQ(world.service->open(nullptr, &info, &owner), nullptr);
    EXPECT_EQ(world.service->open(&loop, nullptr, &owner), nullptr);
    EXPECT_EQ(world.service->open(&loop, &info, nullptr), nullptr);
    EXPECT_EQ(world.service->open(&foreign, &info, &owner), nullptr);
    info.protocol = str("gopher");
    EXPECT_EQ(world.service->open(&loop, &info, &owner), nullptr);
    EXPECT_EQ(world.sink->count("plugin fake_rtmp opened a session without"), 5u);
    EXPECT_EQ(world.table.size(), 0u);
}

TEST(SessionTable, RefusesBeyondItsLimits) {
    SessionWorld world(limits(3, 2));
    FakeLoop loop;
    FakeOwner owner;
    ISession* first = world.open(loop, owner, "[2001:db8::1]:1");
    ISession* second = world.open(loop, owner, "[2001:db8::1]:2");
    EXPECT_EQ(world.open(loop, owner, "[2001:db8::1]:3"), nullptr);
    EXPECT_EQ(world.metrics.value("sessions_refused_total{protocol=rtmp,reason=client}"), 1);
    EXPECT_EQ(world.sink->count("limits.sessions_per_client"), 1u);
    ISession* third = world.open(loop, owner, "[2001:db8::2]:1");
    ASSERT_NE(third, nullptr);
    EXPECT_EQ(world.open(loop, owner, "[2001:db8::3]:1"), nullptr);
    EXPECT_EQ(world.metrics.value("sessions_refused_total{protocol=rtmp,reason=sessions}"), 1);
    EXPECT_EQ(world.sink->count("raise limits.sessions"), 1u);
    first->close(CauseDone, SideClient, Str{});
    first = world.open(loop, owner, "[2001:db8::1]:4");
    ASSERT_NE(first, nullptr);
    for (ISession* session : {first, second, third}) {
        session->close(CauseDone, SideClient, Str{});
    }
}

TEST(SessionTable, LimitsSessionsOfAStream) {
    SessionWorld world(limits(10, 0, 1));
    FakeLoop loop;
    FakeOwner owner;
    ISession* first = world.open(loop, owner);
    ISession* second = world.open(loop, owner);
    EXPECT_EQ(world.identify(*first, "rtmp://h/live/x", RolePublish), StatusOk);
    EXPECT_EQ(world.identify(*first, "rtmp://h/live/x?again", RolePublish), StatusOk);
    EXPECT_EQ(world.identify(*second, "http://h/live/x.flv", RolePlay, &owner), StatusLimit);
    EXPECT_NE(owner.errors.find("limits.sessions_per_stream"), std::string::npos);
    EXPECT_EQ(world.metrics.value("sessions_refused_total{protocol=rtmp,reason=stream}"), 1);
    EXPECT_EQ(world.identify(*first, "rtmp://h/live/y", RolePublish), StatusOk);
    EXPECT_EQ(world.identify(*second, "http://h/live/x.flv", RolePlay), StatusOk);
    first->close(CauseDone, SideClient, Str{});
    EXPECT_EQ(world.identify(*second, "rtmp://h/live/y", RolePlay), StatusOk);
    second->close(CauseDone, SideClient, Str{});
}

TEST(SessionTable, LimitsPublishesPerSecondOverAllLoops) {
    SessionWorld world(limits(100, 0, 0, 2));
    FakeLoop loops[] = {FakeLoop(0), FakeLoop(1)};
    FakeOwner owner;
    std::vector<ISession*> sessions;
    const auto publish = [&](const std::string& name) {
        sessions.push_back(world.open(loops[sessions.size() % 2], owner));
        return world.identify(*sessions.back(), "rtmp://h/live/" + name, RolePublish, &owner);
    };
    EXPECT_EQ(publish("1"), StatusOk);
    EXPECT_EQ(publish("2"), StatusOk);
    EXPECT_EQ(world.identify(*sessions[0], "rtmp://h/live/other", RolePublish), StatusOk)
        << "it publishes already";
    EXPECT_EQ(publish("3"), StatusLimit);
    EXPECT_NE(owner.errors.find("limits.publishes_per_second"), std::string::npos);
    EXPECT_NE(owner.errors.find("more than 2 streams a second"), std::string::npos);
    EXPECT_EQ(world.metrics.value("sessions_refused_total{protocol=rtmp,reason=publishes}"), 1);
    EXPECT_EQ(world.sink->count("client 192.0.2.1:5000 turned away"), 1u);
    EXPECT_EQ(world.identify(*sessions[2], "rtmp://h/live/3", RolePlay), StatusOk);
    world.clock.advance(Milliseconds(499));
    EXPECT_EQ(publish("4"), StatusLimit);
    world.clock.advance(Milliseconds(1));
    EXPECT_EQ(world.identify(*sessions[3], "rtmp://h/live/4", RolePublish), StatusOk);
    EXPECT_EQ(publish("5"), StatusLimit);
    for (ISession* session : sessions) {
        session->close(CauseDone, SideClient, Str{});
    }
}

TEST(SessionTable, OpensNothingOnceItDrains) {
    SessionWorld world;
    FakeLoop loop;
    FakeOwner owner;
    ISession* before = world.open(loop, owner);
    world.table.drain();
    EXPECT_EQ(world.open(loop, owner), nullptr);
    EXPECT_EQ(world.metrics.value("sessions_refused_total{protocol=rtmp,reason=draining}"), 1);
    EXPECT_EQ(world.table.size(), 1u);
    before->close(CauseDone, SideClient, Str{});
}

TEST(SessionTable, ListsSessionsOfAllLoopsInOrder) {
    SessionWorld world;
    const std::string a = world.add("o1", {"rtmp"});
    FakeLoop loops[] = {FakeLoop(0), FakeLoop(1)};
    FakeOwner owner;
    std::vector<ISession*> sessions;
    for (size_t i = 0; i < 6; ++i) {
        sessions.push_back(world.open(loops[i % 2], owner));
    }
    world.identify(*sessions[3], "rtmp://h/live/x", RolePlay);
    SessionWorld::route(*sessions[3], owner);
    countBytes(&sessions[3]->counters()->toClient, 42);
    world.clock.advance(Milliseconds(500));

    const std::vector<SessionView> two = world.table.list(sessions[1]->id(), 2);
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0].id, sessions[2]->id());
    EXPECT_EQ(two[0].streamKey, "");
    EXPECT_EQ(two[0].originId, "");
    EXPECT_EQ(two[1].id, sessions[3]->id());
    EXPECT_EQ(two[1].protocol, "rtmp");
    EXPECT_EQ(two[1].client, "192.0.2.1:5000");
    EXPECT_EQ(two[1].streamKey, "h/live/x");
    EXPECT_EQ(two[1].originId, a);
    EXPECT_EQ(two[1].role, RolePlay);
    EXPECT_EQ(two[1].age, Milliseconds(500));
    EXPECT_EQ(two[1].bytes.toClient, 42u);
    EXPECT_EQ(world.table.list(0, 100).size(), 6u);
    EXPECT_TRUE(world.table.list(sessions[5]->id(), 100).empty());
    for (ISession* session : sessions) {
        session->close(CauseDone, SideClient, Str{});
    }
}

TEST(SessionTable, KicksOnTheSessionsLoop) {
    SessionWorld world;
    FakeLoop loops[] = {FakeLoop(0), FakeLoop(1)};
    FakeOwner owners[2];
    ISession* sessions[] = {world.open(loops[0], owners[0]), world.open(loops[1], owners[1])};
    EXPECT_FALSE(world.table.kick(12345, CauseKicked, "bye"));
    EXPECT_TRUE(world.table.kick(sessions[1]->id(), CauseKicked, "bye"));
    EXPECT_TRUE(owners[1].kicks.empty());
    EXPECT_EQ(loops[0].posted(), 0u);
    owners[1].onKick = [&] { sessions[1]->close(CauseKicked, SideProxy, Str{}); };
    loops[1].run();
    ASSERT_EQ(owners[1].kicks.size(), 1u);
    EXPECT_EQ(owners[1].kicks[0].first, CauseKicked);
    EXPECT_EQ(owners[1].kicks[0].second, "bye");
    EXPECT_EQ(world.table.size(), 1u);
    sessions[0]->close(CauseDone, SideClient, Str{});
}

TEST(SessionTable, DoesNotAskASessionThatEndedMeanwhile) {
    SessionWorld world;
    FakeLoop loop;
    FakeOwner owner;
    ISession* session = world.open(loop, owner);
    EXPECT_TRUE(world.table.kick(session->id(), CauseKicked, "bye"));
    session->close(CauseDone, SideClient, Str{});
    loop.run();
    EXPECT_TRUE(owner.kicks.empty());
    EXPECT_EQ(world.accessLines().size(), 1u);
}

TEST(SessionTable, KicksAllAlsoWhenOneClosesAnother) {
    SessionWorld world;
    FakeLoop loops[] = {FakeLoop(0), FakeLoop(1)};
    FakeOwner owners[3];
    ISession* a = world.open(loops[0], owners[0]);
    ISession* b = world.open(loops[0], owners[1]);
    ISession* c = world.open(loops[1], owners[2]);
    owners[0].onKick = [&] {
        b->close(CauseShutdown, SideProxy, Str{});
        a->close(CauseShutdown, SideProxy, Str{});
    };
    owners[2].onKick = [&] { c->close(CauseShutdown, SideProxy, Str{}); };
    world.table.kickAll(CauseShutdown, "restarting");
    loops[0].run();
    loops[1].run();
    EXPECT_EQ(owners[0].kicks.size(), 1u);
    EXPECT_TRUE(owners[1].kicks.empty());
    EXPECT_EQ(owners[2].kicks.size(), 1u);
    EXPECT_EQ(world.table.size(), 0u);
    world.table.kickAll(CauseShutdown, "again");
    EXPECT_EQ(loops[0].posted() + loops[1].posted(), 0u);
}

TEST(SessionTable, DropsKicksThatTheirLoopNeverRan) {
    SessionWorld world;
    FakeOwner owner;
    FakeLoop loop;
    ISession* session = world.open(loop, owner);
    world.table.kick(session->id(), CauseKicked, "too late"); // freed with the loop: see asan
    session->close(CauseDone, SideClient, Str{});
    EXPECT_EQ(loop.posted(), 1u);
}

TEST(SessionTable, EndsWhatAPluginLeftOpen) {
    RouteWorld world;
    const std::string a = world.add("o1", {"rtmp"});
    FakeMetrics metrics;
    FakeLoop loop;
    FakeOwner owner;
    {
        SessionTable table({}, world.clock, world.router, metrics, world.log, 1);
        SessionInfo info{};
        info.structSize = sizeof(SessionInfo);
        info.protocol = str("rtmp");
        ISession* session = table.serviceFor("leaky")->open(&loop, &info, &owner);
        session->identify(str("rtmp://h/live/x"), RolePublish, nullptr);
        SessionWorld::route(*session, owner);
        EXPECT_EQ(world.load(a).sessions, 1u);
    }
    EXPECT_EQ(world.load(a).sessions, 0u);
    EXPECT_EQ(world.sink->count("without closing its session"), 1u);
    EXPECT_EQ(world.sink->count("cause=shutdown"), 1u);
    EXPECT_EQ(metrics.value("sessions{protocol=rtmp}"), 0);
}

/// A plugin on one loop that keeps opening, routing and closing sessions.
class BusyPart {
public:
    BusyPart(SessionWorld& world, EventLoop& loop, int rounds)
        : world_(world), loop_(loop), left_(rounds) {}

    void step() {
        if (left_-- == 0) {
            done = true;
            return;
        }
        auto* guest = new Guest(*this);
        guest->session = world_.open(loop_, guest->owner, "192.0.2.1:5000");
        world_.identify(*guest->session, "rtmp://h/live/" + std::to_string(left_ % 20),
                        left_ % 3 == 0 ? RolePublish : RolePlay);
        SessionWorld::route(*guest->session, guest->owner);
        guest->session->report(left_ % 5 == 0 ? OutcomeSilent : OutcomeAccepted, Str{});
        countBytes(&guest->session->counters()->fromClient, 10);
        guest->owner.onKick = [guest] { guest->end(CauseKicked); };
        lastId = guest->session->id();
        loop_.post([guest] { guest->kicked ? delete guest : guest->finish(); });
        loop_.post([this] { step(); });
    }

    std::atomic<uint64_t> lastId{0};
    std::atomic<bool> done{false};
    int kicks = 0; ///< on the loop

private:
    struct Guest {
        explicit Guest(BusyPart& owningPart) : part(owningPart) {}
        void end(int32_t cause) {
            kicked = true;
            ++part.kicks;
            session->close(cause, SideProxy, Str{});
        }
        void finish() {
            session->close(CauseDone, SideClient, Str{});
            delete this;
        }
        BusyPart& part;
        ISession* session = nullptr;
        FakeOwner owner;
        bool kicked = false;
    };

    SessionWorld& world_;
    EventLoop& loop_;
    int left_;
};

TEST(SessionTable, StaysConsistentUnderKicksListsAndLoops) {
    constexpr int Rounds = 2000;
    SessionWorld world;
    for (int i = 1; i <= 3; ++i) {
        world.add("o" + std::to_string(i), {"rtmp"});
    }
    LoopGroup loops(2, Log(std::make_shared<NullLogSink>(), "event"));
    BusyPart first(world, loops.at(0), Rounds);
    BusyPart second(world, loops.at(1), Rounds);
    loops.start();
    loops.at(0).post([&] { first.step(); });
    loops.at(1).post([&] { second.step(); });
    while (!first.done || !second.done) {
        world.table.kick(first.lastId, CauseKicked, "test");
        world.table.kick(second.lastId, CauseKicked, "test");
        for (const SessionView& view : world.table.list(0, 10)) {
            EXPECT_EQ(view.client, "192.0.2.1:5000");
        }
        world.table.countBytes();
        world.router.pins("", 10);
        world.router.sweep();
    }
    loops.stop();
    EXPECT_EQ(world.table.size(), 0u);
    EXPECT_EQ(world.accessLines().size(), size_t{2} * Rounds);
    world.table.countBytes();
    EXPECT_EQ(world.metrics.value("bytes_total{protocol=rtmp,direction=from_client}"),
              2 * Rounds * 10);
    EXPECT_EQ(world.metrics.value("sessions_closed_total{protocol=rtmp,cause=kicked,side=proxy}"),
              first.kicks + second.kicks);
    for (const auto& origin : world.registry.table()->origins) {
        EXPECT_EQ(origin->load->sessions, 0u) << origin->id;
        EXPECT_EQ(origin->load->streams, 0u) << origin->id;
        EXPECT_EQ(world.balancer.live[origin->id], 0) << origin->id;
    }
}

} // namespace
} // namespace srsproxy
