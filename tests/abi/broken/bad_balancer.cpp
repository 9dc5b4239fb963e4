// A balancer that misbehaves in the way that the build says.

#include <signal.h>
#include <time.h>

#include <stdexcept>

#include "srsproxy/balancer.h"

namespace {

enum class Behaviour {
    ThrowingCreate,
    RejectsDefaults,
    ThrowingUpdate,
    ThrowingPick,
    ThrowsNoException,
    OutOfRange,
    Negative,
    Ineligible,
    NeverChooses,
    SlowPick,
    CrashingPick,
    HangingPick,
};
constexpr Behaviour Mine = Behaviour::BEHAVIOUR;

void sleepMs(long milliseconds) {
    const timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    ::nanosleep(&time, nullptr);
}

class BadBalancer final : public srsproxy::Balancer {
public:
    explicit BadBalancer(const srsproxy::Section& options) {
        if (Mine == Behaviour::ThrowingCreate) {
            throw std::runtime_error("no dice in the box");
        }
        if (Mine == Behaviour::RejectsDefaults) {
            options.integer("sides", 0, 1, 6);
            options.text("colour", "");
            options.reject("colour", "wanted red or green");
        }
    }

    void update(const srsproxy::Origins& origins) override {
        if (Mine == Behaviour::ThrowingUpdate) {
            throw std::out_of_range(std::to_string(origins.size()) + " origins are too many");
        }
    }

    int64_t pick(const srsproxy::Pick& pick) override {
        switch (Mine) {
        case Behaviour::ThrowingPick:
            throw std::runtime_error("the dice rolled off the table");
        case Behaviour::ThrowsNoException:
            throw 42;
        case Behaviour::OutOfRange:
            return static_cast<int64_t>(pick.size());
        case Behaviour::Negative:
            return -77;
        case Behaviour::Ineligible:
            for (uint64_t index = 0; index < pick.size(); ++index) {
                if (!pick.eligible(index)) {
                    return static_cast<int64_t>(index);
                }
            }
            break;
        case Behaviour::NeverChooses:
            return srsproxy::PickNone;
        case Behaviour::SlowPick:
            sleepMs(50);
            break;
        case Behaviour::CrashingPick:
            ::raise(SIGSEGV);
            break;
        case Behaviour::HangingPick:
            for (;;) {
                sleepMs(1000);
            }
        default:
            break;
        }
        return pick.nextEligible(0);
    }
};

} // namespace

SRSPROXY_BALANCER(BadBalancer, "bad_balancer", "1.0.0", "MIT")
