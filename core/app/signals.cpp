#include "core/app/signals.h"

#include <csignal>

namespace srsproxy {
namespace {

sigset_t steeringSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1}) {
        sigaddset(&set, signal);
    }
    return set;
}

} // namespace

void blockSignals() {
    const sigset_t set = steeringSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::optional<int> waitForSignal(std::chrono::milliseconds timeout) {
    const sigset_t set = steeringSignals();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const std::chrono::nanoseconds rest = timeout - seconds;
    const timespec limit{seconds.count(), rest.count()};
    const int signal = sigtimedwait(&set, nullptr, &limit);
    return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

int waitForSignal() {
    const sigset_t set = steeringSignals();
    for (;;) {
        const int signal = sigwaitinfo(&set, nullptr);
        if (signal > 0) {
            return signal;
        }
    }
}

bool isEndSignal(int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

} // namespace srsproxy
