#include "core/registry/failure_count.h"

#include <algorithm>

namespace srsproxy {

bool FailureCount::report(int32_t outcome) {
    switch (outcome) {
    case OutcomeConnected:
        ejections_ = 0;
        return false;
    case OutcomeAccepted:
    case OutcomeDeclined:
        *this = {};
        return false;
    case OutcomeConnectRefused:
    case OutcomeConnectTimeout:
        return true;
    case OutcomeSilent:
    case OutcomeProtocolError:
        return ++inARow_ >= ToleratedInARow;
    case OutcomeLost:
        return false;
    default: // a plugin of another release: what we do not know is held against nobody
        return false;
    }
}

Milliseconds FailureCount::nextBackOff(const RegistrySettings& settings) {
    constexpr uint32_t MaxDoublings = 20; // far beyond any ejectMax, and no overflow
    const Milliseconds backOff = settings.ejectBase * (1 << std::min(ejections_, MaxDoublings));
    ++ejections_;
    inARow_ = 0;
    return std::min(backOff, settings.ejectMax);
}

const char* failureText(int32_t outcome) {
    switch (outcome) {
    case OutcomeConnectRefused:
        return "refused the connection";
    case OutcomeConnectTimeout:
        return "could not be reached in time";
    case OutcomeSilent:
        return "did not answer in time";
    case OutcomeProtocolError:
        return "answered what the protocol does not allow";
    case OutcomeLost:
        return "went away in mid-stream";
    default:
        return "failed";
    }
}

} // namespace srsproxy
