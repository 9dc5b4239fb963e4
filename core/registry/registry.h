#pragma once

/// Every origin that is known: who it is, what it offers, whether it is alive. Heartbeats, the
/// static list and the default backend all live in this one table. Readers take an immutable
/// snapshot; what sessions report changes the health in it at once.
///
/// An origin is its server id and its address. The same server id from another address is
/// another origin: it may be a clone that lives beside the first. If it was a move, the old
/// address is ejected by the first connection that it refuses and expires with its own rhythm.
/// Two processes that share server id and address cannot be told from one that restarts, until
/// the earlier one beats again: it is refused then, so that the two do not take turns.
///
/// Locks: nothing of another part is called with the registry's lock held, so a caller may hold
/// its own (the router does).

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/registry/origin.h"
#include "core/registry/registration.h"
#include "core/registry/resolver.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {

class Registry {
public:
    Registry(RegistrySettings settings, const Clock& clock, Resolver& resolver, Log log);
    ~Registry();

    /// A heartbeat, a static origin or the default backend. Idempotent; a changed service or
    /// pid is a restart: a new generation, its health forgotten, a drain kept. Returns the
    /// origin's id. Blocks while it looks up host names. A name that does not resolve refuses a
    /// new heartbeat origin; one of the configuration enters the table unusable until it does.
    /// The configuration's origins cannot be changed by heartbeats. [any]
    Result<std::string> enroll(const Registration& registration, OriginSource source);
    /// False when unknown. One that still beats comes back with its next heartbeat. [any]
    bool remove(std::string_view originId, std::string_view reason);
    /// A draining origin keeps its sessions and pins' sessions, but gets no new streams, until
    /// it is switched off again or the origin has expired. False when unknown. [any]
    bool setDraining(std::string_view originId, bool draining);
    /// What a session saw: an Outcome of srsproxy/abi/sessions.h. [any]
    void report(std::string_view originId, int32_t outcome, std::string_view detail);
    /// Removes the expired (those with living sessions once these have ended), readmits the
    /// ejected, looks names up again (and blocks for that). Once a second. [any]
    void sweep();

    /// Cheap: copies one pointer under a lock that is held for nothing else. [any]
    std::shared_ptr<const OriginTable> table() const;

private:
    struct Entry;
    struct Lookup;
    using Entries = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;

    Registration completed(const Registration& given) const;

    // Requires of these: mutex_ is held.
    Entry* find(std::string_view originId) const;
    Result<Done> admit(const std::string& id, const Registration& registration,
                       OriginSource source) const;
    void beat(Entry& entry, const std::string& extraJson);
    void create(const std::string& id, const Registration& registration, OriginSource source);
    void update(Entry& entry, const Registration& registration, OriginSource source);
    void adopt(Entry& entry, const HostAddresses& hosts);
    void erase(Entries::iterator entry);
    void eject(Entry& entry, int32_t outcome, std::string_view detail);
    void readmit(Entry& entry, std::string_view why);
    void keepWithinEjectShare();
    /// False when it was already.
    bool fallSilent(Entry& entry, Milliseconds silence);
    void endSilence(Entry& entry);
    size_t ejectLimit() const;
    std::vector<Lookup> sweepEntries();
    void publish();

    // Requires of these: mutex_ is not held.
    Result<HostAddresses> lookUp(const Registration& registration, const HostAddresses& known);
    void lookUpAgain(const std::vector<Lookup>& lookups);

    const RegistrySettings settings_;
    const Clock& clock_;
    Resolver& resolver_;
    const Log log_;

    std::mutex mutex_; ///< guards the entries and all that counts them
    Entries entries_;
    size_t ejected_ = 0;
    uint64_t version_ = 0;
    uint64_t firstGeneration_ = 1; ///< above those of all origins that were removed

    mutable std::mutex tableMutex_; ///< guards table_; taken last
    std::shared_ptr<const OriginTable> table_ = std::make_shared<OriginTable>();
};

} // namespace srsproxy
