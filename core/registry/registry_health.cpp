#include <algorithm>

#include "core/registry/registry_entry.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

std::string seconds(Milliseconds time) {
    const auto tenths = time.count() / 100;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

} // namespace

void Registry::report(std::string_view originId, int32_t outcome, std::string_view detail) {
    const std::lock_guard lock(mutex_);
    Entry* entry = find(originId);
    if (entry == nullptr) {
        return; // removed while the session was under way
    }
    if (outcome < 0) {
        entry->origin.load->failures.fetch_add(1, std::memory_order_relaxed);
        if (entry->origin.ejected) {
            return; // sessions from before say nothing new
        }
    }
    if (entry->failures.report(outcome)) {
        eject(*entry, outcome, detail);
    }
}

void Registry::eject(Entry& entry, int32_t outcome, std::string_view detail) {
    Origin& origin = entry.origin;
    std::string why = failureText(outcome);
    if (!detail.empty()) {
        why += " (" + shown(detail) + ")";
    }
    if (ejected_ + 1 > ejectLimit()) {
        log_.warning("origin-not-ejected",
                     "origin " + origin.id + ' ' + why + " but stays: " + std::to_string(ejected_) +
                         " of " + std::to_string(entries_.size()) +
                         " origins are ejected already (registry.eject_max_percent)");
        return;
    }
    const Milliseconds backOff = entry.failures.nextBackOff(settings_);
    origin.ejected = true;
    origin.ejectReason = why;
    origin.ejectedUntil = clock_.now() + backOff;
    ++ejected_;
    entry.published.reset();
    log_.warning("origin-ejected",
                 "origin " + origin.id + " ejected for " + seconds(backOff) + ": it " + why);
    publish();
}

void Registry::readmit(Entry& entry, std::string_view why) {
    Origin& origin = entry.origin;
    origin.ejected = false;
    origin.ejectReason.clear();
    origin.ejectedUntil = Milliseconds(0);
    --ejected_;
    entry.published.reset();
    log_.info("origin-readmitted", "origin " + origin.id + " readmitted: " + std::string(why));
}

size_t Registry::ejectLimit() const {
    return entries_.size() * settings_.ejectMaxPercent / 100;
}

void Registry::keepWithinEjectShare() {
    while (ejected_ > ejectLimit()) {
        Entry* next = nullptr;
        for (const auto& [id, entry] : entries_) {
            if (entry->origin.ejected &&
                (next == nullptr || entry->origin.ejectedUntil < next->origin.ejectedUntil)) {
                next = entry.get();
            }
        }
        readmit(*next, "too few origins are left (registry.eject_max_percent)");
    }
}

bool Registry::fallSilent(Entry& entry, Milliseconds silence) {
    if (entry.origin.silent) {
        return false;
    }
    entry.origin.silent = true;
    entry.published.reset();
    log_.warning("origin-silent", "origin " + entry.origin.id + " has sent no heartbeat for " +
                                      seconds(silence) +
                                      "; it keeps its sessions and gets no new streams");
    return true;
}

void Registry::endSilence(Entry& entry) {
    entry.origin.silent = false;
    entry.published.reset();
    log_.info("origin-heard", "origin " + entry.origin.id + " sends heartbeats again");
    publish();
}

std::vector<Registry::Lookup> Registry::sweepEntries() {
    const std::lock_guard lock(mutex_);
    const Milliseconds now = clock_.now();
    std::vector<Lookup> lookups;
    bool changed = false;
    for (auto next = entries_.begin(); next != entries_.end();) {
        const auto current = next++;
        Entry& entry = *current->second;
        const Origin& origin = entry.origin;
        const Milliseconds lifetime = origin.lifetime();
        const Milliseconds silence = now - origin.lastHeartbeat();
        const bool overdue = lifetime > Milliseconds(0) && silence > lifetime;
        if (overdue && origin.load->sessions.load(std::memory_order_relaxed) > 0) {
            changed = fallSilent(entry, silence) || changed;
        } else if (overdue) {
            log_.warning("origin-expired", "origin " + origin.id + " expired: no heartbeat for " +
                                               seconds(silence) + ", " + seconds(lifetime) +
                                               " allowed");
            erase(current);
            changed = true;
            continue;
        }
        if (origin.ejected && origin.ejectedUntil <= now) {
            readmit(entry, "its time is over");
            changed = true;
        }
        if (entry.nextLookup <= now) {
            lookups.push_back({origin.id, origin.registration, origin.hosts, entry.nextLookup});
        }
    }
    if (changed) {
        keepWithinEjectShare();
        publish();
    }
    std::sort(lookups.begin(), lookups.end(),
              [](const Lookup& a, const Lookup& b) { return a.due < b.due; });
    return lookups;
}

void Registry::sweep() {
    const std::vector<Lookup> lookups = sweepEntries();
    lookUpAgain(lookups);
}

} // namespace srsproxy
