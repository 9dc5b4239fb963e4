#include "core/event/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include <sys/prctl.h>

#include "core/event/monotonic.h"

namespace srsproxy {
namespace {

/// The loop whose run() this thread is in.
thread_local const EventLoop* currentLoop = nullptr;

constexpr uint64_t NoTimer = UINT64_MAX; // an id that no timer has
constexpr int64_t MaxDelayUs = int64_t{100} * 365 * 24 * 3600 * 1'000'000;
constexpr uint32_t AskedFor = EventRead | EventWrite;

uint32_t toEpoll(uint32_t events) {
    return ((events & EventRead) != 0 ? static_cast<uint32_t>(EPOLLIN) : 0) |
           ((events & EventWrite) != 0 ? static_cast<uint32_t>(EPOLLOUT) : 0);
}

uint32_t fromEpoll(uint32_t events) {
    return ((events & EPOLLIN) != 0 ? static_cast<uint32_t>(EventRead) : 0) |
           ((events & EPOLLOUT) != 0 ? static_cast<uint32_t>(EventWrite) : 0) |
           ((events & (EPOLLHUP | EPOLLERR)) != 0 ? static_cast<uint32_t>(EventHangup) : 0);
}

uint64_t tagOf(int32_t fd, uint32_t generation) {
    return uint64_t{generation} << 32 | static_cast<uint32_t>(fd);
}

int32_t toStatus(int error) {
    switch (error) {
    case 0:
        return StatusOk;
    case ENOSPC:
        return StatusLimit;
    case ENOMEM:
        return StatusUnavailable;
    default:
        return StatusBadArgument;
    }
}

class FunctionTask final : public ITask {
public:
    FunctionTask(std::function<void()> work, const Log& log) : work_(std::move(work)), log_(log) {}

