// The relay's key property, shared by the property test and the fuzz target: what comes out of
// ChunkRelays, read by fresh readers, is what went in - same messages, same order, same absolute
// times plus the offset - however the input is cut, whatever is injected, wherever a relay takes
// over, whether messages pass or are captured, with and without a tap, and when the sender dies.
#pragma once

#include "tests/plugins/rtmp/codec/test_support.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace srsproxy::rtmp::test {

struct RelayPlan {
    uint32_t seed = 1;            // of the cuts and of everything that happens by chance
    size_t commandPhaseBytes = 0; // read as messages before the relay takes over
    size_t maxPieceBytes = 4096;  // longest cut
    uint32_t injectPercent = 0;   // chance of an injected message at each cut and captured one
    uint32_t flipPercent = 0;     // same, that captureAll is turned on or off
    uint32_t takeoverPercent = 0; // at each cut: another relay with another next hop, sometimes
                                  // with a MediaKeeper in between
    size_t padAt = 0;             // in the input: what has half passed is padded there; 0: nowhere
    bool dies = true;             // and the sender dies: another one sends the input from its start
    bool tap = true;              // needed for takeovers and for padding while the sender lives
    uint32_t offsetMs = 0;
    uint32_t outChunkSize = DefaultChunkSize; // of each next hop, before the relay begins
    uint32_t inStream = 1;
    uint32_t outStream = 1;
    bool dropUnmapped = false; // else other streams go to stream 77

    // The next hop's number of a stream.
    std::optional<uint32_t> route(uint32_t streamId) const;
};

// Of all readers: nothing is captured in vain, and no message is so long that padding it takes
// long.
inline constexpr ChunkLimits CheckLimits{4096, MaxMessageBytes, 0x40000000, 64 * 1024};

// Empty when the property holds, else what went wrong.
std::string checkRelay(std::span<const uint8_t> input, const RelayPlan& plan);

} // namespace srsproxy::rtmp::test
