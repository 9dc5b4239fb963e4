// A balancer in order, but for a second symbol that it exports: the build leaves out the SDK's
// version script.

#include "srsproxy/balancer.h"

extern "C" __attribute__((visibility("default"))) int leakedHelper() {
    return 1;
}

namespace {

class First final : public srsproxy::Balancer {
public:
    explicit First(const srsproxy::Section&) {}
    void update(const srsproxy::Origins&) override {}
    int64_t pick(const srsproxy::Pick& pick) override { return pick.nextEligible(0); }
};

} // namespace

SRSPROXY_BALANCER(First, "two_exports", "1.0.0", "MIT")
