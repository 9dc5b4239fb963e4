#include "core/app/force_quit.h"

#include <cstdlib>

namespace srsproxy {

ForceQuit::ForceQuit(Milliseconds limit, Log log)
    : log_(std::move(log)), thread_([this, limit] { run(limit); }) {}

ForceQuit::~ForceQuit() {
    {
        const std::lock_guard lock(mutex_);
        inTime_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void ForceQuit::run(Milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [this] { return inTime_; })) {
        log_.error("force quit",
                   "still not stopped after process.force_quit_timeout; the process ends now");
        std::_Exit(EXIT_FAILURE);
    }
}

} // namespace srsproxy
