#pragma once

/// The last resort of an orderly end: the process ends when the end takes too long, whatever hangs.
/// Made by the main thread when it begins to end, before all that could hang is destroyed.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/clock.h"
#include "core/base/log.h"

namespace srsproxy {

class ForceQuit {
public:
    /// Ends the process with exit code 1 in `limit`, unless this is destroyed before. [main]
    ForceQuit(Milliseconds limit, Log log);
    ~ForceQuit(); ///< The end came in time.
    ForceQuit(const ForceQuit&) = delete;
    ForceQuit& operator=(const ForceQuit&) = delete;

private:
    void run(Milliseconds limit);

    const Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool inTime_ = false; ///< guarded by mutex_
    std::thread thread_;
};

} // namespace srsproxy
