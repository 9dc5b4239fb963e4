// Weighted rendezvous hashing: every origin draws a number for the stream from a hash of both,
// and the lowest number for its weight wins. No state, so every proxy that sees the same origins
// gives the same answer, and an origin that leaves takes only its own streams with it.

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/lb/support/fixed_log.h"
#include "plugins/lb/support/prng.h"
#include "srsproxy/balancer.h"

namespace {

/// FNV-1a, then mixed: part of the contract between proxies, never to be changed.
uint64_t hashOriginId(srsproxy::Str id) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t index = 0; index < id.size; ++index) {
        hash = (hash ^ static_cast<unsigned char>(id.data[index])) * 0x100000001b3u;
    }
    return lb::mixBits(hash);
}

/// The proxy allows 1000; the bound keeps products within 64 bits whatever comes.
constexpr uint64_t MaxWeight = 1'000'000;

class ConsistentHash final : public srsproxy::Balancer {
public:
    explicit ConsistentHash(const srsproxy::Section& options)
        : loadFactor_(options.real("load_factor", 0, 0, 100)) {
        if (loadFactor_ > 0 && loadFactor_ < 1) {
            options.reject("load_factor", "write 0 (off) or at least 1: below 1 not even the "
                                          "average load would fit");
        }
    }

    void update(const srsproxy::Origins& origins) override {
        std::vector<Entry> entries;
        entries.reserve(origins.size());
        for (uint64_t index = 0; index < origins.size(); ++index) {
            entries.push_back(Entry{hashOriginId(origins[index].id),
                                    std::clamp<uint64_t>(origins[index].weight, 1, MaxWeight)});
        }
        entries_ = std::move(entries);
    }

    int64_t pick(const srsproxy::Pick& pick) override {
        const Load load = loadFactor_ > 0 ? loadOf(pick) : Load{};
        const uint64_t stream = pick.request().streamHash;
        int64_t best = srsproxy::PickNone;
        uint64_t bestCost = 0;
        uint64_t bestWeight = 1;
        for (uint64_t index = 0; index < entries_.size(); ++index) {
            if (!pick.eligible(index)) {
                continue;
            }
            const Entry& entry = entries_[index];
            if (loadFactor_ > 0 && !hasRoom(pick.sessions(index), entry.weight, load)) {
                continue;
            }
            // An exponential variable over its rate: the lowest wins, in proportion to weight.
            const uint64_t cost = lb::negativeLog2(lb::mixBits(stream ^ entry.hash));
            if (best == srsproxy::PickNone || cost * bestWeight < bestCost * entry.weight) {
                best = static_cast<int64_t>(index);
                bestCost = cost;
                bestWeight = entry.weight;
            }
        }
        return best;
    }

private:
    struct Entry {
        uint64_t hash;
        uint64_t weight;
    };
    /// Of the eligible origins together.
    struct Load {
        uint64_t sessions = 0;
        uint64_t weight = 0;
    };

    Load loadOf(const srsproxy::Pick& pick) const {
        Load load;
        for (uint64_t index = 0; index < entries_.size(); ++index) {
            if (pick.eligible(index)) {
                load.sessions += pick.sessions(index);
                load.weight += entries_[index].weight;
            }
        }
        return load;
    }

    /// Below load_factor times its share of the sessions, this one included. As the factor is
    /// at least 1, some origin always has room.
    bool hasRoom(uint32_t sessions, uint64_t weight, const Load& load) const {
        const double share = static_cast<double>(load.sessions + 1) * static_cast<double>(weight);
        return static_cast<double>(sessions) * static_cast<double>(load.weight) <
               loadFactor_ * share;
    }

    const double loadFactor_;
    std::vector<Entry> entries_;
};

} // namespace

SRSPROXY_BALANCER(ConsistentHash, "consistent_hash", "1.0.0", "MIT")
