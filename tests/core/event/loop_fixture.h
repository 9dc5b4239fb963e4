#pragma once

/// A loop on the test's own thread, and handlers made of lambdas.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/log_memory.h"
#include "core/event/event_loop.h"

namespace srsproxy {

class OnReady final : public IFdHandler {
public:
    using Function = std::function<void(int32_t fd, uint32_t events)>;
    explicit OnReady(Function function) : function_(std::move(function)) {}
    void ready(int32_t fd, uint32_t events) noexcept override { function_(fd, events); }

private:
    Function function_;
};

class OnExpired final : public ITimerHandler {
public:
    explicit OnExpired(std::function<void(uint64_t)> function) : function_(std::move(function)) {}
    void expired(uint64_t timer) noexcept override { function_(timer); }

private:
    std::function<void(uint64_t)> function_;
};

/// Counts its own end, whichever it was.
class CountedTask final : public ITask {
public:
    CountedTask(std::atomic<int>& run, std::atomic<int>& discarded)
        : run_(run), discarded_(discarded) {}
    void run() noexcept override {
        ++run_;
        delete this;
    }
    void discard() noexcept override {
        ++discarded_;
        delete this;
    }

private:
    std::atomic<int>& run_;
    std::atomic<int>& discarded_;
};

/// Two connected, non-blocking sockets.
struct SocketPair {
    SocketPair() {
        int fds[2] = {-1, -1};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        a = fds[0], b = fds[1];
    }
    ~SocketPair() {
        closeA();
        closeB();
    }
    SocketPair(const SocketPair&) = delete;
    SocketPair& operator=(const SocketPair&) = delete;

    void closeA() { close(a); }
    void closeB() { close(b); }
    void sendToA() const { EXPECT_EQ(::write(b, "x", 1), 1); }
    void sendToB() const { EXPECT_EQ(::write(a, "x", 1), 1); }

    int a = -1;
    int b = -1;

private:
    static void close(int& fd) {
        if (fd >= 0) {
            ::close(fd);
            fd = -1;
        }
    }
};

class LoopTest : public testing::Test {
protected:
    /// Runs until something stops the loop, at most ten seconds.
    void run() {
        OnExpired tooLate([this](uint64_t) {
            ADD_FAILURE() << "nothing stopped the loop";
            loop_.stop();
        });
        const uint64_t guard = loop_.startTimer(10'000'000, &tooLate);
        loop_.run();
        loop_.cancelTimer(guard);
    }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    EventLoop loop_{0, Log(log_, "event")};
};

} // namespace srsproxy
