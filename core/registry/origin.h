#pragma once

/// One origin as readers see it, and the table of all of them. Both are immutable snapshots; the
/// few figures that change all the time hang on them by pointer and are safe on any thread.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/registry/registration.h"

namespace srsproxy {

enum class OriginSource { Heartbeat, Static, DefaultBackend };

/// Live figures of an origin, shared by all snapshots that hold it. Lock-free. The registry
/// counts `failures`, the router the rest.
struct OriginLoad {
    std::atomic<uint32_t> sessions{0};
    std::atomic<uint32_t> streams{0};
    std::atomic<uint64_t> totalSessions{0};
    std::atomic<uint64_t> failures{0};
};

/// What each heartbeat changes, shared by all snapshots that hold the origin.
class OriginPulse {
public:
    void beat(Milliseconds now, Milliseconds lifetime, std::string extraJson);

    Milliseconds lastHeartbeat() const;
    Milliseconds lifetime() const;
    std::string extraJson() const;

private:
    mutable std::mutex mutex_;
    Milliseconds lastHeartbeat_{0};
    Milliseconds lifetime_{0};
    std::string extraJson_;
};

/// Host names, and the numeric addresses they stand for.
using HostAddresses = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Origin {
    std::string id;
    Registration registration; ///< without extraJson, which changes with each heartbeat
    OriginSource source = OriginSource::Heartbeat;
    uint64_t generation = 1; ///< grows with each restart of the origin: older pins are void
    bool draining = false;
    /// Its heartbeat stopped, but sessions live on it: kept for these, and gets no new streams.
    bool silent = false;
    bool ejected = false;
    std::string ejectReason;
    Milliseconds ejectedUntil{0};
    Milliseconds registeredAt{0};
    std::vector<std::string> addresses; ///< of registration.ip; empty: a name did not resolve yet
    HostAddresses hosts;                ///< for each host name in the registration
    std::shared_ptr<OriginLoad> load = std::make_shared<OriginLoad>();
    std::shared_ptr<OriginPulse> pulse = std::make_shared<OriginPulse>();

    bool usable() const { return !draining && !silent && !ejected && !addresses.empty(); }
    bool offers(std::string_view service) const {
        return registration.endpoints(service) != nullptr;
    }

    Milliseconds lastHeartbeat() const { return pulse->lastHeartbeat(); }
    /// How long it lives after lastHeartbeat(); 0: it never expires.
    Milliseconds lifetime() const { return pulse->lifetime(); }
    /// What the last heartbeat told beyond the registration: a JSON object, or empty.
    std::string extraJson() const { return pulse->extraJson(); }
};

/// `heartbeat`, `static`, `default_backend`.
std::string_view sourceName(OriginSource source);

/// Sorted by id.
struct OriginTable {
    uint64_t version = 0;
    std::vector<std::shared_ptr<const Origin>> origins;

    /// Null when there is none of that id.
    std::shared_ptr<const Origin> find(std::string_view id) const;
};

} // namespace srsproxy
