// Chunk headers as bytes: decoding one header relative to the chunk stream's state, and encoding
// the ones we write ourselves. Pure functions; any thread.
// Sources: Adobe RTMP 1.0 §5.3.1.1 (basic header), §5.3.1.2 (types), §5.3.1.3 (extended timestamp).
#pragma once

#include "plugins/rtmp/codec/messages.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace srsproxy::rtmp {

// Basic header 3, message header 11, extended timestamp 4.
inline constexpr size_t MaxChunkHeaderBytes = 18;
inline constexpr uint32_t ExtendedMark = 0xFFFFFF;

struct BasicHeader {
    uint32_t csid = 0;
    uint8_t format = 0;
    uint8_t size = 0; // bytes it takes; 0 when `bytes` was too short
};

// Chunk stream ids of two and three bytes, or nothing at all.
BasicHeader decodeLongBasicHeader(std::span<const uint8_t> bytes);

inline BasicHeader decodeBasicHeader(std::span<const uint8_t> bytes) {
    if (bytes.empty() || (bytes[0] & 0x3F) < 2) {
        return decodeLongBasicHeader(bytes);
    }
    return {bytes[0] & 0x3FU, static_cast<uint8_t>(bytes[0] >> 6), 1};
}

// The fields behind the basic header, as written: `timestampField` is absolute for type 0 and a
// delta for types 1 and 2. Fields that the type does not carry stay 0.
struct MessageHeader {
    uint32_t timestampField = 0;
    uint32_t length = 0;
    uint32_t streamId = 0;
    uint8_t type = 0;
    bool extended = false;
    uint8_t size = 0; // bytes it takes, extended timestamp included; 0 when too short
};

// Requires: format <= 2. `bytes` starts behind the basic header.
MessageHeader decodeMessageHeader(uint8_t format, std::span<const uint8_t> bytes);

enum class RepeatedTimestamp : uint8_t { Absent, Present, NeedMore };

// Does a type 3 chunk repeat the extended timestamp? Senders disagree, so compare with what the
// last type 0-2 header said. Decides on the first differing byte, so a short chunk of a sender
// that does not repeat is not held back longer than needed.
RepeatedTimestamp findRepeatedTimestamp(std::span<const uint8_t> bytes, uint32_t expected);

// Encoders write the shortest form and return the number of bytes written.
// Requires: out has MaxChunkHeaderBytes; 2 <= csid <= 65599.
size_t encodeType0(uint8_t* out, uint32_t csid, uint32_t timestampMs, uint32_t length, uint8_t type,
                   uint32_t streamId);
size_t encodeType2(uint8_t* out, uint32_t csid, uint32_t deltaMs);
size_t encodeType3(uint8_t* out, uint32_t csid, bool extended, uint32_t timestampField);

// Where the (little-endian) message stream id and the extended timestamp, if there is one, stand in
// a type 0 header, behind the basic header.
inline constexpr size_t StreamIdOffset = 7;
inline constexpr size_t ExtendedTimestampOffset = 11;
void storeStreamId(uint8_t* out, uint32_t streamId);

} // namespace srsproxy::rtmp
