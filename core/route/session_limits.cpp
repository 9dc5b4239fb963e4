#include "core/route/session_limits.h"

#include <functional>

namespace srsproxy {

bool SessionLimit::take(std::string_view name) {
    if (limit_ == 0) {
        return true;
    }
    Stripe& stripe = stripeOf(name);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.counts.find(name);
    if (found == stripe.counts.end()) {
        stripe.counts.emplace(std::string(name), 1);
        return true;
    }
    if (found->second >= limit_) {
        return false;
    }
    ++found->second;
    return true;
}

void SessionLimit::give(std::string_view name) {
    if (limit_ == 0) {
        return;
    }
    Stripe& stripe = stripeOf(name);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.counts.find(name);
    if (found != stripe.counts.end() && --found->second == 0) {
        stripe.counts.erase(found);
    }
}

size_t SessionLimit::names() const {
    size_t names = 0;
    for (const Stripe& stripe : stripes_) {
        const std::lock_guard lock(stripe.mutex);
        names += stripe.counts.size();
    }
    return names;
}

SessionLimit::Stripe& SessionLimit::stripeOf(std::string_view name) {
    return stripes_[std::hash<std::string_view>{}(name) % stripes_.size()];
}

std::string_view addressOf(std::string_view client) {
    return client.substr(0, client.rfind(':'));
}

} // namespace srsproxy
