#include "plugins/rtmp/capability_inquiry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>

#include "tests/plugins/rtmp/capability_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

TEST_F(CapabilityInquiryTest, OffersWhatAllOriginsOffer) {
    OpenPort a;
    OpenPort b;
    pool.origins = {{"a", a.port()}, {"b", b.port()}, {"down", 1, 1, false}};
    Side& one = side();
    Asking client(one, &pool);
    Asked first(a);
    Asked second(b);
    first.answer(caps({"hvc1", "av01"}, 15));
    EXPECT_FALSE(client.answered());
    second.answer(caps({"*"}, 6));
    EXPECT_EQ(client.offer(), caps({"hvc1", "av01"}, 6));
    EXPECT_EQ(first.peer.end(), End::Fin);
    EXPECT_EQ(second.peer.end(), End::Fin);

    // In the client's name, but for everything.
    EXPECT_EQ(first.app, "live");
    EXPECT_EQ(first.tcUrl, "rtmp://h/live?token=1");
    EXPECT_EQ(first.wanted.capsEx, CapsEx::Known);
    EXPECT_FALSE(first.wanted.fourCcs.empty());

    // The next client costs the origins nothing.
    Asking next(one, &pool);
    EXPECT_EQ(next.offer(), caps({"hvc1", "av01"}, 6));
    EXPECT_EQ(one.started(), 2);
}

TEST_F(CapabilityInquiryTest, OffersNothingWhenOneOriginOffersNothing) {
    OpenPort a;
    OpenPort b;
    pool.origins = {{"a", a.port()}, {"b", b.port()}};
    Asking client(side(), &pool);
    Asked(a).answer(caps({"hvc1"}, 15));
    Asked(b).answer({}); // SRS, nginx-rtmp and others say nothing of it
    EXPECT_TRUE(client.offer().empty());
}

TEST_F(CapabilityInquiryTest, IsAnsweredWithoutOrigins) {
    Side& one = side();
    EXPECT_TRUE(Asking(one, &pool).offer().empty());
    EXPECT_TRUE(Asking(one, nullptr).offer().empty());
    pool.origins = {{"no socket", 0}};
    EXPECT_TRUE(Asking(one, &pool).offer().empty());
}

TEST_F(CapabilityInquiryTest, OffersReconnectOnlyWhenTold) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& one = side();
    Asking told(one, &pool, true);
    Asked(a).answer(caps({"hvc1"}, 15));
    EXPECT_EQ(told.offer().capsEx, 15u);
    EXPECT_EQ(Asking(one, &pool, false).offer().capsEx, 14u);
}

TEST_F(CapabilityInquiryTest, TellsTheOriginTheClientsAddressFirst) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& one = side();
    one.connector.tellClient = true;
    Asking client(one, &pool);
    Asked asked(a);
    const Bytes head = asked.peer.raw(14);
    EXPECT_EQ(std::string(head.begin(), head.end()), "192.0.2.1:5000");
    asked.answer(caps({"hvc1"}));
    EXPECT_EQ(client.offer(), caps({"hvc1"}));
}

TEST_F(CapabilityInquiryTest, IsNotLimitedByOriginsThatSayNothing) {
    using Behave = std::function<void(Asked&)>;
    const struct {
        const char* name;
        Behave behave;
    } rows[] = {
        {"refuses",
         [](Asked& bad) {
             bad.greet();
             bad.peer.refuse(bad.transaction, "NetConnection.Connect.Rejected", "no such app");
         }},
        {"refuses by a status",
         [](Asked& bad) {
             bad.greet();
             bad.peer.status(0, "error", "NetConnection.Connect.Rejected", "no");
         }},
        {"hangs up at once", [](Asked& bad) { bad.peer.leave(); }},
        {"hangs up instead of an answer",
         [](Asked& bad) {
             bad.greet();
             bad.peer.leave();
         }},
        {"resets",
         [](Asked& bad) {
             bad.greet();
             bad.peer.reset();
         }},
        {"is no RTMP server",
         [](Asked& bad) { bad.peer.trySend(Bytes(2000, static_cast<uint8_t>('H'))); }},
        {"sends garbage for an answer",
         [](Asked& bad) {
             bad.greet();
             bad.peer.trySend(Bytes(200, 0xFF));
         }},
        {"talks without end",
         [](Asked& bad) {
             bad.greet();
             Bytes noise;
             while (noise.size() < 10'000) {
                 bad.peer.writer.write(makeUserControl(UserEvent::PingRequest, 1), noise);
             }
             while (bad.peer.trySend(noise)) {
             }
         }},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        CapabilityBook fresh;
        Side one(loops.at(0), fresh, BudgetNeverUs);
        OpenPort good;
        OpenPort bad;
        pool.origins = {{"bad", bad.port()}, {"good", good.port()}};
        Asking client(one, &pool);
        Asked silent(bad);
        row.behave(silent);
        EXPECT_FALSE(client.answered());
        Asked(good).answer(caps({"hvc1"}));
        EXPECT_EQ(client.offer(), caps({"hvc1"}));

        // It is left alone for a while, and nobody waits for it.
        EXPECT_EQ(Asking(one, &pool).offer(), caps({"hvc1"}));
        EXPECT_EQ(one.started(), 2);
        one.waitIdle();
    }
}

