#include "core/registry/failure_count.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace srsproxy {
namespace {

TEST(FailureCount, SaysWhenAnOriginShouldBeLeftAlone) {
    struct Row {
        const char* what;
        std::vector<int32_t> outcomes;
        bool eject; ///< at the last one, and not before
    };
    const std::vector<Row> rows{
        {"refused", {OutcomeConnectRefused}, true},
        {"not reached", {OutcomeConnectTimeout}, true},
        {"silent once", {OutcomeSilent}, false},
        {"twice", {OutcomeSilent, OutcomeProtocolError}, false},
        {"three in a row", {OutcomeSilent, OutcomeProtocolError, OutcomeSilent}, true},
        {"a success between",
         {OutcomeSilent, OutcomeSilent, OutcomeAccepted, OutcomeSilent},
         false},
        {"a decline between",
         {OutcomeSilent, OutcomeSilent, OutcomeDeclined, OutcomeSilent},
         false},
        {"streams lost midway", {OutcomeLost, OutcomeLost, OutcomeLost, OutcomeLost}, false},
        {"connects and stays silent, always",
         {OutcomeConnected, OutcomeSilent, OutcomeConnected, OutcomeSilent, OutcomeConnected,
          OutcomeSilent},
         true},
        {"declined", {OutcomeDeclined, OutcomeDeclined, OutcomeDeclined, OutcomeDeclined}, false},
        {"unknown", {-77, -77, -77, -77, 0, 99}, false},
    };
    for (const Row& row : rows) {
        FailureCount failures;
        for (size_t i = 0; i < row.outcomes.size(); ++i) {
            const bool last = i + 1 == row.outcomes.size();
            EXPECT_EQ(failures.report(row.outcomes[i]), last && row.eject) << row.what << ' ' << i;
        }
    }
}

TEST(FailureCount, BacksOffTwiceAsLongEachTime) {
    const RegistrySettings settings;
    FailureCount failures;
    for (const Milliseconds wanted : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        EXPECT_EQ(failures.nextBackOff(settings), wanted);
    }
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(failures.nextBackOff(settings), 300s);
    }
    for (const int32_t success : {OutcomeConnected, OutcomeAccepted, OutcomeDeclined}) {
        failures.report(success);
        EXPECT_EQ(failures.nextBackOff(settings), 5s);
        EXPECT_EQ(failures.nextBackOff(settings), 10s);
    }
}

TEST(FailureCount, CountsAnewAfterABackOff) {
    FailureCount failures;
    EXPECT_FALSE(failures.report(OutcomeSilent));
    EXPECT_FALSE(failures.report(OutcomeSilent));
    EXPECT_TRUE(failures.report(OutcomeSilent));
    (void)failures.nextBackOff(RegistrySettings{});
    EXPECT_FALSE(failures.report(OutcomeSilent));
}

TEST(FailureCount, HasAWordForEachFailure) {
    EXPECT_EQ(failureText(OutcomeConnectRefused), std::string("refused the connection"));
    EXPECT_EQ(failureText(-77), std::string("failed"));
}

} // namespace
} // namespace srsproxy
