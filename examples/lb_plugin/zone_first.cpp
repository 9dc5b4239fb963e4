#include <srsproxy/balancer.h>

#include <string>
#include <vector>

/// Keeps streams in one zone as long as an origin there can take them, and falls back to the
/// others. Of equals, the origin with the fewest sessions.
class ZoneFirst : public srsproxy::Balancer {
public:
    explicit ZoneFirst(const srsproxy::Section& options) : zone_(options.text("zone", "")) {}

    void update(const srsproxy::Origins& origins) override {
        near_.clear();
        for (uint64_t i = 0; i < origins.size(); ++i) {
            near_.push_back(srsproxy::toString(origins[i].zone) == zone_);
        }
    }

    int64_t pick(const srsproxy::Pick& pick) override {
        int64_t best = pick.nextEligible(0);
        for (uint64_t i = 0; i < pick.size(); ++i) {
            if (pick.eligible(i) && better(pick, i, static_cast<uint64_t>(best))) {
                best = static_cast<int64_t>(i);
            }
        }
        return best;
    }

private:
    bool better(const srsproxy::Pick& pick, uint64_t a, uint64_t b) const {
        return near_[a] != near_[b] ? near_[a] : pick.sessions(a) < pick.sessions(b);
    }

    std::string zone_;
    std::vector<bool> near_; // by index of the last update
};

SRSPROXY_BALANCER(ZoneFirst, "zone_first", "1.0.0", "MIT")
