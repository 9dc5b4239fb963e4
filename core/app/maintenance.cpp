#include "core/app/maintenance.h"

#include <algorithm>

namespace srsproxy {

Maintenance::~Maintenance() {
    stop();
}

void Maintenance::every(Milliseconds period, std::function<void()> duty) {
    duties_.push_back({period, std::move(duty), {}});
}

void Maintenance::start() {
    thread_ = std::thread([this] { run(); });
}

void Maintenance::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stopped_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Maintenance::run() {
    const auto start = std::chrono::steady_clock::now();
    for (Duty& duty : duties_) {
        duty.due = start + duty.period;
    }
    std::unique_lock lock(mutex_);
    while (!stopping_ && !duties_.empty()) {
        const auto next = std::min_element(
            duties_.begin(), duties_.end(),
            [](const Duty& left, const Duty& right) { return left.due < right.due; });
        if (stopped_.wait_until(lock, next->due, [this] { return stopping_; })) {
            return;
        }
        lock.unlock();
        next->work();
        // A duty that took long does not make up for what it missed.
        next->due = std::chrono::steady_clock::now() + next->period;
        lock.lock();
    }
}

} // namespace srsproxy
