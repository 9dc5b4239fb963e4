#pragma once

/// The store of a single proxy: a map in memory, bounded by bytes. Answers before the request
/// returns. One lock, held for a look-up.

#include <map>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/state/state_store.h"

namespace srsproxy {

class MemoryStore final : public StateStore {
public:
    /// What one fact costs beyond its key and value.
    static constexpr uint64_t OverheadBytes = 160;

    MemoryStore(uint64_t maxBytes, const Clock& clock);

    void put(std::string key, std::string value, Milliseconds ttl, Answer answer) override;
    void get(const std::string& key, Answer answer) override;
    void remove(const std::string& key) override;
    void sweep() override;

    uint64_t bytes() const; ///< [any]
    size_t size() const;    ///< [any]

private:
    struct Item;
    using Items = std::map<std::string, Item>;
    using Expiries = std::multimap<Milliseconds, Items::iterator>;
    struct Item {
        std::string value;
        Expiries::iterator expiry;
    };

    static uint64_t cost(const std::string& key, const std::string& value);
    int32_t keep(std::string key, std::string value, Milliseconds ttl);
    void erase(Items::iterator item);
    void eraseExpired();

    const uint64_t maxBytes_;
    const Clock& clock_;
    mutable std::mutex mutex_; ///< guards all below
    Items items_;
    Expiries expiries_; ///< each item once, by the time at which it is gone
    uint64_t bytes_ = 0;
};

} // namespace srsproxy
