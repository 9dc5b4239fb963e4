#pragma once

/// `srs-proxy --check-plugin FILE`: loads a plugin and runs it through the script of its kind.
/// What the plugin's code does happens in a child process with a time limit, so a crash or a
/// hang is reported instead of ending the tool. Call it before the process has threads.

#include <chrono>
#include <iosfwd>
#include <string>

namespace srsproxy {

struct ConformanceLimits {
    std::chrono::milliseconds step{10'000}; ///< one step of the script
    std::chrono::milliseconds pick{10};     ///< one pick of a balancer
};

/// Prints the descriptor and then one line `ok …` or `FAIL …` for each rule. True when nothing
/// failed.
bool runConformance(const std::string& path, std::ostream& out,
                    const ConformanceLimits& limits = {});

} // namespace srsproxy
