#include "core/base/thread_check.h"

#include <cstdio>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

/// Shows the message where a death test can read it.
class StderrSink final : public LogSink {
public:
    bool enabled(int32_t) const override { return true; }
    void write(const LogRecord& record) override {
        std::fprintf(stderr, "%s\n", std::string(record.message).c_str());
    }
};

TEST(ThreadCheck, LetsItsOwnThreadPass) {
    const ThreadCheck check;
    check.require("ISession::route", "rtmp", Log(std::make_shared<NullLogSink>(), "test"));
}

#ifndef NDEBUG
TEST(ThreadCheckDeathTest, NamesTheMethodAndThePluginToBlame) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const ThreadCheck check;
    const Log log(std::make_shared<StderrSink>(), "test");
    EXPECT_DEATH(std::thread([&] { check.require("ISession::route", "rtmp", log); }).join(),
                 "plugin rtmp called ISession::route on another thread than its loop's");
}
#endif

} // namespace
} // namespace srsproxy
