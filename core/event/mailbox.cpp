#include "core/event/mailbox.h"

#include "core/event/monotonic.h"

namespace srsproxy {
namespace {

constexpr size_t KeptCapacity = 4096; // of tasks; what a burst took beyond it is given back

} // namespace

bool Mailbox::push(ITask* task) {
    const std::lock_guard lock(mutex_);
    const bool wasEmpty = tasks_.empty();
    if (wasEmpty) {
        oldestUs_ = monotonicUs();
        pending_.store(true, std::memory_order_release);
    }
    tasks_.push_back(task);
    return wasEmpty;
}

int64_t Mailbox::take(std::vector<ITask*>& tasks) {
    if (tasks.capacity() > KeptCapacity) {
        std::vector<ITask*>().swap(tasks);
    }
    const std::lock_guard lock(mutex_);
    tasks_.swap(tasks);
    pending_.store(false, std::memory_order_release);
    return oldestUs_;
}

} // namespace srsproxy
