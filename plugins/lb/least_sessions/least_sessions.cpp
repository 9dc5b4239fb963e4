// Least sessions for its weight. `choices: 2` draws two origins at random and takes the one with
// less to do; `choices: full` looks at every origin. Two choices cost the same for 10 origins as
// for 10,000, and do not send a whole burst to the one origin that was idle a moment ago.

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/lb/support/prng.h"
#include "plugins/lb/support/weighted_draw.h"
#include "srsproxy/balancer.h"

namespace {

class LeastSessions final : public srsproxy::Balancer {
public:
    explicit LeastSessions(const srsproxy::Section& options)
        : prng_(lb::Prng::chooseSeed(options.integer("seed", 0, 0, INT64_MAX))) {
        const std::string choices = options.text("choices", "2");
        full_ = choices == "full";
        if (!full_ && choices != "2") {
            options.reject("choices", "`" + choices + "` is not known: write 2 or full");
        }
    }

    void update(const srsproxy::Origins& origins) override { draw_ = lb::WeightedDraw(origins); }

    int64_t pick(const srsproxy::Pick& pick) override {
        const int64_t first = draw_.draw(pick, prng_);
        if (first == srsproxy::PickNone) {
            return first;
        }
        return full_ ? leastOfAll(pick) : lesser(pick, first, drawOther(pick, first));
    }

private:
    static constexpr int Throws = 4;

    /// Negative when `left` would be less loaded than `right` with this stream added to it.
    int compare(const srsproxy::Pick& pick, uint64_t left, uint64_t right) const {
        const uint64_t leftLoad = (pick.sessions(left) + uint64_t{1}) * draw_.weight(right);
        const uint64_t rightLoad = (pick.sessions(right) + uint64_t{1}) * draw_.weight(left);
        return leftLoad < rightLoad ? -1 : leftLoad > rightLoad ? 1 : 0;
    }

    int64_t lesser(const srsproxy::Pick& pick, int64_t first, int64_t second) const {
        // The draw was random, so a tie may go to the first.
        return compare(pick, static_cast<uint64_t>(second), static_cast<uint64_t>(first)) < 0
                   ? second
                   : first;
    }

    /// An eligible origin other than `first`, or `first` when it is the only one.
    int64_t drawOther(const srsproxy::Pick& pick, int64_t first) {
        for (int attempt = 0; attempt < Throws; ++attempt) {
            const int64_t other = draw_.draw(pick, prng_);
            if (other != first) {
                return other;
            }
        }
        // `first` has nearly all the weight: take a neighbour of a random place.
        const int64_t other = pick.nextEligible(prng_.below(pick.size()));
        return other != first ? other : pick.nextEligible(static_cast<uint64_t>(first) + 1);
    }

    /// Requires an eligible origin. Among equals every one is equally likely.
    int64_t leastOfAll(const srsproxy::Pick& pick) {
        uint64_t best = 0;
        uint64_t equals = 0;
        for (uint64_t index = 0; index < pick.size(); ++index) {
            if (!pick.eligible(index)) {
                continue;
            }
            const int order = equals == 0 ? -1 : compare(pick, index, best);
            if (order < 0) {
                best = index;
                equals = 1;
            } else if (order == 0 && prng_.below(++equals) == 0) {
                best = index;
            }
        }
        return static_cast<int64_t>(best);
    }

    lb::Prng prng_;
    lb::WeightedDraw draw_;
    bool full_ = false;
};

} // namespace

SRSPROXY_BALANCER(LeastSessions, "least_sessions", "1.0.0", "MIT")
