#include "core/base/log_poco.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <Poco/JSON/Parser.h>
#include <Poco/TemporaryFile.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class PocoLog : public testing::Test {
protected:
    PocoLog() { std::filesystem::create_directory(folder_); }
    ~PocoLog() override { std::filesystem::remove_all(folder_); }

    PocoLogOptions options(uint32_t repeatsPerSecond = 10) const {
        return {.file = folder_ + "/proxy.log", .repeatsPerSecond = repeatsPerSecond};
    }
    std::shared_ptr<PocoLogSink> open(PocoLogOptions options) {
        auto sink = PocoLogSink::open(std::move(options), clock_);
        EXPECT_TRUE(sink) << sink.error().message;
        return *sink;
    }
    std::vector<std::string> lines(const std::string& name = "proxy.log") const {
        std::ifstream file(folder_ + "/" + name);
        std::vector<std::string> out;
        for (std::string line; std::getline(file, line);) {
            out.push_back(line);
        }
        return out;
    }

    const std::string folder_ = Poco::TemporaryFile::tempName();
    ManualClock clock_;
};

TEST_F(PocoLog, WritesTextToAFile) {
    const Log log(open(options()), "core");
    log.info("start", "ready\nforged");
    log.debug("noise", "below the level");
    EXPECT_THAT(lines(), ElementsAre(testing::MatchesRegex(
                             "....-..-..T..:..:......Z info \\[core\\] ready\\\\nforged")));
}

TEST_F(PocoLog, WritesJsonObjectsToAFile) {
    PocoLogOptions json = options();
    json.format = LogFormat::Json;
    const Log log(open(json), "core");
    log.info("start", "ready \"now\"");
    log.error("stop", "gone\n");
    const auto written = lines();
    ASSERT_EQ(written.size(), 2u);
    for (const std::string& line : written) {
        EXPECT_NO_THROW(Poco::JSON::Parser().parse(line)) << line;
    }
}

TEST_F(PocoLog, WritesToStandardOutputWithoutAFile) {
    testing::internal::CaptureStdout();
    Log(open({}), "core").info("start", "hello");
    EXPECT_THAT(testing::internal::GetCapturedStdout(), EndsWith("info [core] hello\n"));
}

TEST_F(PocoLog, GoesOnWhenStandardOutputIsFullForAWhile) {
    testing::internal::CaptureStdout();
    const int output = ::dup(STDOUT_FILENO);
    const int full = ::open("/dev/full", O_WRONLY);
    const Log log(open({}), "core");
    ::dup2(full, STDOUT_FILENO);
    log.info("a", "lost");
    ::dup2(output, STDOUT_FILENO);
    log.info("a", "written");
    ::close(full);
    ::close(output);
    const std::string seen = testing::internal::GetCapturedStdout();
    EXPECT_THAT(seen, HasSubstr("info [core] written\n"));
    EXPECT_THAT(seen, EndsWith("could not write 1 lines to the log: is the disk full?\n"));
}

TEST_F(PocoLog, HoldsBackRepetitionsAndSaysHowMany) {
    const auto sink = open(options(2));
    const Log log(sink, "rtmp");
    for (int i = 0; i < 125; ++i) {
        log.warning("connect failed", "connect failed to " + std::to_string(i));
    }
    EXPECT_EQ(lines().size(), 2u);
    sink->tick();
    EXPECT_EQ(lines().size(), 2u) << "the second is not over";
    clock_.advance(Milliseconds(1000));
    sink->tick();
    sink->tick();
    const auto written = lines();
    ASSERT_EQ(written.size(), 3u);
    EXPECT_THAT(written[2],
                EndsWith("warning [log] held back 123 more \"connect failed\" lines of rtmp"));
}

TEST_F(PocoLog, ReportsHeldBackLinesBeforeTheNextLine) {
    const Log log(open(options(1)), "rtmp");
    log.info("a", "one");
    log.info("a", "two");
    clock_.advance(Milliseconds(1500));
    log.info("a", "three");
    EXPECT_THAT(lines(), ElementsAre(EndsWith("one"), HasSubstr("held back 1 more \"a\""),
                                     EndsWith("three")));
}

TEST_F(PocoLog, ReportsHeldBackLinesAtTheEnd) {
    {
        const Log log(open(options(1)), "rtmp");
        log.info("a", "one");
        log.info("a", "two");
    }
    EXPECT_THAT(lines(), ElementsAre(EndsWith("one"), HasSubstr("held back 1 more")));
}

TEST_F(PocoLog, NeverHoldsBackTheAccessLog) {
    const Log log(open(options(1)), "access");
    for (int i = 0; i < 50; ++i) {
        log.info("closed", "session");
    }
    EXPECT_EQ(lines().size(), 50u);
}

TEST_F(PocoLog, GoesOnInANewFileAfterReopen) {
    const auto sink = open(options());
    const Log log(sink, "core");
    log.info("a", "before");
    std::filesystem::rename(folder_ + "/proxy.log", folder_ + "/old.log");
    log.info("a", "between");
    EXPECT_TRUE(sink->reopen());
    log.info("a", "after");
    EXPECT_THAT(lines("old.log"), ElementsAre(EndsWith("before"), EndsWith("between")));
    EXPECT_THAT(lines(), ElementsAre(EndsWith("after")));
}

TEST_F(PocoLog, KeepsTheOldFileWhenReopenFails) {
    const auto sink = open(options());
    const std::string moved = folder_ + ".moved";
    std::filesystem::rename(folder_, moved);
    EXPECT_FALSE(sink->reopen());
    std::filesystem::rename(moved, folder_);
    Log(sink, "core").info("a", "still here");
    EXPECT_THAT(lines(), ElementsAre(EndsWith("still here")));
}

TEST_F(PocoLog, RefusesAFileThatCannotBeWritten) {
    const auto sink = PocoLogSink::open({.file = folder_ + "/none/proxy.log"}, clock_);
    ASSERT_FALSE(sink);
    EXPECT_THAT(sink.error().message, HasSubstr("log.file"));
    EXPECT_THAT(sink.error().message, HasSubstr(folder_ + "/none/proxy.log"));
}

TEST_F(PocoLog, GoesOnWhenTheDiskIsFull) {
    const std::string path = folder_ + "/proxy.log";
    std::filesystem::create_symlink("/dev/full", path);
    const auto sink = open(options());
    const Log log(sink, "core");
    log.info("a", "lost");
    log.info("a", "lost too");
    std::filesystem::remove(path); // now there is room
    log.info("a", "written");
    EXPECT_THAT(lines(),
                ElementsAre(EndsWith("written"), HasSubstr("error [log] could not write 2 lines")));
}

TEST_F(PocoLog, KeepsLinesOfManyThreadsWhole) {
    const auto sink = open(options(0));
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
        writers.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                Log(sink, "core").info("a", "all of it");
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    const auto written = lines();
    EXPECT_EQ(written.size(), 800u);
    EXPECT_THAT(written, testing::Each(EndsWith("Z info [core] all of it")));
}

} // namespace
} // namespace srsproxy
