#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/abi.h"
#include "core/plugin/conformance_kinds.h"
#include "core/plugin/default_config.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {
namespace {

constexpr uint32_t PicksPerCase = 64;

enum class Eligible { All, Some, LastOnly, None };

const char* wordFor(Eligible which) {
    switch (which) {
    case Eligible::All:
        return "all eligible";
    case Eligible::Some:
        return "some eligible";
    case Eligible::LastOnly:
        return "only the last eligible";
    case Eligible::None:
        break;
    }
    return "none eligible";
}

bool isEligible(Eligible which, size_t index, size_t count) {
    switch (which) {
    case Eligible::All:
        return true;
    case Eligible::Some:
        return index % 3 == 1;
    case Eligible::LastOnly:
        return index + 1 == count;
    case Eligible::None:
        break;
    }
    return false;
}

/// Larger than what this SDK knows, as a later proxy's will be: a plugin has to go by stride.
struct LaterOrigin {
    BalancerOrigin known;
    uint64_t added[5];
};

/// Origins `first`, `first + step`, … of an imaginary cluster, as an update shows them.
class OriginList {
public:
    OriginList(size_t count, size_t first, size_t step) {
        for (size_t index = 0; index < count; ++index) {
            std::string number = std::to_string(100'000 + first + index * step);
            ids_.push_back("origin-" + number + "@10.0.0.1");
        }
        for (size_t index = 0; index < count; ++index) {
            LaterOrigin origin{};
            origin.known.structSize = sizeof(LaterOrigin);
            origin.known.weight = index % 7 == 0 ? 1 : 100;
            origin.known.id = str(ids_[index]);
            origin.known.kind = str("srs");
            origin.known.zone = str(index % 2 == 0 ? "a" : "");
            std::fill(std::begin(origin.added), std::end(origin.added), ~uint64_t{0});
            origins_.push_back(origin);
        }
    }

    OriginSet set() const {
        return OriginSet{sizeof(OriginSet), sizeof(LaterOrigin),
                         reinterpret_cast<const BalancerOrigin*>(origins_.data()), origins_.size()};
    }
    size_t size() const { return origins_.size(); }
    const std::vector<std::string>& ids() const { return ids_; }

private:
    std::vector<std::string> ids_;
    std::vector<LaterOrigin> origins_;
};

std::string describe(size_t origins, Eligible which) {
    return "pick (" + std::to_string(origins) + (origins == 1 ? " origin, " : " origins, ") +
           wordFor(which) + ")";
}

/// How long a call took as far as the plugin is to blame: its time on the processor, or all of
/// it when it waited for something. That the machine ran others meanwhile does not count.
class CallTimer {
public:
    CallTimer()
        : wall_(now(CLOCK_MONOTONIC)), cpu_(now(CLOCK_THREAD_CPUTIME_ID)), waits_(waits()) {}

