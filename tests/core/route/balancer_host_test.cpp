#include "core/route/balancer_host.h"

#include <gtest/gtest.h>

#include "core/route/stream_key.h"
#include "route_fixture.h"

namespace srsproxy {
namespace {

std::shared_ptr<const Origin> origin(const std::string& id, uint32_t weight = 100) {
    auto made = std::make_shared<Origin>();
    made->id = id;
    made->registration.weight = weight;
    made->registration.kind = "srs";
    return made;
}

std::shared_ptr<const OriginTable> tableOf(std::vector<std::shared_ptr<const Origin>> origins) {
    auto table = std::make_shared<OriginTable>();
    table->origins = std::move(origins);
    return table;
}

class BalancerHostTest : public testing::Test {
protected:
    PickInput input() { return {"v/live/x", "rtmp", "192.0.2.1:5", RolePublish, 2}; }

    ManualClock clock;
    FakeMetrics metrics;
    FakeBalancer balancer;
    std::shared_ptr<MemoryLogSink> sink = std::make_shared<MemoryLogSink>();
    BalancerHost host{balancer, "fake", Log(sink, "router"), &metrics, &clock};

    int64_t errors() const { return metrics.value("balancer_errors_total{balancer=fake}"); }
};

TEST_F(BalancerHostTest, TellsOfNoOriginsAtTheStart) {
    EXPECT_EQ(balancer.updates, 1);
    EXPECT_TRUE(host.table()->origins.empty());
    EXPECT_EQ(host.pick(input(), {}), -1);
    EXPECT_EQ(balancer.picks, 0);
}

TEST_F(BalancerHostTest, HandsOverTheWholeRequest) {
    const auto a = origin("a");
    const auto b = origin("b");
    b->load->sessions = 7;
    host.update(tableOf({a, b}));
    EXPECT_EQ(balancer.ids, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(host.pick(input(), {false, true}), 1);
    EXPECT_EQ(balancer.last.count, 2u);
    EXPECT_EQ(balancer.last.role, RolePublish);
    EXPECT_EQ(balancer.last.attempt, 2u);
    EXPECT_EQ(balancer.last.streamHash, hashKey("v/live/x"));
    EXPECT_EQ(balancer.lastKey, "v/live/x");
    EXPECT_EQ(balancer.lastSessions, (std::vector<uint32_t>{0, 7}));
}

TEST_F(BalancerHostTest, FillsTheBitmapBeyondOneWord) {
    std::vector<std::shared_ptr<const Origin>> origins;
    for (int i = 0; i < 130; ++i) {
        origins.push_back(origin(std::to_string(1000 + i)));
    }
    host.update(tableOf(origins));
    std::vector<bool> eligible(130);
    eligible[129] = true;
    EXPECT_EQ(host.pick(input(), eligible), 129);
    eligible[129] = false;
    eligible[64] = true;
    EXPECT_EQ(host.pick(input(), eligible), 64);
    EXPECT_EQ(errors(), 0);
}

TEST_F(BalancerHostTest, UpdatesOnlyWhenItsViewChanges) {
    host.update(tableOf({origin("a")}));
    EXPECT_EQ(balancer.updates, 2);
    const auto same = tableOf({origin("a")});
    host.update(same);
    EXPECT_EQ(balancer.updates, 2);
    EXPECT_EQ(host.table(), same);
    host.update(tableOf({origin("a", 50)}));
    EXPECT_EQ(balancer.updates, 3);
    host.update(tableOf({origin("a", 50), origin("b")}));
    EXPECT_EQ(balancer.updates, 4);
    host.update(tableOf({origin("b")}));
    EXPECT_EQ(balancer.updates, 5);
}

TEST_F(BalancerHostTest, RespectsNone) {
    host.update(tableOf({origin("a")}));
    balancer.answers = {PickNone};
    EXPECT_EQ(host.pick(input(), {true}), -1);
    EXPECT_EQ(errors(), 0);
}

TEST_F(BalancerHostTest, TakesFirstEligibleWhenThePickFails) {
    host.update(tableOf({origin("a"), origin("b")}));
    balancer.answers = {PickFailed};
    EXPECT_EQ(host.pick(input(), {false, true}), 1);
    EXPECT_EQ(sink->count("balancer fake failed to pick: the dice are lost"), 1u);
    EXPECT_EQ(sink->entries().back().topic, "balancer failed");
    EXPECT_EQ(errors(), 1);
}

TEST_F(BalancerHostTest, TakesFirstEligibleWhenTheAnswerIsSenseless) {
    host.update(tableOf({origin("a"), origin("b"), origin("c")}));
    balancer.answers = {3, -7, INT64_MAX, INT64_MIN, 0};
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(host.pick(input(), {false, true, true}), 1);
        EXPECT_EQ(sink->entries().back().topic, "balancer answer");
    }
    EXPECT_EQ(sink->count("balancer fake picked origin 3 of 3"), 1u);
    EXPECT_EQ(sink->count("picked origin a, which is not eligible"), 1u);
    EXPECT_EQ(errors(), 5);
}

TEST_F(BalancerHostTest, NamesASlowPick) {
    host.update(tableOf({origin("a")}));
    balancer.clock = &clock;
    balancer.slowness = BalancerHost::SlowCall;
    EXPECT_EQ(host.pick(input(), {true}), 0);
    EXPECT_EQ(sink->count("took"), 0u);
    balancer.slowness = Milliseconds(50);
    EXPECT_EQ(host.pick(input(), {true}), 0);
    EXPECT_EQ(sink->count("balancer fake took 50 ms for pick()"), 1u);
    EXPECT_EQ(sink->entries().back().topic, "balancer slow");
}

TEST_F(BalancerHostTest, AsksNothingOfABalancerThatCouldNotUpdate) {
    balancer.failUpdates = 2;
    host.update(tableOf({origin("a"), origin("b")}));
    EXPECT_EQ(sink->count("could not take 2 origins: out of buckets"), 1u);
    EXPECT_EQ(host.pick(input(), {false, true}), 1); // a second try fails too
    EXPECT_EQ(balancer.picks, 0);
    EXPECT_EQ(host.pick(input(), {true, true}), 0); // the third succeeds
    EXPECT_EQ(balancer.picks, 1);
    EXPECT_EQ(errors(), 2);
}

TEST_F(BalancerHostTest, PassesFeedbackOn) {
    host.opened("a");
    host.opened("a");
    host.closed("a", OutcomeLost);
    EXPECT_EQ(balancer.live["a"], 1);
    EXPECT_EQ(balancer.outcomes, (std::vector<int32_t>{OutcomeLost}));
}

} // namespace
} // namespace srsproxy
