#include "core/base/log_memory.h"

#include <thread>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

using namespace std::chrono_literals;

TEST(MemoryLog, KeepsWhatIsWritten) {
    const auto sink = std::make_shared<MemoryLogSink>(LogInfo);
    const Log log(sink, "rtmp");
    const LogField field{"origin", "media 1"};
    log.write(LogWarning, "connect failed", "no connection", 42, {&field, 1});
    log.debug("noise", "not kept");

    const auto entries = sink->entries();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].level, LogWarning);
    EXPECT_EQ(entries[0].source, "rtmp");
    EXPECT_EQ(entries[0].session, 42u);
    EXPECT_EQ(entries[0].topic, "connect failed");
    EXPECT_EQ(entries[0].message, "no connection");
    EXPECT_EQ(entries[0].fields.at(0), (std::pair<std::string, std::string>("origin", "media 1")));
    EXPECT_EQ(entries[0].line, "warning [rtmp] [session 42] no connection origin=\"media 1\"");
    EXPECT_EQ(sink->count("no connection"), 1u);
    sink->clear();
    EXPECT_EQ(sink->count(""), 0u);
}

TEST(MemoryLog, WaitsForALineOfAnotherThread) {
    const auto sink = std::make_shared<MemoryLogSink>();
    std::thread writer([&] { Log(sink, "core").info("ready", "ready to serve"); });
    EXPECT_TRUE(sink->waitFor("ready to serve"));
    writer.join();
    EXPECT_FALSE(sink->waitFor("never written", 1ms));
}

} // namespace
} // namespace srsproxy
