#pragma once

/// What one run of rtmp_load shall do: its command line.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "bench/rtmp/poller.h"

namespace rtmpload {

struct Plan {
    enum class Mode { Stream, Setups, Idle };

    Mode mode = Mode::Stream;
    Address target; ///< the proxy, or the origin itself
    Address origin; ///< where the fake origin listens
    bool publish = true;
    bool saturate = false;
    uint32_t streams = 50; ///< or set-ups, or idle sessions
    double seconds = 10;   ///< of measuring
    double warmup = 1;     ///< seconds of media before that
    uint32_t kbitPerSecond = 4000;
    uint32_t chunkBytes = 4096;
    uint32_t parallel = 16; ///< set-ups at a time
    std::vector<pid_t> processes;
};

extern const char* const Usage;

/// nullopt, and a reason in `why`, when the arguments are not understood.
std::optional<Plan> readPlan(std::span<char* const> arguments, std::string& why);

} // namespace rtmpload
