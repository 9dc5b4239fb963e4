#pragma once

/// What a balancer does to a cluster: streams are placed, origins leave and return, and every
/// step is measured. Mirrors the proxy's rule that a stream stays on its origin as long as that
/// lives, so only the streams of an origin that left are asked for again.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/lb_sim/balancer_library.h"

namespace lbsim {

struct Plan {
    std::string plugin;
    std::vector<std::string> options;
    uint64_t origins = 1000;
    uint64_t streams = 1'000'000;
    bool mixedWeights = false;
    uint64_t rounds = 10;     ///< of origins leaving and returning
    double leaveShare = 0.01; ///< of the origins, in each round
};

struct Spread {
    double maxToMean = 0; ///< streams for the weight, the most loaded origin to the average
    double minToMean = 0;
};

struct Outcome {
    Spread placed;         ///< all streams on all origins
    Spread afterChurn;     ///< after the last round
    double movedShare = 0; ///< of the streams, in all rounds, that were given another origin
    double lostShare = 0;  ///< … that had to be, since their origin left
    double freshAgree = 0; ///< streams that a second proxy, asked afresh, puts on the same origin
    double freshAgreeLess = 0; ///< … when one round's origins are gone, of the streams not on them
    double nsPerPick = 0;      ///< of the first placement
};

/// Throws std::runtime_error when the plugin or an answer of it will not do.
Outcome simulate(const Plan& plan);

} // namespace lbsim