    std::chrono::microseconds elapsed() const {
        const auto cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu_;
        const auto wall = now(CLOCK_MONOTONIC) - wall_;
        return std::chrono::duration_cast<std::chrono::microseconds>(waits() != waits_ ? wall
                                                                                       : cpu);
    }

private:
    static std::chrono::nanoseconds now(clockid_t clock) {
        timespec time;
        ::clock_gettime(clock, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    static long waits() {
        rusage usage;
        ::getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_nvcsw;
    }

    std::chrono::nanoseconds wall_;
    std::chrono::nanoseconds cpu_;
    long waits_;
};

class BalancerCheck {
public:
    BalancerCheck(IBalancer& balancer, StepReporter& report, std::chrono::milliseconds pickLimit)
        : balancer_(balancer), report_(report), pickLimit_(pickLimit) {}

    void update(const OriginList& origins, const std::string& what) {
        report_.step("update (" + what + ")");
        const OriginSet set = origins.set();
        ErrorText errors;
        if (balancer_.update(&set, &errors) != StatusOk) {
            report_.fail("update (" + what + "): failed: " + reasonOf(errors));
        } else {
            report_.ok("update (" + what + ")");
        }
    }

    void picks(size_t origins, Eligible which) {
        const std::string name = describe(origins, which);
        report_.step(name);
        std::vector<uint64_t> bits((origins + 63) / 64);
        size_t eligible = 0;
        for (size_t index = 0; index < origins; ++index) {
            if (isEligible(which, index, origins)) {
                bits[index / 64] |= uint64_t{1} << (index % 64);
                ++eligible;
            }
        }
        uint32_t wrong = 0;
        uint32_t chosen = 0;
        std::string first;
        for (uint32_t turn = 0; turn < PicksPerCase && !tooSlow(); ++turn) {
            const std::string problem = pickOnce(origins, bits, eligible, turn, chosen);
            if (!problem.empty() && wrong++ == 0) {
                first = problem;
            }
        }
        if (tooSlow()) {
            report_.fail(name + ": a pick took " + std::to_string(slowest_.count()) +
                         " us, wanted at most " + std::to_string(pickLimit_.count()) + " ms");
        } else if (wrong > 0) {
            report_.fail(name + ": " + first + " (" + std::to_string(wrong) + " of " +
                         std::to_string(PicksPerCase) + " picks are wrong)");
        } else if (which == Eligible::All && origins > 0 && chosen == 0) {
            report_.fail(name + ": it never chose an origin");
        } else {
            report_.ok(name);
        }
    }

    /// One slow pick is enough to know.
    bool tooSlow() const { return slowest_ > pickLimit_; }
    void reportTime() {
        report_.ok("time: the slowest pick took " + std::to_string(slowest_.count()) + " us");
    }

    void feedback(const OriginList& known) {
        report_.step("query of the balancer");
        if (balancer_.query(str("srsproxy.no_such_interface/1")) != nullptr) {
            report_.fail("query of the balancer: it answers to an id that it cannot know");
        }
        auto* feedback =
            static_cast<IBalancerFeedback*>(balancer_.query(str(SRSPROXY_BALANCER_FEEDBACK_ID)));
        if (feedback == nullptr) {
            report_.ok("feedback: not wanted");
            return;
        }
        report_.step("feedback");
        for (const std::string& id : known.ids()) {
            feedback->opened(str(id));
            feedback->closed(str(id), OutcomeAccepted);
            feedback->closed(str(id), OutcomeLost);
        }
        feedback->opened(str("never-seen@10.9.9.9"));
        feedback->closed(str("never-seen@10.9.9.9"), 12'345);
        report_.ok("feedback");
    }

private:
    static std::string reasonOf(const ErrorText& errors) {
        return errors.empty() ? "it gave no reason" : errors.text();
    }

    /// Empty when the answer will do.
    std::string pickOnce(size_t origins, const std::vector<uint64_t>& bits, size_t eligible,
                         uint32_t turn, uint32_t& chosen) {
        std::vector<uint32_t> sessions(origins);
        for (size_t index = 0; index < origins; ++index) {
            sessions[index] = static_cast<uint32_t>((index * 31 + turn) % 17);
        }
        const std::string key = "vhost/live/stream-" + std::to_string(turn);
        PickRequest request{};
        request.structSize = sizeof request;
        request.role = turn % 2 == 0 ? RolePublish : RolePlay;
        request.streamKey = str(key);
        request.protocol = str("rtmp");
        request.client = str("192.0.2.1:40000");
        request.streamHash = 0x9E3779B97F4A7C15u * (turn + 1);
        request.eligible = bits.data();
        request.sessions = sessions.data();
        request.count = origins;
        request.attempt = 1 + turn % 3;
        ErrorText errors;
        const CallTimer timer;
        const int64_t answer = balancer_.pick(&request, &errors);
        slowest_ = std::max(slowest_, timer.elapsed());
        if (answer == PickFailed) {
            return "pick failed: " + reasonOf(errors);
        }
        if (answer == PickNone) {
            return {};
        }
        if (answer < 0 || static_cast<uint64_t>(answer) >= origins) {
            return "answered " + std::to_string(answer) + ", which is out of range: wanted " +
                   (origins == 0 ? "" : "0 … " + std::to_string(origins - 1) + " or ") + "-1";
        }
        const auto index = static_cast<size_t>(answer);
        if ((bits[index / 64] >> (index % 64) & 1u) == 0) {
            return "answered " + std::to_string(answer) + ", which is not eligible" +
                   (eligible == 0 ? ": wanted -1" : "");
        }
        ++chosen;
        return {};
    }

    IBalancer& balancer_;
    StepReporter& report_;
    std::chrono::milliseconds pickLimit_;
    std::chrono::microseconds slowest_{0};
};

void runScript(IBalancer& balancer, StepReporter& report, std::chrono::milliseconds pickLimit) {
    struct Stage {
        const char* what;
        size_t count, first, step;
    };
    const Stage stages[] = {
        {"no origins", 0, 0, 1},
        {"1 origin", 1, 0, 1},
        {"1000 origins", 1000, 0, 1},
        {"every other origin gone", 500, 0, 2},
        {"others came back", 1000, 500, 1},
        {"all gone", 0, 0, 1},
        {"3 origins", 3, 0, 1},
    };
    BalancerCheck check(balancer, report, pickLimit);
    for (const Stage& stage : stages) {
        const OriginList origins(stage.count, stage.first, stage.step);
        check.update(origins, stage.what);
        for (const Eligible which :
             {Eligible::All, Eligible::Some, Eligible::LastOnly, Eligible::None}) {
            if (stage.count > 0 || which == Eligible::None) {
                check.picks(stage.count, which);
            }
            if (check.tooSlow()) {
                return;
            }
        }
    }
    check.feedback(OriginList(3, 0, 1));
    check.reportTime();
}

} // namespace

void checkBalancer(Plugin& plugin, StepReporter& report, std::chrono::milliseconds pickLimit) {
    DefaultConfig config;
    report.step("create with default settings");
    Result<Owned<IBalancer>> balancer = plugin.makeBalancer(config);
    if (!balancer) {
        report.fail("create with default settings: " + balancer.error().message);
        return;
    }
    report.ok("create with default settings");
    reportSettings(config, report);
    runScript(**balancer, report, pickLimit);

    report.step("a second balancer beside the first");
    DefaultConfig secondConfig;
    Result<Owned<IBalancer>> second = plugin.makeBalancer(secondConfig);
    if (!second) {
        report.fail("a second balancer beside the first: " + second.error().message);
        return;
    }
    report.ok("a second balancer beside the first");
    report.step("destroy of the balancers");
    balancer.value().reset();
    second.value().reset();
    report.ok("destroy of the balancers");
}

} // namespace srsproxy
