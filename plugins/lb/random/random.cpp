// Weighted random: each eligible origin is as likely as its weight says. With equal weights this
// is what the Go SRS proxy does.

#include "plugins/lb/support/prng.h"
#include "plugins/lb/support/weighted_draw.h"
#include "srsproxy/balancer.h"

namespace {

class Random final : public srsproxy::Balancer {
public:
    explicit Random(const srsproxy::Section& options)
        : prng_(lb::Prng::chooseSeed(options.integer("seed", 0, 0, INT64_MAX))) {}

    void update(const srsproxy::Origins& origins) override { draw_ = lb::WeightedDraw(origins); }

    int64_t pick(const srsproxy::Pick& pick) override { return draw_.draw(pick, prng_); }

private:
    lb::Prng prng_;
    lb::WeightedDraw draw_;
};

} // namespace

SRSPROXY_BALANCER(Random, "random", "1.0.0", "MIT")
