#pragma once

/// Holds an object to the thread it was made on. In debug builds a call from another thread is
/// logged with the names of the method and of the one to blame, and ends the process: a data race
/// found where it is made. In other builds it costs nothing.

#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/log.h"

namespace srsproxy {

class ThreadCheck {
public:
#ifdef NDEBUG
    void require(std::string_view, std::string_view, const Log&) const {}
#else
    /// `method` is being called; `culprit` is the plugin that this object was made for.
    void require(std::string_view method, std::string_view culprit, const Log& log) const {
        if (std::this_thread::get_id() != owner_) {
            log.error("wrong thread", "plugin " + std::string(culprit) + " called " +
                                          std::string(method) +
                                          " on another thread than its loop's");
            std::abort();
        }
    }

private:
    const std::thread::id owner_ = std::this_thread::get_id();
#endif
};

} // namespace srsproxy
