#pragma once

/// One event loop: an epoll set, timers and a mailbox, on one thread of its own. Sockets,
/// timers and sessions of a loop are touched on its thread only; other threads post.

#include "srsproxy/abi/types.h"

namespace srsproxy {

/// Bits of a readiness mask. Readiness is level-triggered.
enum Events : uint32_t {
    EventRead = 1,
    EventWrite = 2,
    /// The peer hung up or the socket failed. Always reported, never asked for.
    EventHangup = 4,
};

/// Owned by whoever watches. May unwatch, close and delete itself inside ready().
class IFdHandler {
public:
    /// Once per wake-up for a descriptor that has something to do. [loop]
    virtual void ready(int32_t fd, uint32_t events) noexcept = 0;

protected:
    ~IFdHandler() = default;
};

/// Owned by whoever starts the timer; may delete itself inside expired().
class ITimerHandler {
public:
    /// Once; the timer is gone then. [loop]
    virtual void expired(uint64_t timer) noexcept = 0;

protected:
    ~ITimerHandler() = default;
};

/// Work for a loop. Exactly one of the two is called, once, and frees the task.
class ITask {
public:
    virtual void run() noexcept = 0;     ///< [loop]
    virtual void discard() noexcept = 0; ///< the loop ended before it came to it [main]

protected:
    ~ITask() = default;
};

class IEventLoop {
public:
    /// 0, 1, … within the process. [any]
    virtual uint32_t index() noexcept = 0;
    /// Monotonic time of the last wake-up, in microseconds: costs no system call. [loop]
    virtual int64_t nowUs() noexcept = 0;

    /// Starts to watch. The descriptor stays the caller's. StatusBadArgument when it is watched
    /// already or is not one that epoll takes. [loop]
    virtual int32_t watch(int32_t fd, uint32_t events, IFdHandler* handler) noexcept = 0;
    /// Replaces the mask; no system call when it does not change. 0 leaves hang-ups only. [loop]
    virtual int32_t modify(int32_t fd, uint32_t events) noexcept = 0;
    /// To be called before the descriptor is closed. No ready() comes any more, not even one
    /// that this wake-up had already found. [loop]
    virtual void unwatch(int32_t fd) noexcept = 0;

    /// Calls handler->expired once, not before `delayUs` have passed. Never 0. [loop]
    virtual uint64_t startTimer(int64_t delayUs, ITimerHandler* handler) noexcept = 0;
    /// Nothing happens when it has expired or was cancelled before. [loop]
    virtual void cancelTimer(uint64_t timer) noexcept = 0;

    /// Runs the task on the loop's thread after the events in hand, in the order posted. [any]
    virtual void post(ITask* task) noexcept = 0;

protected:
    ~IEventLoop() = default;
};

} // namespace srsproxy
