// What becomes of a stream whose origin dies: the rules at the head of router.h, and the searches
// of sessions, played as sequences of events.

#include <atomic>
#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "session_fixture.h"

namespace srsproxy {
namespace {

constexpr auto Key = "h/live/x";

/// Sessions of one stream over origins a, b, c, …; a script of events moves them.
class Story {
public:
    explicit Story(int origins) {
        for (int i = 0; i < origins; ++i) {
            enrol(static_cast<char>('a' + i));
        }
    }
    ~Story() {
        for (auto& [name, actor] : actors_) {
            actor.session->close(CauseDone, SideClient, Str{});
        }
    }

    /// The publisher P and the players V and W, settled on `a`.
    void settle() {
        for (const char name : {'P', 'V', 'W'}) {
            play(std::string{name, '>', 'a'});
            play(std::string{name, '+'});
        }
    }

    /// Words of a script. Of a session (P publishes, all others play): `P!` it reports its origin
    /// lost, `P-` that it refuses the connection, `P+` that it took the stream; `P>b` it asks and
    /// gets b, `P*b` likewise afresh, `P>x` and it is refused. Of an origin: `@a` it restarts. `=b`
    /// the stream is pinned to b, `=x` to none. `t` five seconds pass.
    void run(const std::string& script) {
        std::istringstream words(script);
        for (std::string word; words >> word;) {
            SCOPED_TRACE(script + ", at " + word);
            play(word);
        }
    }

private:
    struct Actor {
        FakeOwner owner;
        ISession* session = nullptr;
    };

    void enrol(char origin) {
        ids_[origin] = world_.add("o" + std::to_string(origin - 'a' + 1), {"rtmp"}, 0,
                                  std::to_string(++pids_));
    }

    void play(const std::string& word) {
        if (word == "t") {
            world_.clock.advance(Milliseconds(5000));
            world_.registry.sweep();
        } else if (word[0] == '@') {
            enrol(word[1]);
        } else if (word[0] == '=') {
            EXPECT_EQ(world_.pinOf(Key), word[1] == 'x' ? "" : ids_[word[1]]);
        } else {
            act(actor(word[0]), word);
        }
    }

    void act(Actor& actor, const std::string& word) {
        switch (word[1]) {
        case '!':
            return actor.session->report(OutcomeLost, Str{});
        case '-':
            return actor.session->report(OutcomeConnectRefused, Str{});
        case '+':
            return actor.session->report(OutcomeAccepted, Str{});
        default:
            SessionWorld::route(*actor.session, actor.owner, "",
                                word[1] == '*' ? uint32_t{RouteAfresh} : 0);
            EXPECT_EQ(actor.owner.originId, word[2] == 'x' ? "" : ids_[word[2]]);
        }
    }

    Actor& actor(char name) {
        Actor& actor = actors_[name];
        if (actor.session == nullptr) {
            actor.session = world_.open(loop_, actor.owner);
            world_.identify(*actor.session, "rtmp://h/live/x",
                            name == 'P' ? RolePublish : RolePlay);
        }
        return actor;
    }

