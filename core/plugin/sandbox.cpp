#include "core/plugin/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <ostream>
#include <system_error>

namespace srsproxy {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A crash shall end the child by its signal, at once: no handler, no core file.
void prepareChild() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit noCore{0, 0};
    ::setrlimit(RLIMIT_CORE, &noCore);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGPIPE}) {
        std::signal(number, SIG_DFL);
    }
}

[[noreturn]] void runChild(const std::function<void(StepReporter&)>& script, int fd) {
    prepareChild();
    StepReporter reporter(fd);
    try {
        script(reporter);
    } catch (const std::exception& error) {
        reporter.fail(std::string("an exception crossed the line: ") + error.what());
    } catch (...) {
        reporter.fail("an exception crossed the line");
    }
    reporter.finish();
    ::_exit(0);
}

/// The parent's side: turns the child's messages into lines.
class Listener {
public:
    Listener(int fd, std::chrono::milliseconds stepLimit, std::ostream& out)
        : fd_(fd), stepLimit_(stepLimit), out_(out) {}

    /// Returns when the child closed its end, or false when a step took too long.
    bool listen() {
        SteadyTime deadline = std::chrono::steady_clock::now() + stepLimit_;
        std::array<char, 4096> buffer;
        for (;;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            pollfd wait{fd_, POLLIN, 0};
            const int ready =
                ::poll(&wait, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
            if (ready == 0) {
                return false;
            }
            const ssize_t got = ready < 0 ? -1 : ::read(fd_, buffer.data(), buffer.size());
            if (got == 0 || (got < 0 && errno != EINTR)) {
                return true;
            }
            if (got > 0) {
                pending_.append(buffer.data(), static_cast<size_t>(got));
                if (takeLines()) {
                    deadline = std::chrono::steady_clock::now() + stepLimit_;
                }
            }
        }
    }
    void fail(const std::string& text) {
        out_ << "FAIL " << text << std::endl;
        failed_ = true;
    }
    const std::string& step() const { return step_; }
    bool finished() const { return finished_; }
    bool failed() const { return failed_; }

private:
    /// True when a new step began.
    bool takeLines() {
        bool stepped = false;
        size_t end;
        while ((end = pending_.find('\n')) != std::string::npos) {
            const char what = pending_[0];
            const std::string text = pending_.substr(1, end - 1);
            pending_.erase(0, end + 1);
            if (what == 'S') {
                step_ = text;
                stepped = true;
            } else if (what == 'O') {
                out_ << "ok   " << text << std::endl;
            } else if (what == 'F') {
                fail(text);
            } else {
                finished_ = true;
            }
        }
        return stepped;
    }

    int fd_;
    std::chrono::milliseconds stepLimit_;
    std::ostream& out_;
    std::string pending_;
    std::string step_ = "start";
    bool finished_ = false;
    bool failed_ = false;
};

} // namespace

void StepReporter::send(char what, std::string text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    text = what + text + '\n';
    for (size_t sent = 0; sent < text.size();) {
        const ssize_t wrote = ::write(fd_, text.data() + sent, text.size() - sent);
        if (wrote < 0 && errno != EINTR) {
            ::_exit(2); // the parent is gone: nobody listens
        }
        sent += wrote > 0 ? static_cast<size_t>(wrote) : 0;
    }
}

bool runSandboxed(const std::function<void(StepReporter&)>& script,
                  std::chrono::milliseconds stepLimit, std::ostream& out) {
    out.flush();
    std::array<int, 2> pipe;
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        out << "FAIL no pipe for the child process: " << std::generic_category().message(errno)
            << std::endl;
        return false;
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(pipe[0]);
        runChild(script, pipe[1]);
    }
    ::close(pipe[1]);
    if (child < 0) {
        ::close(pipe[0]);
        out << "FAIL no child process: " << std::generic_category().message(errno) << std::endl;
        return false;
    }
    Listener listener(pipe[0], stepLimit, out);
    const bool inTime = listener.listen();
    ::close(pipe[0]);
    if (!inTime) {
        ::kill(child, SIGKILL);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!inTime) {
        listener.fail("hung in " + listener.step() + ": no answer within " +
                      std::to_string(stepLimit.count()) + " ms");
    } else if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        // NOLINTNEXTLINE(concurrency-mt-unsafe): called before the process has threads
        listener.fail("crashed with signal " + std::to_string(number) + " (" + ::strsignal(number) +
                      ") in " + listener.step());
    } else if (!listener.finished()) {
        listener.fail("ended the process in " + listener.step() + " (exit code " +
                      std::to_string(WEXITSTATUS(status)) + ")");
    }
    return !listener.failed();
}

} // namespace srsproxy
