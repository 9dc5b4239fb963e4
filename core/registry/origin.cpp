#include "core/registry/origin.h"

#include <algorithm>

namespace srsproxy {

void OriginPulse::beat(Milliseconds now, Milliseconds lifetime, std::string extraJson) {
    const std::lock_guard lock(mutex_);
    lastHeartbeat_ = now;
    lifetime_ = lifetime;
    extraJson_ = std::move(extraJson);
}

Milliseconds OriginPulse::lastHeartbeat() const {
    const std::lock_guard lock(mutex_);
    return lastHeartbeat_;
}

Milliseconds OriginPulse::lifetime() const {
    const std::lock_guard lock(mutex_);
    return lifetime_;
}

std::string OriginPulse::extraJson() const {
    const std::lock_guard lock(mutex_);
    return extraJson_;
}

std::string_view sourceName(OriginSource source) {
    switch (source) {
    case OriginSource::Static:
        return "static";
    case OriginSource::DefaultBackend:
        return "default_backend";
    case OriginSource::Heartbeat:
        break;
    }
    return "heartbeat";
}

std::shared_ptr<const Origin> OriginTable::find(std::string_view id) const {
    const auto found = std::lower_bound(
        origins.begin(), origins.end(), id,
        [](const auto& origin, std::string_view wanted) { return origin->id < wanted; });
    return found != origins.end() && (*found)->id == id ? *found : nullptr;
}

} // namespace srsproxy
