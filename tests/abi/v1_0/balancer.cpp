// A balancer as it was written for SDK 1.0: uses all that the balancer headers of 1.0 have.

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "srsproxy/balancer.h"

namespace {

class OldBalancer final : public srsproxy::Balancer {
public:
    explicit OldBalancer(const srsproxy::Section& options)
        : zone_(options.text("zone", "")),
          start_(static_cast<uint64_t>(options.integer("start", 0, 0, 1000))),
          refuse_(options.flag("refuse", false)) {
        options.real("share", 0.5, 0, 1);
        options.durationMs("window", 1000, 0, 60000);
        options.sizeBytes("memory", 1024, 0, 65536);
        options.texts("names", {"a", "b"});
        options.section("nested").integer("depth", 1, 0, 2);
    }

    void update(const srsproxy::Origins& origins) override {
        weights_.clear();
        for (uint64_t index = 0; index < origins.size(); ++index) {
            const srsproxy::BalancerOrigin& origin = origins[index];
            const bool near = srsproxy::toString(origin.zone) == zone_;
            weights_[index] = near ? origin.weight : 0;
            if (srsproxy::toString(origin.id).empty()) {
                throw std::runtime_error("an origin without an id");
            }
        }
    }

    int64_t pick(const srsproxy::Pick& pick) override {
        if (refuse_) {
            throw std::runtime_error("refused on demand");
        }
        int64_t best = pick.nextEligible(start_);
        for (uint64_t index = 0; index < pick.size(); ++index) {
            if (pick.eligible(index) && pick.sessions(index) == 0 &&
                weights_[index] > weights_[static_cast<uint64_t>(best)]) {
                best = static_cast<int64_t>(index);
            }
        }
        return best;
    }

    void opened(const std::string& originId) override { ++open_[originId]; }
    void closed(const std::string& originId, int32_t) override { --open_[originId]; }

private:
    std::string zone_;
    uint64_t start_;
    bool refuse_;
    std::map<uint64_t, uint32_t> weights_;
    std::map<std::string, int> open_;
};

} // namespace

SRSPROXY_BALANCER(OldBalancer, "old_balancer", "1.0.0", "MIT")