    void run() noexcept override {
        try {
            work_();
        } catch (const std::exception& error) {
            log_.error("task failed", std::string("a task of the core threw: ") + error.what());
        } catch (...) {
            log_.error("task failed", "a task of the core threw what is no std::exception");
        }
        delete this;
    }
    void discard() noexcept override { delete this; }

private:
    std::function<void()> work_;
    const Log& log_;
};

} // namespace

EventLoop::EventLoop(uint32_t index, Log log, PollTimeout timeout)
    : index_(index), log_(std::move(log)), poller_(timeout) {}

EventLoop::~EventLoop() {
    discardPosted();
}

uint32_t EventLoop::index() noexcept {
    return index_;
}

int64_t EventLoop::nowUs() noexcept {
    requireThread("nowUs");
    return phase_.load(std::memory_order_relaxed) == Phase::Running ? nowUs_ : monotonicUs();
}

int32_t EventLoop::watch(int32_t fd, uint32_t events, IFdHandler* handler) noexcept {
    requireThread("watch");
    if (fd < 0 || handler == nullptr) {
        return StatusBadArgument;
    }
    // The kernel is asked before the table: only it knows whether the descriptor is one, and
    // whether one that is in the table still is what it was.
    const auto place = static_cast<size_t>(fd);
    const uint32_t generation = place < watches_.size() ? watches_[place].generation + 1 : 1;
    const int32_t status =
        toStatus(poller_.add(fd, toEpoll(events & AskedFor), tagOf(fd, generation)));
    if (status != StatusOk) {
        return status;
    }
    if (place >= watches_.size()) {
        watches_.resize(std::max(place + 1, 2 * watches_.size()));
    }
    const auto asked = static_cast<uint8_t>(events & AskedFor);
    watches_[place] = Watch{handler, generation, asked, asked, false};
    return StatusOk;
}

int32_t EventLoop::modify(int32_t fd, uint32_t events) noexcept {
    requireThread("modify");
    Watch* watch = find(fd);
    if (watch == nullptr) {
        return StatusNotFound;
    }
    watch->events = static_cast<uint8_t>(events & AskedFor);
    // Reading that is off for a while often costs nothing: the kernel hears of it when something
    // has come that nobody wants. A socket that may be written to is ready nearly always.
    const uint32_t tooMuch = watch->armed & ~uint32_t{watch->events};
    const uint32_t missing = watch->events & ~uint32_t{watch->armed};
    if (missing != 0 || (tooMuch & EventWrite) != 0) {
        setDue(static_cast<size_t>(fd));
    }
    return StatusOk;
}

void EventLoop::unwatch(int32_t fd) noexcept {
    requireThread("unwatch");
    if (Watch* watch = find(fd)) {
        watch->handler = nullptr;
        poller_.remove(fd); // fails when it was closed too early, and is out of the set then
    }
}

uint64_t EventLoop::startTimer(int64_t delayUs, ITimerHandler* handler) noexcept {
    requireThread("startTimer");
    if (handler == nullptr) {
        log_.error("null handler", "a timer was started without a handler and will never expire");
        return NoTimer;
    }
    return timers_.add(nowUs() + std::clamp<int64_t>(delayUs, 0, MaxDelayUs), handler);
}

void EventLoop::cancelTimer(uint64_t timer) noexcept {
    requireThread("cancelTimer");
    timers_.cancel(timer);
}

void EventLoop::post(ITask* task) noexcept {
    if (task == nullptr) {
        log_.error("null task", "a null task was posted and is left out");
        return;
    }
    if (mailbox_.push(task) && !onThread()) {
        poller_.wake();
    }
}

void EventLoop::post(std::function<void()> work) {
    post(new FunctionTask(std::move(work), log_));
}

bool EventLoop::call(std::function<void()> work) {
    if (onThread()) {
        work();
        return true;
    }
    struct Outcome {
        bool done = false;
        std::exception_ptr thrown;
    };
    const auto outcome = std::make_shared<Outcome>();
    post([this, outcome, work = std::move(work)]() mutable {
        std::exception_ptr thrown;
        try {
            work();
        } catch (...) {
            thrown = std::current_exception();
        }
        work = nullptr; // what it holds is given back before the caller goes on
        const std::lock_guard lock(callMutex_);
        *outcome = Outcome{true, std::move(thrown)};
        called_.notify_all();
    });
    std::unique_lock lock(callMutex_);
    called_.wait(lock, [&] { return outcome->done || phase_.load() == Phase::Ended; });
    if (outcome->thrown) {
        std::rethrow_exception(std::exchange(outcome->thrown, nullptr));
    }
    return outcome->done;
}

void EventLoop::run() {
    // Sleeps are not stretched by the kernel's usual 50 us.
    ::prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    currentLoop = this;
    nowUs_ = monotonicUs();
    phase_ = Phase::Running;
    int64_t fromUs = nowUs_;
    while (!stopping_.load(std::memory_order_acquire)) {
        tellKernel();
        const std::span<const epoll_event> events = poller_.wait(timeoutUs(fromUs));
        nowUs_ = monotonicUs();
        dispatch(events);
        const bool timersRan = runTimers();
        const bool tasksRan = runTasks();
        fromUs = timersRan || tasksRan ? monotonicUs() : nowUs_;
    }
    currentLoop = nullptr;
    const std::lock_guard lock(callMutex_);
    phase_ = Phase::Ended;
    called_.notify_all();
}

void EventLoop::stop() {
    stopping_.store(true, std::memory_order_release);
    poller_.wake();
}

bool EventLoop::onThread() const {
    return currentLoop == this;
}

void EventLoop::discardPosted() {
    while (mailbox_.pending()) { // discard() may post again
        mailbox_.take(batch_);
        for (ITask* task : batch_) {
            task->discard();
        }
        batch_.clear();
    }
}

std::chrono::microseconds EventLoop::takeLag() {
    return std::chrono::microseconds(lagUs_.exchange(0, std::memory_order_relaxed));
}

EventLoop::Watch* EventLoop::find(int32_t fd) {
    const auto place = static_cast<size_t>(fd);
    const bool known = fd >= 0 && place < watches_.size() && watches_[place].handler != nullptr;
    return known ? &watches_[place] : nullptr;
}

void EventLoop::setDue(size_t place) {
    if (!watches_[place].due) {
        watches_[place].due = true;
        due_.push_back(place);
    }
}

/// Brings the kernel's masks up to date. What went back and forth within one wake-up costs nothing.
void EventLoop::tellKernel() {
    for (const size_t place : due_) {
        Watch& watch = watches_[place];
        watch.due = false;
        if (watch.handler == nullptr || watch.events == watch.armed) {
            continue;
        }
        const auto fd = static_cast<int32_t>(place);
        watch.armed = watch.events;
        if (poller_.modify(fd, toEpoll(watch.events), tagOf(fd, watch.generation)) != 0) {
            log_.error("descriptor lost", "descriptor " + std::to_string(fd) +
                                              " was closed while it was watched: its owner has to "
                                              "unwatch it first");
        }
    }
    due_.clear();
}

int64_t EventLoop::timeoutUs(int64_t fromUs) const {
    if (mailbox_.pending()) {
        return 0;
    }
    const int64_t dueUs = timers_.nextDueUs();
    return dueUs == TimerQueue::Never ? -1 : std::max<int64_t>(0, dueUs - fromUs);
}

void EventLoop::dispatch(std::span<const epoll_event> events) {
    for (const epoll_event& event : events) {
        const uint64_t tag = event.data.u64;
        const size_t place = tag & UINT32_MAX;
        if (place >= watches_.size()) {
            continue; // the poller's own
        }
        const Watch& watch = watches_[place];
        if (watch.handler == nullptr || watch.generation != tag >> 32) {
            continue; // a handler before it in this batch has ended that registration
        }
        const uint32_t reported = fromEpoll(event.events);
        const uint32_t ready = reported & (watch.events | EventHangup);
        if (reported != ready) {
            setDue(place);
        }
        if (ready != 0) {
            watch.handler->ready(static_cast<int32_t>(place), ready);
        }
    }
}

bool EventLoop::runTimers() {
    if (timers_.nextDueUs() > nowUs_) {
        return false;
    }
    noteLag(monotonicUs() - timers_.nextDueUs());
    const uint64_t mark = timers_.mark();
    while (const auto due = timers_.popDue(nowUs_, mark)) {
        due->handler->expired(due->id);
    }
    return true;
}

bool EventLoop::runTasks() {
    if (!mailbox_.pending()) {
        return false;
    }
    noteLag(monotonicUs() - mailbox_.take(batch_));
    for (ITask* task : batch_) { // what they post comes after the next look at the sockets
        task->run();
    }
    batch_.clear();
    return true;
}

void EventLoop::noteLag(int64_t lagUs) {
    int64_t longest = lagUs_.load(std::memory_order_relaxed);
    while (lagUs > longest &&
           !lagUs_.compare_exchange_weak(longest, lagUs, std::memory_order_relaxed)) {
    }
}

void EventLoop::requireThread([[maybe_unused]] const char* method) const {
#ifndef NDEBUG
    if (phase_.load(std::memory_order_relaxed) == Phase::Running && !onThread()) {
        log_.error("wrong thread",
                   std::string("IEventLoop::") + method + " was called on loop " +
                       std::to_string(index_) +
                       " from another thread than its own: post a task that calls it");
        std::abort();
    }
#endif
}

} // namespace srsproxy
