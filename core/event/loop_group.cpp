#include "core/event/event_loop.h"

#include <algorithm>
#include <csignal>
#include <string>

#include <pthread.h>
#include <sched.h>

namespace srsproxy {
namespace {

constexpr uint32_t MaxLoops = 1024;
constexpr size_t MaxThreadNameBytes = 15; // the kernel's

uint32_t usableCores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) == 0) {
        return static_cast<uint32_t>(CPU_COUNT(&cores));
    }
    return std::thread::hardware_concurrency(); // more than 1024 cores
}

void nameThread(std::thread& thread, uint32_t index) {
    std::string name = "srsproxy-loop" + std::to_string(index);
    if (name.size() > MaxThreadNameBytes) {
        name = "srsproxy-" + std::to_string(index);
    }
    ::pthread_setname_np(thread.native_handle(), name.c_str());
}

/// While it lives, threads that are made start with all signals blocked.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

} // namespace

LoopGroup::LoopGroup(uint32_t count, const Log& log) {
    count = std::clamp<uint32_t>(count == 0 ? usableCores() : count, 1, MaxLoops);
    for (uint32_t i = 0; i < count; ++i) {
        loops_.push_back(std::make_unique<EventLoop>(i, log));
    }
}

LoopGroup::~LoopGroup() {
    stop();
}

void LoopGroup::start() {
    const SignalsBlocked blocked;
    for (const auto& loop : loops_) {
        threads_.emplace_back([&served = *loop] { served.run(); });
        nameThread(threads_.back(), loop->index());
    }
}

void LoopGroup::stop() {
    for (const auto& loop : loops_) {
        loop->stop();
    }
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
    for (const auto& loop : loops_) {
        loop->discardPosted();
    }
}

uint32_t LoopGroup::size() const {
    return static_cast<uint32_t>(loops_.size());
}

EventLoop& LoopGroup::at(uint32_t index) {
    return *loops_.at(index);
}

} // namespace srsproxy
