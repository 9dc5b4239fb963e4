#include "registry_fixture.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

const std::string A = "a@10.0.0.1";
const std::string B = "b@10.0.0.1";

class RegistryHealthTest : public RegistryTest {
protected:
    void SetUp() override { settings.originTtl = 24h; }
    void enrollMany(int count) {
        for (int i = 0; i < count; ++i) {
            enroll(registration(std::string(1, static_cast<char>('a' + i))));
        }
    }
};

TEST_F(RegistryHealthTest, EjectsWhoCannotBeReached) {
    for (const int32_t outcome : {OutcomeConnectRefused, OutcomeConnectTimeout}) {
        enrollMany(2);
        fail(A, outcome);
        EXPECT_TRUE(ejected(A));
        EXPECT_FALSE(origin(A)->usable());
        EXPECT_EQ(origin(A)->ejectedUntil, clock.now() + settings.ejectBase);
        EXPECT_THAT(origin(A)->ejectReason, HasSubstr("(127.0.0.1:1935)"));
        registry().remove(A, "test");
    }
    EXPECT_EQ(log->count("origin a@10.0.0.1 ejected for 5.0 s: it refused the connection "
                         "(127.0.0.1:1935)"),
              1u);
}

TEST_F(RegistryHealthTest, EjectsAfterThreeFailuresInARow) {
    enrollMany(2);
    fail(A, OutcomeSilent);
    fail(A, OutcomeProtocolError);
    EXPECT_FALSE(ejected(A));
    fail(A, OutcomeSilent);
    EXPECT_TRUE(ejected(A));
    EXPECT_FALSE(ejected(B));
    EXPECT_EQ(origin(A)->load->failures, 3u);
}

TEST_F(RegistryHealthTest, DeclinedIsHealthy) {
    enrollMany(2);
    for (int i = 0; i < 10; ++i) {
        fail(A, OutcomeDeclined);
    }
    EXPECT_FALSE(ejected(A));
    EXPECT_EQ(origin(A)->load->failures, 0u);
}

TEST_F(RegistryHealthTest, ReadmitsAfterTheBackOffWhichDoubles) {
    enrollMany(2);
    for (const Milliseconds backOff : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        fail(A);
        pass(backOff - 1ms);
        EXPECT_TRUE(ejected(A)) << backOff.count();
        pass(1ms);
        EXPECT_FALSE(ejected(A)) << backOff.count();
        EXPECT_EQ(origin(A)->ejectReason, "");
    }
    EXPECT_EQ(log->count("origin a@10.0.0.1 readmitted: its time is over"), 8u);
}

TEST_F(RegistryHealthTest, SuccessResetsTheBackOff) {
    enrollMany(2);
    fail(A);
    pass(5s);
    fail(A);
    pass(10s);
    registry().report(A, OutcomeConnected, "");
    fail(A);
    EXPECT_EQ(origin(A)->ejectedUntil, clock.now() + 5s);
}

TEST_F(RegistryHealthTest, FailuresOfAnEjectedOriginChangeNothing) {
    enrollMany(2);
    fail(A);
    const auto before = registry().table();
    clock.advance(1s);
    for (int i = 0; i < 10; ++i) {
        fail(A, OutcomeSilent);
        fail(A);
    }
    EXPECT_EQ(registry().table(), before);
    EXPECT_EQ(origin(A)->load->failures, 21u);
    pass(4s);
    EXPECT_FALSE(ejected(A));
    fail(A, OutcomeSilent);
    EXPECT_FALSE(ejected(A));
}

TEST_F(RegistryHealthTest, HeartbeatDoesNotReadmit) {
    enrollMany(2);
    fail(A);
    clock.advance(4s);
    enrollMany(1);
    registry().sweep();
    EXPECT_TRUE(ejected(A));
}

TEST_F(RegistryHealthTest, RestartReadmitsAndClearsTheBackOff) {
    enrollMany(2);
    fail(A);
    pass(5s);
    fail(A);
    EXPECT_TRUE(ejected(A));
    enroll(registration("a", "10.0.0.1", "2"));
    EXPECT_FALSE(ejected(A));
    EXPECT_EQ(log->count("origin a@10.0.0.1 readmitted: it restarted"), 1u);
    fail(A);
    EXPECT_EQ(origin(A)->ejectedUntil, clock.now() + 5s);
}

TEST_F(RegistryHealthTest, NeverEjectsMoreThanTheShare) {
    struct Row {
        uint32_t percent;
        int origins;
        size_t ejected;
    };
    for (const Row& row : {Row{50, 1, 0}, Row{50, 2, 1}, Row{50, 3, 1}, Row{50, 4, 2}, Row{0, 4, 0},
                           Row{100, 1, 1}, Row{100, 3, 3}, Row{34, 3, 1}}) {
        settings.ejectMaxPercent = row.percent;
        Registry own(settings, clock, resolver, Log(log, "registry"));
        for (int i = 0; i < row.origins; ++i) {
            ASSERT_TRUE(own.enroll(registration(std::to_string(i)), OriginSource::Heartbeat));
        }
        const auto before = own.table();
        for (const auto& entry : before->origins) {
            own.report(entry->id, OutcomeConnectRefused, "");
        }
        size_t count = 0;
        const auto after = own.table();
        for (const auto& entry : after->origins) {
            count += entry->ejected ? 1 : 0;
        }
        EXPECT_EQ(count, row.ejected) << row.percent << " % of " << row.origins;
    }
    EXPECT_GT(log->count("but stays: 1 of 2 origins are ejected already"), 0u);
}

TEST_F(RegistryHealthTest, KeepsTheShareWhenOriginsLeave) {
    enrollMany(4);
    fail(A);
    clock.advance(1s);
    fail(B);
    EXPECT_TRUE(ejected(A) && ejected(B));
    registry().remove("c@10.0.0.1", "test");
    EXPECT_FALSE(ejected(A)) << "the one whose time is over first";
    EXPECT_TRUE(ejected(B));
    registry().remove(B, "test");
    EXPECT_EQ(size(), 2u);
    fail(A);
    EXPECT_TRUE(ejected(A)) << "the removed one does not count any more";
}

TEST_F(RegistryHealthTest, KeepsTheShareWhenOriginsExpire) {
    settings.originTtl = 3s;
    settings.minLifetime = 3s;
    enrollMany(2);
    clock.advance(2s);
    enroll(registration("b"));
    fail(B);
    ASSERT_TRUE(ejected(B));
    pass(2s);
    EXPECT_EQ(size(), 1u);
    EXPECT_FALSE(ejected(B));
}

TEST_F(RegistryHealthTest, IgnoresReportsOfUnknownOriginsAndUnknownOutcomes) {
    enrollMany(2);
    const auto before = registry().table();
    registry().report("nobody@10.0.0.1", OutcomeConnectRefused, "");
    registry().report(A, -77, "");
    registry().report(A, 77, "");
    EXPECT_EQ(registry().table(), before);
}

TEST_F(RegistryHealthTest, ShowsAPluginsDetailSafely) {
    enrollMany(2);
    registry().report(A, OutcomeConnectRefused, "a\nb" + std::string(10'000, 'x'));
    EXPECT_EQ(origin(A)->ejectReason.find('\n'), std::string::npos);
    EXPECT_LT(origin(A)->ejectReason.size(), 200u);
}

} // namespace
} // namespace srsproxy
