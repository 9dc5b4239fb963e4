// lb_sim: what a balancer plugin does with a million streams. See bench/lb_sim/README.md.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "bench/lb_sim/simulation.h"

namespace {

constexpr const char* Usage =
    "lb_sim PLUGIN.so [--streams=1000000] [--origins=1000] [--weights=equal|mixed]\n"
    "       [--rounds=10] [--leave=0.01] [OPTION=VALUE of the balancer]…\n";

/// The text after `prefix`, or null.
const char* valueOf(std::string_view argument, std::string_view prefix) {
    return argument.starts_with(prefix) ? argument.data() + prefix.size() : nullptr;
}

bool readArgument(lbsim::Plan& plan, const char* argument) {
    if (const char* value = valueOf(argument, "--streams=")) {
        plan.streams = std::strtoull(value, nullptr, 10);
    } else if (value = valueOf(argument, "--origins="); value != nullptr) {
        plan.origins = std::strtoull(value, nullptr, 10);
    } else if (value = valueOf(argument, "--weights="); value != nullptr) {
        plan.mixedWeights = std::string_view(value) == "mixed";
        return plan.mixedWeights || std::string_view(value) == "equal";
    } else if (value = valueOf(argument, "--rounds="); value != nullptr) {
        plan.rounds = std::strtoull(value, nullptr, 10);
    } else if (value = valueOf(argument, "--leave="); value != nullptr) {
        plan.leaveShare = std::strtod(value, nullptr);
    } else if (argument[0] == '-') {
        return false;
    } else if (plan.plugin.empty()) {
        plan.plugin = argument;
    } else {
        plan.options.emplace_back(argument);
    }
    return plan.streams > 0 && plan.origins > 1 && plan.leaveShare >= 0 && plan.leaveShare < 0.9;
}

void print(const lbsim::Plan& plan, const lbsim::Outcome& outcome) {
    std::printf("%s", plan.plugin.c_str());
    for (const std::string& option : plan.options) {
        std::printf(" %s", option.c_str());
    }
    std::printf(": %llu streams, %llu origins, %s weights\n",
                static_cast<unsigned long long>(plan.streams),
                static_cast<unsigned long long>(plan.origins),
                plan.mixedWeights ? "mixed (50, 100, 100, 200, 400)" : "equal");
    std::printf("  spread, placed            max/mean %.3f  min/mean %.3f  (streams by weight)\n",
                outcome.placed.maxToMean, outcome.placed.minToMean);
    std::printf("  spread, after the churn   max/mean %.3f\n", outcome.afterChurn.maxToMean);
    std::printf("  streams moved             %.2f %% in %llu rounds of %.1f %% of the origins "
                "leaving and returning (%.2f %% had to)\n",
                100 * outcome.movedShare, static_cast<unsigned long long>(plan.rounds),
                100 * plan.leaveShare, 100 * outcome.lostShare);
    std::printf("  a second proxy agrees     %.2f %%; with %.1f %% of the origins gone %.2f %% "
                "of the streams not on them\n",
                100 * outcome.freshAgree, 100 * plan.leaveShare, 100 * outcome.freshAgreeLess);
    std::printf("  time                      %.0f ns per pick\n", outcome.nsPerPick);
}

} // namespace

int main(int argc, char** argv) {
    lbsim::Plan plan;
    bool readable = true;
    for (int index = 1; index < argc; ++index) {
        readable = readArgument(plan, argv[index]) && readable;
    }
    if (!readable || plan.plugin.empty()) {
        std::fputs(Usage, stderr);
        return 2;
    }
    if (plan.plugin.find('/') == std::string::npos) {
        plan.plugin.insert(0, "./"); // a bare name would be looked for in the system's folders
    }
    try {
        print(plan, lbsim::simulate(plan));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lb_sim: %s\n", error.what());
        return 1;
    }
    return 0;
}
