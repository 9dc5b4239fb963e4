#include <algorithm>
#include <set>

#include "core/registry/registration_rules.h"
#include "core/registry/registry_entry.h"

namespace srsproxy {
namespace {

/// A sweep starts no further look-up when it has spent that long.
constexpr Milliseconds LookupBudget{500};
/// Origins that have no address yet are looked up that often.
constexpr Milliseconds UnresolvedRetry{5000};

std::string addressesText(const std::vector<std::string>& addresses) {
    std::string text;
    for (const std::string& address : addresses) {
        text += (text.empty() ? "" : ", ") + address;
    }
    return text.empty() ? "none" : text;
}

} // namespace

Result<HostAddresses> Registry::lookUp(const Registration& registration,
                                       const HostAddresses& known) {
    HostAddresses hosts;
    bool resolverFails = false; // then one time-out is enough
    for (const std::string& name : hostNames(registration)) {
        Error error;
        if (!resolverFails) {
            if (Result<std::vector<std::string>> found = resolver_.resolve(name); found) {
                hosts.emplace(name, std::move(*found));
                continue;
            } else {
                error = found.error();
            }
        }
        const auto old = known.find(name);
        if (old == known.end()) {
            return resolverFails ? Error{"host name " + name + " was not looked up", true} : error;
        }
        hosts.insert(*old);
        if (!resolverFails) {
            log_.warning("origin-lookup", "origin " + registration.originId() +
                                              " keeps its old addresses: " + error.message);
        }
        resolverFails = true;
    }
    return hosts;
}

void Registry::adopt(Entry& entry, const HostAddresses& hosts) {
    Origin& origin = entry.origin;
    const std::set<std::string> names = hostNames(origin.registration);
    const bool resolved = names.size() == hosts.size();
    std::vector<std::string> addresses;
    if (resolved) {
        const auto named = hosts.find(origin.registration.ip);
        addresses = named == hosts.end() ? std::vector{origin.registration.ip} : named->second;
    }
    const Milliseconds wait =
        resolved ? settings_.resolveInterval : std::min(settings_.resolveInterval, UnresolvedRetry);
    entry.nextLookup = names.empty() ? Milliseconds::max() : clock_.now() + wait;
    if (origin.hosts == hosts && origin.addresses == addresses) {
        return;
    }
    if (!names.empty()) {
        log_.info("origin-address", "origin " + origin.id + " is at " + addressesText(addresses) +
                                        " now, before: " + addressesText(origin.addresses));
    }
    origin.hosts = hosts;
    origin.addresses = std::move(addresses);
    entry.published.reset();
}

void Registry::lookUpAgain(const std::vector<Lookup>& lookups) {
    const Milliseconds start = clock_.now();
    for (const Lookup& lookup : lookups) {
        const Result<HostAddresses> hosts = lookUp(lookup.registration, lookup.known);
        {
            const std::lock_guard lock(mutex_);
            Entry* entry = find(lookup.originId);
            if (entry != nullptr && entry->origin.registration == lookup.registration) {
                adopt(*entry, hosts ? *hosts : HostAddresses{});
                if (!entry->published) {
                    publish();
                }
            }
        }
        if (clock_.now() - start > LookupBudget) {
            return;
        }
    }
}

} // namespace srsproxy
