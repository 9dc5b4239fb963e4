// The relay's key property, shared by the property test and the fuzz target: what comes out of a
// ChunkRelay, read by a fresh reader, is what went in - same messages, same order, same absolute
// times - however the input is cut, whatever is injected, and wherever the relay takes over.
#pragma once

#include "tests/plugins/rtmp/codec/test_support.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace srsproxy::rtmp::test {

struct RelayPlan {
    uint32_t seed = 1;            // of the cuts and injections
    size_t commandPhaseBytes = 0; // read as messages before the relay takes over
    size_t maxPieceBytes = 4096;  // longest cut
    uint32_t injectPercent = 0;   // chance of an injected message at each cut and captured one
    std::vector<std::pair<uint32_t, uint32_t>> streamIds;
    bool dropUnmapped = false; // else unmapped streams go to stream 77
};

// Empty when the property holds, else what went wrong.
std::string checkRelay(std::span<const uint8_t> input, const RelayPlan& plan);

} // namespace srsproxy::rtmp::test
