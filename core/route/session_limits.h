#pragma once

/// How many sessions there are by a name: a client's address, a stream's key. Bounded by the
/// sessions that live, since a count that comes to 0 is forgotten. Striped, so that event loops
/// seldom meet.

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace srsproxy {

class SessionLimit {
public:
    /// `limit` 0: nothing is counted, every take() is granted.
    explicit SessionLimit(uint32_t limit) : limit_(limit) {}

    /// False at the limit. Each true needs one give() of the same name. [any]
    bool take(std::string_view name);
    void give(std::string_view name); ///< [any]
    size_t names() const;             ///< that have a session [any]
    uint32_t limit() const { return limit_; }

private:
    struct Stripe {
        mutable std::mutex mutex;
        std::map<std::string, uint32_t, std::less<>> counts;
    };

    Stripe& stripeOf(std::string_view name);

    const uint32_t limit_;
    std::array<Stripe, 16> stripes_;
};

/// `address:port` without the port; IPv6 keeps its brackets.
std::string_view addressOf(std::string_view client);

} // namespace srsproxy
