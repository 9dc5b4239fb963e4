// Big-endian numbers in byte arrays. Requires: enough bytes, checked by the caller.
#pragma once

#include <cstdint>

namespace srsproxy::rtmp {

inline uint16_t load16(const uint8_t* p) {
    return static_cast<uint16_t>((p[0] << 8) | p[1]);
}

inline uint32_t load24(const uint8_t* p) {
    return (static_cast<uint32_t>(p[0]) << 16) | (static_cast<uint32_t>(p[1]) << 8) | p[2];
}

inline uint32_t load32(const uint8_t* p) {
    return (static_cast<uint32_t>(p[0]) << 24) | load24(p + 1);
}

inline void store16(uint8_t* p, uint32_t value) {
    p[0] = static_cast<uint8_t>(value >> 8);
    p[1] = static_cast<uint8_t>(value);
}

inline void store24(uint8_t* p, uint32_t value) {
    p[0] = static_cast<uint8_t>(value >> 16);
    store16(p + 1, value);
}

inline void store32(uint8_t* p, uint32_t value) {
    p[0] = static_cast<uint8_t>(value >> 24);
    store24(p + 1, value);
}

} // namespace srsproxy::rtmp
