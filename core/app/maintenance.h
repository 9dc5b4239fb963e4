#pragma once

/// The clockwork of the control plane: once a second, on a thread of its own, what has expired
/// goes. A duty may block for a while; the others then wait.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.h"

namespace srsproxy {

class Maintenance {
public:
    Maintenance() = default;
    ~Maintenance(); ///< stops

    /// Runs `duty` every `period`. Before start(). [main]
    void every(Milliseconds period, std::function<void()> duty);
    void start(); ///< Once. [main]
    /// Returns when no duty is running any more. [main]
    void stop();

private:
    struct Duty {
        Milliseconds period;
        std::function<void()> work;
        std::chrono::steady_clock::time_point due;
    };
    void run();

    std::vector<Duty> duties_;
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool stopping_ = false; ///< guarded by mutex_
    std::thread thread_;
};

} // namespace srsproxy
