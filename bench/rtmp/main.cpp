// rtmp_load: RTMP clients and a fake origin, with a proxy between them or none. See README.md.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "bench/rtmp/load.h"
#include "bench/rtmp/plan.h"

namespace {

/// Every session has two ends here.
void allowManySockets() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/// Nearest rank of sorted values.
uint32_t percentile(std::span<const uint32_t> values, double share) {
    if (values.empty()) {
        return 0;
    }
    const auto rank = static_cast<size_t>(share * static_cast<double>(values.size()));
    return values[std::min(rank, values.size() - 1)];
}

const char* modeName(rtmpload::Plan::Mode mode) {
    switch (mode) {
    case rtmpload::Plan::Mode::Stream:
        return "stream";
    case rtmpload::Plan::Mode::Setups:
        return "setups";
    case rtmpload::Plan::Mode::Idle:
        return "idle";
    }
    return "";
}

void printPercentiles(const char* name, std::span<const uint32_t> values) {
    std::printf("\"%s\": {\"p50\": %u, \"p99\": %u, \"p999\": %u, \"max\": %u}, ", name,
                percentile(values, 0.5), percentile(values, 0.99), percentile(values, 0.999),
                percentile(values, 1));
}

/// For a string inside JSON; what is not plain text becomes '?'.
std::string plainText(std::string text) {
    for (char& letter : text) {
        if (letter < ' ' || letter > '~' || letter == '"' || letter == '\\') {
            letter = '?';
        }
    }
    return text;
}

void print(const rtmpload::Plan& plan, const rtmpload::Outcome& outcome) {
    const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    const uint64_t lost = outcome.sent > outcome.received ? outcome.sent - outcome.received : 0;
    std::printf("{\"mode\": \"%s\", \"direction\": \"%s\", \"streams\": %u, \"saturate\": %s, "
                "\"kbit\": %u, \"seconds\": %.6f, ",
                modeName(plan.mode), plan.publish ? "publish" : "play", plan.streams,
                plan.saturate ? "true" : "false", plan.kbitPerSecond, outcome.seconds);
    std::printf("\"sent\": %llu, \"received\": %llu, \"lost\": %llu, \"reordered\": %llu, "
                "\"corrupted\": %llu, \"failed_sessions\": %llu, \"first_failure\": \"%s\", ",
                number(outcome.sent), number(outcome.received), number(lost),
                number(outcome.reordered), number(outcome.corrupted),
                number(outcome.failedSessions), plainText(outcome.firstFailure).c_str());
    std::printf("\"delivered_bytes\": %llu, \"delivered_messages\": %llu, ",
                number(outcome.deliveredBytes), number(outcome.deliveredMessages));
    printPercentiles("latency_us", outcome.latenciesUs);
    printPercentiles("sent_late_us", outcome.latenessUs);
    std::printf("\"cpu_seconds\": %.6f, \"own_cpu_seconds\": %.6f, "
                "\"other_cpu_seconds\": %.2f, \"seconds_in_all\": %.2f, "
                "\"resident_bytes_per_session\": %.1f}\n",
                outcome.cpuSeconds, outcome.ownCpuSeconds, outcome.otherCpuSeconds,
                outcome.secondsInAll, outcome.residentBytesPerSession);
}

} // namespace

int main(int argc, char** argv) {
    std::string why;
    const auto plan =
        rtmpload::readPlan(std::span<char* const>(argv, static_cast<size_t>(argc)).subspan(1), why);
    if (!plan) {
        std::fprintf(stderr, "rtmp_load: %s\n\n%s", why.c_str(), rtmpload::Usage);
        return 2;
    }
    allowManySockets();
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); // messages go out on time
    try {
        rtmpload::Load load(*plan);
        print(*plan, load.run());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "rtmp_load: %s\n", error.what());
        return 1;
    }
    return 0;
}
