#pragma once

/// -log2 of a fraction, in whole numbers only: the same bits on every machine, compiler and
/// mathematical library, which is what lets two proxies agree.

#include <array>
#include <bit>
#include <cstdint>

namespace lb {

inline constexpr int LogFractionBits = 32;
inline constexpr int LogTableBits = 10;

/// log2(1 + index / 1024) with 32 fraction bits: one bit for each squaring of the number.
constexpr uint64_t logTableEntry(uint64_t index) {
    if (index == uint64_t{1} << LogTableBits) {
        return uint64_t{1} << LogFractionBits;
    }
    uint64_t number = (uint64_t{1} << 31) + (index << (31 - LogTableBits)); // 1.0 is 2^31
    uint64_t result = 0;
    for (int bit = 0; bit < LogFractionBits; ++bit) {
        number = (number * number) >> 31;
        result <<= 1;
        if (number >= uint64_t{1} << 32) {
            number >>= 1;
            result |= 1;
        }
    }
    return result;
}

constexpr auto makeLogTable() {
    std::array<uint64_t, (uint64_t{1} << LogTableBits) + 1> table{};
    for (uint64_t index = 0; index < table.size(); ++index) {
        table[index] = logTableEntry(index);
    }
    return table;
}

inline constexpr auto LogTable = makeLogTable();

/// -log2(hash / 2^64) with 32 fraction bits, interpolated between the table's points; never
/// more than 2^38, and falling (not strictly) as `hash` grows. A hash of 0 counts as 1.
inline uint64_t negativeLog2(uint64_t hash) {
    hash |= hash == 0 ? 1u : 0u;
    const int zeros = std::countl_zero(hash);
    // The bits behind the leading one: `index` picks the table's point, `rest` lies behind it.
    const uint64_t mantissa = zeros == 63 ? 0 : hash << (zeros + 1);
    const uint64_t index = mantissa >> (64 - LogTableBits);
    const uint64_t rest = (mantissa << LogTableBits) >> 32;
    const uint64_t low = LogTable[index];
    const uint64_t fraction = low + (((LogTable[index + 1] - low) * rest) >> 32);
    return (static_cast<uint64_t>(zeros + 1) << LogFractionBits) - fraction;
}

} // namespace lb
