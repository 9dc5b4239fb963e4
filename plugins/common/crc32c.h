#pragma once

/// CRC32c (Castagnoli), as the PROXY protocol puts it into a header. Pure; any thread.
/// Source: RFC 4960 appendix B.

#include <cstdint>
#include <span>

namespace srsproxy {

class Crc32c {
public:
    void add(std::span<const uint8_t> bytes);
    uint32_t value() const { return ~state_; }

private:
    uint32_t state_ = ~0u;
};

} // namespace srsproxy
