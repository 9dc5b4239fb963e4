#pragma once

/// The epoll set of one loop, with a way for other threads to wake it. Level-triggered, with
/// time-outs in microseconds. Owned by an EventLoop; everything but wake() is for its thread.

#include <array>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

namespace srsproxy {

/// A descriptor of our own; closes itself.
class OwnedFd {
public:
    explicit OwnedFd(int fd = -1) : fd_(fd) {}
    ~OwnedFd();
    OwnedFd(const OwnedFd&) = delete;
    OwnedFd& operator=(const OwnedFd&) = delete;

    int value() const { return fd_; }

private:
    int fd_;
};

/// How a Poller waits for less than a millisecond.
enum class PollTimeout {
    Pwait2, ///< epoll_pwait2, and TimerFd when the kernel does not know it (before 5.11)
    TimerFd,
};

class Poller {
public:
    /// The poller's own descriptors come back from wait() under tags above any of these.
    static constexpr uint64_t LastTag = UINT64_MAX - 2;

    /// Throws std::system_error when the kernel gives no epoll, eventfd or timerfd.
    explicit Poller(PollTimeout timeout = PollTimeout::Pwait2);

    /// All three return 0 or an errno. `events` are epoll's, `tag` comes back with them.
    int add(int fd, uint32_t events, uint64_t tag);
    int modify(int fd, uint32_t events, uint64_t tag);
    int remove(int fd);

    /// Waits until something is ready, wake() is called, or `timeoutUs` have passed (below 0:
    /// no limit). Valid until the next call. May come back early with nothing.
    std::span<const epoll_event> wait(int64_t timeoutUs);

    /// wait() returns soon, also if it has not begun yet. [any]
    void wake();

private:
    int waitPwait2(int64_t timeoutUs);
    int waitTimerFd(int64_t timeoutUs);

    static constexpr size_t BatchEvents = 256;

    PollTimeout timeout_;
    OwnedFd epoll_;
    OwnedFd wakeUp_;
    OwnedFd timer_;
    std::array<epoll_event, BatchEvents> events_;
};

} // namespace srsproxy
