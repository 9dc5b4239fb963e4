#include "core/app/signals.h"

#include <gtest/gtest.h>

#include <csignal>

#include <unistd.h>

namespace srsproxy {
namespace {

TEST(Signals, AreTakenByAskingOnly) {
    blockSignals();
    EXPECT_FALSE(waitForSignal(std::chrono::milliseconds(0)));
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
    const auto signal = waitForSignal(std::chrono::seconds(10));
    ASSERT_TRUE(signal);
    EXPECT_EQ(*signal, SIGTERM);
    EXPECT_TRUE(isEndSignal(*signal));
    EXPECT_FALSE(isEndSignal(SIGHUP));
    ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
    EXPECT_EQ(waitForSignal(), SIGUSR1);
}

} // namespace
} // namespace srsproxy
