#pragma once

/// What the registry keeps of one origin beyond what readers see. Private to the registry;
/// guarded by its lock.

#include <memory>
#include <string>

#include "core/registry/failure_count.h"
#include "core/registry/heartbeat_rhythm.h"
#include "core/registry/registry.h"

namespace srsproxy {

struct Registry::Entry {
    Origin origin;
    std::shared_ptr<const Origin> published; ///< null: `origin` has changed since
    HeartbeatRhythm rhythm;
    FailureCount failures;
    std::string formerService; ///< of the process before the last restart
    std::string formerPid;
    Milliseconds nextLookup = Milliseconds::max();
};

/// A registration whose host names are due.
struct Registry::Lookup {
    std::string originId;
    Registration registration;
    HostAddresses known;
    Milliseconds due;
};

} // namespace srsproxy
