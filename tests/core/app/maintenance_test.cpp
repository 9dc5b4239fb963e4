#include "core/app/maintenance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace srsproxy {
namespace {

TEST(Maintenance, RunsEachDutyAgainAndAgain) {
    Maintenance maintenance;
    std::promise<void> often;
    std::promise<void> other;
    int runs = 0;
    bool ran = false;
    maintenance.every(Milliseconds(1), [&] {
        if (++runs == 5) {
            often.set_value();
        }
    });
    maintenance.every(Milliseconds(2), [&] {
        if (!std::exchange(ran, true)) {
            other.set_value();
        }
    });
    maintenance.start();
    EXPECT_EQ(often.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(other.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Maintenance, StopsWithoutWaitingForTheNextDuty) {
    Maintenance maintenance;
    std::atomic<int> runs{0};
    maintenance.every(std::chrono::hours(1), [&] { ++runs; });
    maintenance.start();
    maintenance.stop();
    EXPECT_EQ(runs, 0);
}

} // namespace
} // namespace srsproxy