    SessionWorld world_;
    FakeLoop loop_;
    std::map<char, std::string> ids_;
    std::map<char, Actor> actors_;
    int pids_ = 0;
};

TEST(LostOrigin, TheStreamGoesOnAtOnePlace) {
    const struct {
        const char* name;
        int origins;
        const char* script;
    } rows[] = {
        {"publisher first", 3, "P! P>b =b P+ V! V>b W! W>b N>b"},
        {"a player before it", 3, "V! V>x =a P! P>b =b V*b P+ N>b"},
        {"all players before it", 3, "V! V>x W! W>x =a P! P>b P+ V*b W*b"},
        {"lost by all before one asks", 3, "V! W! P! =x V>b =b P>b P+ W>b"},
        {"a new player finds out", 3, "N>a N- N>x =a P! P>b P+ N*b"},
        {"only the publisher's connection broke", 3, "P! P>b P+ =b N>b V! V>b"},
        {"the next origin is dead too", 3, "P! P>b P- =x P>c =c P+ V! V>c"},
        {"a player on the way cannot reach it", 3, "P! P>b V! V>b V- V>c P+ =b V- V*b"},
        {"a player waits where it comes to", 3, "P! P>b P- V! V>c V+ =c P>c P+ W! W>c"},
        {"players alone", 3, "P! P>b P+ V! V>b V+ P! V! =x V>c P>c"},
        {"no other origin", 1, "P! P>x P*a P- =a P*x t P*a P+ V! V>x V*a"},
        {"no origin is left", 2, "P! P>b P- P>x P*a P- P>x t P*b P+ =b"},
        {"restarted before anyone noticed", 3, "@a N>b =b P! P>b P+ V! V>b"},
        {"restarted while the publisher searches", 1, "P! P>x @a P>a P+ =a V! V>a"},
        {"restarted, and the stream comes back to it", 2, "P! P>b P- P>x @a P>a P+ V! V>a"},
        {"attempts count per search", 5, "P! P>b P- P>c P- P>d P- P>x P*e P+ P! P>a P+"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        Story story(row.origins);
        story.settle();
        story.run(row.script);
    }
}

/// The publisher and two players on two loops learn of it at the same time.
TEST(LostOrigin, TwoLoopsAgreeWhereTheStreamGoesOn) {
    constexpr int Rounds = 300;
    SessionWorld world;
    const std::string a = world.add("o1", {"rtmp"});
    world.add("o2", {"rtmp"});
    world.add("o3", {"rtmp"});
    for (int round = 0; round < Rounds; ++round) {
        const std::string key = "h/live/" + std::to_string(round);
        const std::string url = "rtmp://" + key;
        std::atomic<int> waiting{2};
        std::vector<std::string> places(3);
        std::vector<std::vector<std::string>> answers(3);
        world.balancer.answers = {0}; // the stream begins on `a`
        std::vector<ISession*> sessions(3);
        std::vector<FakeOwner> owners(3);
        FakeLoop loops[] = {FakeLoop(0), FakeLoop(1)};
        const auto start = [&](size_t i) {
            sessions[i] = world.open(loops[i == 0 ? 0 : 1], owners[i]);
            world.identify(*sessions[i], url, i == 0 ? RolePublish : RolePlay);
            SessionWorld::route(*sessions[i], owners[i]);
            sessions[i]->report(OutcomeAccepted, Str{});
        };
        const auto resume = [&](size_t i) {
            sessions[i]->report(OutcomeLost, Str{});
            for (uint32_t flags = 0; places[i].empty(); flags = RouteAfresh) {
                SessionWorld::route(*sessions[i], owners[i], "", flags);
                answers[i].push_back(owners[i].originId);
                if (owners[i].originId == a) {
                    sessions[i]->report(OutcomeConnectTimeout, Str{});
                } else if (!owners[i].originId.empty()) {
                    sessions[i]->report(OutcomeAccepted, Str{});
                    places[i] = owners[i].originId;
                }
            }
        };
        const auto loop = [&](const std::vector<size_t>& mine) {
            for (const size_t i : mine) {
                start(i);
            }
            for (--waiting; waiting > 0;) {
                std::this_thread::yield();
            }
            for (const size_t i : mine) {
                resume(i);
            }
            for (--waiting; waiting > -2;) { // nobody's end may free the pin for the others
                std::this_thread::yield();
            }
            for (const size_t i : mine) {
                sessions[i]->close(CauseDone, SideClient, Str{});
            }
        };
        start(0); // makes the pin, which stays when it is gone
        sessions[0]->close(CauseDone, SideClient, Str{});
        std::thread second(loop, std::vector<size_t>{1, 2});
        loop({0});
        second.join();
        EXPECT_EQ(world.pinOf(key), places[0]);
        for (size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(places[i], places[0]) << "session " << i;
            for (const std::string& answer : answers[i]) {
                EXPECT_TRUE(answer.empty() || answer == a || answer == places[0]) << answer;
            }
        }
        world.clock.advance(Milliseconds(300'000)); // what was ejected comes back
        world.registry.sweep();
    }
    EXPECT_EQ(world.table.size(), 0u);
}

class SearchTest : public testing::Test {
protected:
    void route(uint32_t flags = 0) { SessionWorld::route(*session, owner, "", flags); }

    SessionWorld world;
    FakeLoop loop;
    FakeOwner owner;
    const std::string a = world.add("o1", {"rtmp"});
    const std::string b = world.add("o2", {"rtmp"});
    ISession* session = world.open(loop, owner);
    const int32_t named = world.identify(*session, "rtmp://h/live/x", RolePublish);
};

TEST_F(SearchTest, CountsAttemptsPerSearchAndLogsThemAll) {
    ASSERT_EQ(named, StatusOk);
    for (int lives = 0; lives < 4; ++lives) {
        route();
        EXPECT_EQ(owner.originId, lives % 2 == 0 ? a : b);
        EXPECT_EQ(owner.attempt, 1u);
        session->report(OutcomeConnected, Str{});
        session->report(OutcomeAccepted, Str{});
        session->report(OutcomeLost, Str{});
    }
    route(); // a again
    session->report(OutcomeConnectRefused, Str{});
    route(); // b is the one that was lost
    EXPECT_EQ(owner.code, RouteExhausted);
    EXPECT_EQ(owner.attempt, 0u);
    session->close(CauseOriginFailed, SideOrigin, Str{});
    EXPECT_EQ(world.accessLines()[0].fields[5].second, a);
    EXPECT_EQ(world.accessLines()[0].fields[6].second, "5");
    EXPECT_EQ(world.load(a).sessions + world.load(b).sessions, 0u);
}

TEST_F(SearchTest, AfreshOffersEveryOriginAgain) {
    route();
    session->report(OutcomeProtocolError, Str{}); // not ejected
    route();
    EXPECT_EQ(owner.originId, b);
    session->report(OutcomeProtocolError, Str{});
    route();
    EXPECT_EQ(owner.code, RouteExhausted);
    route(RouteAfresh);
    EXPECT_EQ(owner.originId, a);
    EXPECT_EQ(owner.attempt, 1u);
    session->report(OutcomeProtocolError, Str{});
    route();
    EXPECT_EQ(owner.originId, b);
    EXPECT_EQ(owner.attempt, 2u);
    session->close(CauseDone, SideClient, Str{});
    EXPECT_EQ(world.accessLines()[0].fields[6].second, "4");
}

TEST_F(SearchTest, AfreshKnowsFlagsOnlyOfItsOwn) {
    route();
    session->report(OutcomeProtocolError, Str{});
    route(~uint32_t{RouteAfresh}); // of a later release
    EXPECT_EQ(owner.originId, b);
    session->close(CauseDone, SideClient, Str{});
}

} // namespace
} // namespace srsproxy
