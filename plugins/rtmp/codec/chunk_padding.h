#pragma once

/// Zeros in place of payload that never came, so that a receiver's parser is behind the message
/// and can be told something else. Pure; any thread.

#include <cstdint>
#include <span>

#include "plugins/rtmp/codec/output_list.h"

namespace srsproxy::rtmp {

struct UnfinishedMessage {
    std::span<const uint8_t> header; ///< of each chunk that follows: type 3
    uint32_t chunkRemaining = 0;     ///< payload missing in the chunk that is under way
    uint32_t remaining = 0;          ///< payload missing altogether
    uint32_t chunkSize = 0;          ///< of the hop; not 0
};

/// Appends what is missing: a few KiB of memory and a list of pieces that lie in it, however long
/// the message and short its chunks.
void appendPadding(const UnfinishedMessage& message, OutputList& out);

} // namespace srsproxy::rtmp
