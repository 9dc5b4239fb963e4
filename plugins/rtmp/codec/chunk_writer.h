// The outbound side of one hop: turns our own messages into chunks. Every message starts with a
// type 0 header, so the writer needs no memory of what went before.
//
// Owned by a session, lives on its loop. Before the relay the session writes through it straight;
// once a ChunkRelay uses it, only through ChunkRelay::inject, which knows where chunks end.
// Source: Adobe RTMP 1.0 §5.3.1, §5.4.1.
#pragma once

#include "plugins/rtmp/codec/messages.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace srsproxy::rtmp {

class ChunkWriter {
public:
    uint32_t chunkSize() const { return chunkSize_; }

    // Bytes that encode() will write for this message now.
    size_t encodedSize(const Message& message) const;

    // Writes the message; a Set Chunk Size counts for everything written after it.
    // Requires: `out` has encodedSize() bytes; payload up to MaxMessageBytes; csid 2..65599.
    // Returns the number of bytes written.
    size_t encode(const Message& message, uint8_t* out);

    // Same, appended.
    void write(const Message& message, std::vector<uint8_t>& out);
    void write(const ControlMessage& message, std::vector<uint8_t>& out) {
        write(message.message(), out);
    }

private:
    uint32_t chunkSize_ = DefaultChunkSize;
};

} // namespace srsproxy::rtmp
