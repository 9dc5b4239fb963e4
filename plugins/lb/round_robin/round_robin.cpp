// Smooth weighted round robin: of weights 5, 1, 1 it makes a a b a c a a, not a a a a a b c.
// Every origin holds a credit. A pick gives each eligible origin its weight, takes the one with
// the most, and charges it the sum of what was given out.

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "srsproxy/balancer.h"

namespace {

class RoundRobin final : public srsproxy::Balancer {
public:
    explicit RoundRobin(const srsproxy::Section&) {}

    void update(const srsproxy::Origins& origins) override {
        // Credits go with the origin, so that a cluster whose members come and go does not
        // start over at the first origin each time.
        std::unordered_map<std::string, int64_t> credits;
        for (const Entry& entry : entries_) {
            credits.emplace(entry.id, entry.credit);
        }
        std::vector<Entry> entries;
        entries.reserve(origins.size());
        for (uint64_t index = 0; index < origins.size(); ++index) {
            Entry entry{srsproxy::toString(origins[index].id),
                        std::max<int64_t>(origins[index].weight, 1), 0};
            if (const auto old = credits.find(entry.id); old != credits.end()) {
                entry.credit = old->second;
            }
            entries.push_back(std::move(entry));
        }
        entries_ = std::move(entries);
    }

    int64_t pick(const srsproxy::Pick& pick) override {
        int64_t best = srsproxy::PickNone;
        int64_t bestCredit = 0;
        int64_t given = 0;
        for (uint64_t index = 0; index < entries_.size(); ++index) {
            if (!pick.eligible(index)) {
                continue;
            }
            Entry& entry = entries_[index];
            entry.credit += entry.weight;
            given += entry.weight;
            if (best == srsproxy::PickNone || entry.credit > bestCredit) {
                best = static_cast<int64_t>(index);
                bestCredit = entry.credit;
            }
        }
        if (best != srsproxy::PickNone) {
            entries_[static_cast<uint64_t>(best)].credit -= given;
        }
        return best;
    }

private:
    struct Entry {
        std::string id;
        int64_t weight;
        int64_t credit;
    };

    std::vector<Entry> entries_;
};

} // namespace

SRSPROXY_BALANCER(RoundRobin, "round_robin", "1.0.0", "MIT")
