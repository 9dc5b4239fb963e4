#pragma once

/// What other threads want done on a loop. Owned by an EventLoop.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

class Mailbox {
public:
    /// True when it was empty before: only then the loop may need to be woken. [any]
    bool push(ITask* task);
    /// Takes no lock. [any]
    bool pending() const { return pending_.load(std::memory_order_acquire); }
    /// Puts all tasks into `tasks`, which must be empty, in the order posted. Returns when the
    /// oldest was posted, in microseconds of the monotonic clock. [any]
    int64_t take(std::vector<ITask*>& tasks);

private:
    std::atomic<bool> pending_{false};
    std::mutex mutex_;
    std::vector<ITask*> tasks_; ///< guarded by mutex_
    int64_t oldestUs_ = 0;      ///< guarded by mutex_
};

} // namespace srsproxy
