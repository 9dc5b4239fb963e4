#include "core/app/force_quit.h"

#include <future>

#include <gtest/gtest.h>

#include "core/base/log_memory.h"
#include "core/base/log_poco.h"

namespace srsproxy {
namespace {

TEST(ForceQuit, EndsAProcessThatHangs) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            const SteadyClock clock;
            const ForceQuit quit(Milliseconds(20), Log(*PocoLogSink::open({}, clock), "process"));
            std::promise<void>().get_future().wait();
        },
        testing::ExitedWithCode(1), "");
}

TEST(ForceQuit, LeavesAnEndInTimeAlone) {
    const auto sink = std::make_shared<MemoryLogSink>();
    {
        const ForceQuit quit(std::chrono::hours(1), Log(sink, "process"));
    }
    EXPECT_EQ(sink->count("force_quit_timeout"), 0u);
    EXPECT_EQ(sink.use_count(), 1) << "the log must be free to report what it held back";
}

} // namespace
} // namespace srsproxy
