#include "plugins/common/crc32c.h"

#include <array>

namespace srsproxy {
namespace {

constexpr std::array<uint32_t, 256> Table = [] {
    constexpr uint32_t ReflectedPolynomial = 0x82F63B78;
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1) ^ ((value & 1) != 0 ? ReflectedPolynomial : 0);
        }
        table[i] = value;
    }
    return table;
}();

} // namespace

void Crc32c::add(std::span<const uint8_t> bytes) {
    for (const uint8_t byte : bytes) {
        state_ = (state_ >> 8) ^ Table[(state_ ^ byte) & 0xFF];
    }
}

} // namespace srsproxy
