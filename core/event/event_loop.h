#pragma once

/// An epoll loop on a thread of its own, and the group of them that a process has. See
/// srsproxy/abi/event_loop.h for the contract that plugins see.
///
/// The [loop] methods may also be called by the thread that made the loop before run() has begun
/// and after it has returned. In a debug build, a call of one from a wrong thread while the loop
/// runs is logged by name and ends the process.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/log.h"
#include "core/event/mailbox.h"
#include "core/event/poller.h"
#include "core/event/timer_queue.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

class EventLoop final : public IEventLoop {
public:
    /// Throws std::system_error when the kernel gives no epoll or eventfd.
    EventLoop(uint32_t index, Log log, PollTimeout timeout = PollTimeout::Pwait2);
    /// Discards what is still posted. Requires: run() has returned, or was never called. [main]
    ~EventLoop();

    uint32_t index() noexcept override;
    /// While the loop does not run: the time now.
    int64_t nowUs() noexcept override;
    int32_t watch(int32_t fd, uint32_t events, IFdHandler* handler) noexcept override;
    /// StatusNotFound when the descriptor is not watched. Obeyed at once; the kernel is told
    /// before the next wait, and only if it has to be.
    int32_t modify(int32_t fd, uint32_t events) noexcept override;
    void unwatch(int32_t fd) noexcept override;
    /// Counts from nowUs(). A delay below 0 is 0. A timer started by an expiring one or by a
    /// task expires at the next wake-up at the earliest, whatever its delay.
    uint64_t startTimer(int64_t delayUs, ITimerHandler* handler) noexcept override;
    void cancelTimer(uint64_t timer) noexcept override;
    void post(ITask* task) noexcept override;

    /// The core's own way to post. `work` that throws is logged. [any]
    void post(std::function<void()> work);
    /// Runs `work` on the loop's thread and waits until it has run; what it throws is thrown
    /// here. False when the loop ended before it came to it. Requires: run() is called at some
    /// time. [any]
    bool call(std::function<void()> work);

    /// Serves until stop(). May be called once. [its thread]
    void run();
    /// run() returns after the wake-up in hand, or at once when it has not begun. [any]
    void stop();
    bool onThread() const; ///< [any]

    /// Discards what is still posted. Requires: run() has returned, or will never be called.
    /// [main]
    void discardPosted();

    /// Longest time between being due and being run that a timer or task saw since the last
    /// call of this. [any]
    std::chrono::microseconds takeLag();

private:
    enum class Phase { Idle, Running, Ended };

    struct Watch {
        IFdHandler* handler = nullptr; ///< null: not watched
        uint32_t generation = 0;       ///< tells this registration from earlier ones of the same fd
        uint8_t events = 0;            ///< what the owner wants
        uint8_t armed = 0;             ///< what the kernel was told
        bool due = false;              ///< the kernel is told before the next wait
    };

    Watch* find(int32_t fd);
    void setDue(size_t place);
    void tellKernel();
    int64_t timeoutUs(int64_t fromUs) const;
    void dispatch(std::span<const epoll_event> events);
    bool runTimers();
    bool runTasks();
    void noteLag(int64_t lagUs);
    void requireThread(const char* method) const;

    const uint32_t index_;
    const Log log_;
    Poller poller_;
    Mailbox mailbox_;
    TimerQueue timers_;
    std::vector<Watch> watches_; ///< by descriptor
    std::vector<size_t> due_;    ///< descriptors for tellKernel()
    std::vector<ITask*> batch_;  ///< tasks in hand
    int64_t nowUs_ = 0;

    std::atomic<Phase> phase_{Phase::Idle};
    std::atomic<bool> stopping_{false};
    std::atomic<int64_t> lagUs_{0};
    std::mutex callMutex_;
    std::condition_variable called_; ///< a call() has run, or the loop has ended
};

/// N loops on N threads. Owned by main.
class LoopGroup {
public:
    /// `count` 0: one for each core this process may use. Throws std::system_error.
    LoopGroup(uint32_t count, const Log& log);
    ~LoopGroup(); ///< stops and joins

    /// Starts the threads, with all signals blocked in them: those are main's. Throws
    /// std::system_error. May be called once. [main]
    void start();
    /// Ends all loops and joins, then discards what was still posted to them. [main]
    void stop();
    uint32_t size() const;         ///< [any]
    EventLoop& at(uint32_t index); ///< [any]

private:
    std::vector<std::unique_ptr<EventLoop>> loops_;
    std::vector<std::thread> threads_;
};

} // namespace srsproxy
