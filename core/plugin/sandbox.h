#pragma once

/// Runs code that is not trusted in a child process: a crash, a hang or an exit of that code
/// becomes a line of the report. The caller has one thread only.

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>

namespace srsproxy {

/// The child's side: tells the parent what comes and how it went.
class StepReporter {
public:
    explicit StepReporter(int fd) : fd_(fd) {}

    /// Names what is done next, for the line on a crash; starts its time limit anew.
    void step(const std::string& name) { send('S', name); }
    void ok(const std::string& text) { send('O', text); }
    void fail(const std::string& text) { send('F', text); }
    /// The script has come to its end.
    void finish() { send('E', ""); }

private:
    void send(char what, std::string text);

    int fd_;
};

/// Runs `script` in a child and prints its `ok …` and `FAIL …` lines as they come. True when
/// none failed and the child came to its end.
bool runSandboxed(const std::function<void(StepReporter&)>& script,
                  std::chrono::milliseconds stepLimit, std::ostream& out);

} // namespace srsproxy
