#pragma once

/// The replay buffer's key property, shared by the property test and the fuzz target: a publish
/// whose origin dies at any byte, however it was cut and wherever its bytes were received, gives
/// each next origin the heads, a suffix that begins with a key frame, what was half received, and
/// all that follows: whole, unchanged, and in order on each chunk stream.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace srsproxy::rtmp::test {

struct ReplayPlan {
    uint32_t seed = 1; ///< of the cuts and of where the bytes are received
    size_t maxPieceBytes = 4096;
    /// The origin dies after `first` bytes, the next one accepts after `second`; growing.
    std::vector<std::pair<size_t, size_t>> deaths;
    /// For the buffer, and for the process. When they are too little for the input, `tight`: then
    /// only that limits hold and that nothing wrong is replayed.
    size_t maxBytes = size_t{64} << 20;
    size_t budgetBytes = size_t{64} << 20;
    bool tight = false;
};

/// Empty when the property holds, else what went wrong.
std::string checkReplay(std::span<const uint8_t> input, const ReplayPlan& plan);

} // namespace srsproxy::rtmp::test
