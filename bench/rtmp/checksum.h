#pragma once

/// A 64-bit checksum that sees every changed, moved, missing or doubled byte, at the speed of
/// memory: the load generator must not be what a saturating run measures. Takes the bytes in
/// pieces of any size. Not for use against an adversary.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtmpload {

class Checksum {
public:
    void update(std::span<const uint8_t> bytes);
    uint64_t value() const;

private:
    static constexpr size_t BlockBytes = 32;

    void block(const uint8_t* bytes);

    std::array<uint64_t, 4> lanes_{1, 2, 3, 4};
    std::array<uint8_t, BlockBytes> rest_{};
    size_t restSize_ = 0;
    uint64_t length_ = 0;
};

} // namespace rtmpload
