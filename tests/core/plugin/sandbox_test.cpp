#include "core/plugin/sandbox.h"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace srsproxy {
namespace {

struct Outcome {
    bool good;
    std::string lines;
};

Outcome run(const std::function<void(StepReporter&)>& script, int limitMs = 20'000) {
    std::ostringstream out;
    const bool good = runSandboxed(script, std::chrono::milliseconds(limitMs), out);
    return {good, out.str()};
}

TEST(Sandbox, PassesLinesOn) {
    const Outcome outcome = run([](StepReporter& report) {
        report.step("one");
        report.ok("fine");
        report.ok("two\nlines");
    });
    EXPECT_TRUE(outcome.good);
    EXPECT_EQ(outcome.lines, "ok   fine\nok   two lines\n");
}

TEST(Sandbox, FailsWithOneFailedLine) {
    const Outcome outcome = run([](StepReporter& report) {
        report.fail("bad");
        report.ok("fine");
    });
    EXPECT_FALSE(outcome.good);
    EXPECT_EQ(outcome.lines, "FAIL bad\nok   fine\n");
}

TEST(Sandbox, ReportsHowTheChildEnded) {
    struct Row {
        std::function<void()> end;
        const char* line;
    };
    const Row rows[] = {
        {[] { ::raise(SIGSEGV); }, "FAIL crashed with signal 11 (Segmentation fault) in here\n"},
        {[] { ::raise(SIGABRT); }, "FAIL crashed with signal 6 (Aborted) in here\n"},
        {[] { ::_exit(0); }, "FAIL ended the process in here (exit code 0)\n"},
        {[] { throw std::runtime_error("x"); }, "FAIL an exception crossed the line: x\n"},
        {[] { throw 1; }, "FAIL an exception crossed the line\n"},
    };
    for (const Row& row : rows) {
        const Outcome outcome = run([&](StepReporter& report) {
            report.step("here");
            row.end();
        });
        EXPECT_FALSE(outcome.good);
        EXPECT_EQ(outcome.lines, row.line);
    }
}

TEST(Sandbox, EndsAChildThatHangs) {
    const Outcome outcome = run(
        [](StepReporter& report) {
            report.step("a nap");
            ::pause();
        },
        100);
    EXPECT_FALSE(outcome.good);
    EXPECT_EQ(outcome.lines, "FAIL hung in a nap: no answer within 100 ms\n");
}

} // namespace
} // namespace srsproxy
