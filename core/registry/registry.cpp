#include "core/registry/registry.h"

#include <algorithm>
#include <utility>

#include "core/registry/registry_entry.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

std::string servicesText(const Registration& registration) {
    std::string text;
    for (const ServiceEndpoints& offered : registration.services) {
        text += text.empty() ? "" : ", ";
        text += offered.service;
        for (const Endpoint& endpoint : offered.endpoints) {
            text += ' ' + toString(endpoint);
        }
    }
    return text;
}

} // namespace

Registry::Registry(RegistrySettings settings, const Clock& clock, Resolver& resolver, Log log)
    : settings_(settings), clock_(clock), resolver_(resolver), log_(std::move(log)) {}

Registry::~Registry() = default;

Result<std::string> Registry::enroll(const Registration& given, OriginSource source) {
    const Registration registration = completed(given);
    const std::string id = registration.originId();
    HostAddresses known;
    {
        const std::lock_guard lock(mutex_);
        if (Result<Done> admitted = admit(id, registration, source); !admitted) {
            return admitted.error();
        }
        if (Entry* entry = find(id)) {
            if (entry->origin.registration == registration && entry->origin.source == source) {
                beat(*entry, given.extraJson);
                return id;
            }
            known = entry->origin.hosts;
        }
    }
    Result<HostAddresses> hosts = lookUp(registration, known);
    if (!hosts && source == OriginSource::Heartbeat) {
        return Error{"origin " + id + ": " + hosts.error().message, true};
    }
    {
        const std::lock_guard lock(mutex_);
        // Meanwhile another thread may have been here with the same origin.
        if (Result<Done> admitted = admit(id, registration, source); !admitted) {
            return admitted.error();
        }
        if (Entry* entry = find(id)) {
            update(*entry, registration, source);
        } else {
            create(id, registration, source);
        }
        Entry& entry = *find(id);
        if (hosts) {
            adopt(entry, *hosts);
        } else {
            adopt(entry, {});
            log_.warning("origin-unresolved",
                         "origin " + id + " cannot be used yet: " + hosts.error().message);
        }
        beat(entry, given.extraJson);
        publish();
    }
    return id;
}

bool Registry::remove(std::string_view originId, std::string_view reason) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(originId);
        if (found == entries_.end()) {
            return false;
        }
        log_.info("origin-removed", "origin " + found->first + " removed: " + shown(reason));
        erase(found);
        keepWithinEjectShare();
        publish();
    }
    return true;
}

bool Registry::setDraining(std::string_view originId, bool draining) {
    {
        const std::lock_guard lock(mutex_);
        Entry* entry = find(originId);
        if (entry == nullptr) {
            return false;
        }
        if (entry->origin.draining == draining) {
            return true;
        }
        entry->origin.draining = draining;
        entry->published.reset();
        log_.info("origin-drain", "origin " + entry->origin.id +
                                      (draining ? " is draining: it gets no new streams"
                                                : " is not draining any more"));
        publish();
    }
    return true;
}

std::shared_ptr<const OriginTable> Registry::table() const {
    const std::lock_guard lock(tableMutex_);
    return table_;
}

/// As it is kept: without what changes from heartbeat to heartbeat, and never without a kind.
Registration Registry::completed(const Registration& given) const {
    Registration registration = given;
    registration.extraJson.clear();
    if (registration.kind.empty()) {
        registration.kind = settings_.defaultKind;
    }
    return registration;
}

Registry::Entry* Registry::find(std::string_view originId) const {
    const auto found = entries_.find(originId);
    return found == entries_.end() ? nullptr : found->second.get();
}

Result<Done> Registry::admit(const std::string& id, const Registration& registration,
                             OriginSource source) const {
    const Entry* entry = find(id);
    if (entry == nullptr) {
        if (entries_.size() >= settings_.maxOrigins) {
            return Error{"origin " + id + ": " + std::to_string(entries_.size()) +
                             " origins are registered, which is the limit; remove one or raise "
                             "registry.max_origins",
                         true};
        }
        return Done{};
    }
    if (source != OriginSource::Heartbeat) {
        return Done{};
    }
    if (entry->origin.source != OriginSource::Heartbeat) {
        return Error{"origin " + id + " is set in the configuration (" +
                     std::string(sourceName(entry->origin.source)) +
                     "); remove it there, or register under another server"};
    }
    if (entry->formerService == registration.service && entry->formerPid == registration.pid) {
        return Error{"origin " + id + ": service " + quoted(registration.service) + ", pid " +
                     quoted(registration.pid) + " was replaced by service " +
                     quoted(entry->origin.registration.service) + ", pid " +
                     quoted(entry->origin.registration.pid) +
                     "; if both are running, give each a server of its own"};
    }
    return Done{};
}

void Registry::beat(Entry& entry, const std::string& extraJson) {
    const Milliseconds now = clock_.now();
    entry.rhythm.beat(now);
    const bool expires = entry.origin.source == OriginSource::Heartbeat;
    entry.origin.pulse->beat(now, expires ? entry.rhythm.lifetime(settings_) : Milliseconds(0),
                             extraJson);
    if (entry.origin.silent) {
        endSilence(entry);
    }
}

void Registry::create(const std::string& id, const Registration& registration,
                      OriginSource source) {
    auto entry = std::make_unique<Entry>();
    entry->origin.id = id;
    entry->origin.registration = registration;
    entry->origin.source = source;
    entry->origin.generation = firstGeneration_;
    entry->origin.registeredAt = clock_.now();
    entries_.emplace(id, std::move(entry));
    log_.info("origin-registered", "origin " + id + " registered (" +
                                       std::string(sourceName(source)) + ", " + registration.kind +
                                       "): " + servicesText(registration));
}

void Registry::update(Entry& entry, const Registration& registration, OriginSource source) {
    Origin& origin = entry.origin;
    const Registration before = std::exchange(origin.registration, registration);
    const bool replaced = std::exchange(origin.source, source) != source;
    entry.published.reset();
    if (before.service == registration.service && before.pid == registration.pid) {
        if (replaced || before != registration) {
            log_.info("origin-changed", "origin " + origin.id + " changed (" +
                                            std::string(sourceName(source)) +
                                            "): " + servicesText(registration));
        }
        return;
    }
    ++origin.generation;
    entry.formerService = replaced ? "" : before.service;
    entry.formerPid = replaced ? "" : before.pid;
    entry.rhythm = {};
    entry.failures = {};
    log_.info("origin-restarted", "origin " + origin.id + " restarted: service " +
                                      quoted(before.service) + ", pid " + quoted(before.pid) +
                                      " became service " + quoted(registration.service) + ", pid " +
                                      quoted(registration.pid) + ": " + servicesText(registration));
    if (origin.ejected) {
        readmit(entry, "it restarted");
    }
}

void Registry::erase(Entries::iterator entry) {
    const Origin& origin = entry->second->origin;
    firstGeneration_ = std::max(firstGeneration_, origin.generation + 1);
    ejected_ -= origin.ejected ? 1 : 0;
    entries_.erase(entry);
}

void Registry::publish() {
    auto next = std::make_shared<OriginTable>();
    next->version = ++version_;
    next->origins.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        if (!entry->published) {
            entry->published = std::make_shared<const Origin>(entry->origin);
        }
        next->origins.push_back(entry->published);
    }
    const std::lock_guard lock(tableMutex_);
    table_ = std::move(next);
}

} // namespace srsproxy