TEST_F(CapabilityInquiryTest, AnswersAtTheDeadlineWithWhatIsKnown) {
    OpenPort good;
    OpenPort mute;
    DeafPort deaf;
    pool.origins = {{"deaf", deaf.port()}, {"good", good.port()}, {"mute", mute.port()}};
    Side& one = side(0, BudgetShortUs);
    Asking client(one, &pool);
    Asked silent(mute);
    Asked(good).answer(caps({"hvc1"}));
    EXPECT_FALSE(client.answered());
    EXPECT_EQ(client.offer(), caps({"hvc1"}));
    EXPECT_NE(silent.peer.end(), End::StillOpen);
    one.waitIdle();

    Asking next(one, &pool);
    EXPECT_EQ(next.offer(), caps({"hvc1"}));
    EXPECT_EQ(one.started(), 3);
}

TEST_F(CapabilityInquiryTest, EndsAConnectionThatTheOriginKeepsOpen) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& one = side(0, BudgetShortUs);
    Asking client(one, &pool);
    Asked asked(a);
    asked.answer(caps({"hvc1"}));
    EXPECT_EQ(client.offer(), caps({"hvc1"}));
    EXPECT_EQ(asked.peer.end(), End::Fin);
    one.waitIdle(); // although the origin does not close its side
}

TEST_F(CapabilityInquiryTest, TwoClientsAtOnceShareOneInquiry) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& here = side(0);
    Side& there = side(1);
    Asking first(here, &pool);
    Asking second(there, &pool);
    Asking third(here, &pool);
    Asked(a).answer(caps({"hvc1"}));
    EXPECT_EQ(first.offer(), caps({"hvc1"}));
    EXPECT_EQ(second.offer(), caps({"hvc1"}));
    EXPECT_EQ(third.offer(), caps({"hvc1"}));
    EXPECT_EQ(here.started() + there.started(), 1);
}

TEST_F(CapabilityInquiryTest, GoesOnAskingWhenTheClientLeaves) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& one = side();
    Asking client(one, &pool);
    Asked asked(a);
    client.leave();
    Asking next(one, &pool);
    asked.answer(caps({"hvc1"}));
    EXPECT_EQ(next.offer(), caps({"hvc1"}));
    EXPECT_FALSE(client.answered());
    EXPECT_EQ(one.started(), 1);
}

TEST_F(CapabilityInquiryTest, OthersDoNotWaitForALoopThatEnds) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& ending = side(0);
    Asking first(ending, &pool);
    Asking second(side(1), &pool);
    Asked asked(a);
    first.leave();
    ending.loop.call([&] { ending.asker.reset(); });
    EXPECT_TRUE(second.offer().empty());
    EXPECT_NE(asked.peer.end(), End::StillOpen);
}

TEST_F(CapabilityInquiryTest, AsksFewAtATimeAndABoundedNumberInAll) {
    OpenPort all;
    for (int i = 0; i < 20; ++i) {
        pool.origins.push_back({"origin" + std::to_string(i), all.port()});
    }
    Side& one = side();
    Asking client(one, &pool);
    std::deque<Asked> open;
    for (size_t i = 0; i < CapabilityInquiry::MaxAsked; ++i) {
        const size_t before =
            std::min(CapabilityInquiry::MaxAsked, i + CapabilityInquiry::MaxAskedAtATime);
        while (open.size() < before - i) {
            open.emplace_back(all);
        }
        EXPECT_EQ(one.started(), static_cast<int>(before));
        EXPECT_FALSE(client.answered());
        open.front().answer(caps({"hvc1"}));
        EXPECT_EQ(open.front().peer.end(), End::Fin);
        open.pop_front();
    }
    EXPECT_EQ(client.offer(), caps({"hvc1"}));

    Asking next(one, &pool); // the others
    for (int i = 0; i < 4; ++i) {
        Asked(all).answer(caps({"av01"}));
    }
    EXPECT_TRUE(next.offer().empty());
    EXPECT_EQ(one.started(), 20);
}

TEST_F(CapabilityInquiryTest, NobodyWaitsForARefresh) {
    CapabilityBook stale({.freshUs = 0});
    Side one(loops.at(0), stale, BudgetNeverUs);
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Asking first(one, &pool);
    Asked(a).answer(caps({"hvc1"}));
    EXPECT_EQ(first.offer(), caps({"hvc1"}));

    EXPECT_EQ(Asking(one, &pool).offer(), caps({"hvc1"}));
    Asked again(a);
    again.answer(caps({"av01"}));
    EXPECT_EQ(again.peer.end(), End::Fin);
    EXPECT_EQ(Asking(one, &pool).offer(), caps({"av01"}));
}

TEST_F(CapabilityInquiryTest, AsksAnOriginThatHasRestarted) {
    OpenPort a;
    pool.origins = {{"a", a.port()}};
    Side& one = side();
    Asking before(one, &pool);
    Asked(a).answer(caps({"hvc1"}));
    EXPECT_EQ(before.offer(), caps({"hvc1"}));
    pool.origins[0].generation = 2;
    Asking after(one, &pool);
    Asked(a).answer(caps({"av01"}));
    EXPECT_EQ(after.offer(), caps({"av01"}));
}

} // namespace
} // namespace srsproxy::rtmp::test
