#include "core/route/candidate.h"

#include <algorithm>
#include <span>

#include "core/registry/host.h"

namespace srsproxy {
namespace {

/// The addresses behind one endpoint; none when its name does not resolve.
std::span<const std::string> addressesOf(const Origin& origin, const Endpoint& endpoint) {
    if (endpoint.host.empty()) {
        return origin.addresses;
    }
    const auto named = origin.hosts.find(endpoint.host);
    if (named != origin.hosts.end()) {
        return named->second;
    }
    return {&endpoint.host, isNumericHost(endpoint.host) ? 1u : 0u};
}

size_t countDoors(const Origin& origin, const std::vector<Endpoint>& endpoints) {
    size_t count = 0;
    for (const Endpoint& endpoint : endpoints) {
        count += addressesOf(origin, endpoint).size();
    }
    return count;
}

} // namespace

Verdict judge(const Origin& origin, std::string_view service, const TriedOrigins* tried) {
    const std::vector<Endpoint>* endpoints = origin.registration.endpoints(service);
    if (endpoints == nullptr || endpoints->empty()) {
        return Verdict::NotOffered;
    }
    if (countDoors(origin, *endpoints) == 0) {
        return Verdict::NoAddress;
    }
    const auto isThis = [&](const std::shared_ptr<const Origin>& former) {
        return former->generation == origin.generation && former->id == origin.id;
    };
    if (tried != nullptr && std::any_of(tried->begin(), tried->end(), isThis)) {
        return Verdict::Tried;
    }
    const uint32_t limit = origin.registration.maxSessions;
    if (limit > 0 && origin.load->sessions.load(std::memory_order_relaxed) >= limit) {
        return Verdict::AtLimit;
    }
    if (origin.ejected) {
        return Verdict::Ejected;
    }
    if (origin.silent) {
        return Verdict::Silent;
    }
    return origin.draining ? Verdict::Draining : Verdict::Eligible;
}

Door chooseDoor(const Origin& origin, std::string_view service) {
    const std::vector<Endpoint>* endpoints = origin.registration.endpoints(service);
    const size_t count = endpoints == nullptr ? 0 : countDoors(origin, *endpoints);
    if (count == 0) {
        return {};
    }
    size_t index = origin.load->failures.load(std::memory_order_relaxed) % count;
    for (const Endpoint& endpoint : *endpoints) {
        const std::span<const std::string> addresses = addressesOf(origin, endpoint);
        if (index < addresses.size()) {
            return {endpoint, addresses[index]};
        }
        index -= addresses.size();
    }
    return {};
}

std::vector<Door> doorsOf(const Origin& origin, std::string_view service) {
    std::vector<Door> doors;
    if (const std::vector<Endpoint>* endpoints = origin.registration.endpoints(service)) {
        for (const Endpoint& endpoint : *endpoints) {
            const std::span<const std::string> addresses = addressesOf(origin, endpoint);
            for (const std::string& address : addresses) {
                doors.push_back({endpoint, address});
            }
            if (addresses.empty()) {
                doors.push_back({endpoint, ""});
            }
        }
    }
    return doors;
}

std::string_view schemeOf(const Endpoint& endpoint, std::string_view service) {
    if (!endpoint.scheme.empty()) {
        return endpoint.scheme;
    }
    return service == "srt" || service == "rtc" ? "udp" : "tcp";
}

std::string describe(Verdict verdict, const Origin& origin, std::string_view service,
                     Milliseconds now) {
    switch (verdict) {
    case Verdict::NotOffered:
        return "does not offer " + std::string(service);
    case Verdict::NoAddress:
        return "address unknown: " + origin.registration.ip + " does not resolve";
    case Verdict::Tried:
        return "failed this session already";
    case Verdict::AtLimit:
        return "at its limit of " + std::to_string(origin.registration.maxSessions) + " sessions";
    case Verdict::Ejected: {
        const auto left = std::max(Milliseconds{0}, origin.ejectedUntil - now);
        return "ejected for " + std::to_string((left.count() + 999) / 1000) + " s more" +
               (origin.ejectReason.empty() ? "" : ": " + origin.ejectReason);
    }
    case Verdict::Silent:
        return "its heartbeat has stopped";
    case Verdict::Draining:
        return "draining";
    case Verdict::Eligible:
        break;
    }
    return "eligible";
}

} // namespace srsproxy
