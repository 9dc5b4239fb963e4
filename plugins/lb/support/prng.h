#pragma once

/// A small random number generator (SplitMix64) for balancers: eight bytes of state, a few
/// nanoseconds a number, no allocation. Good for spreading load, not for secrets.

#include <cstdint>
#include <random>

namespace lb {

/// Spreads the bits of `value`: each bit of the input changes each bit of the output with a
/// probability of about one half.
inline uint64_t mixBits(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

class Prng {
public:
    explicit Prng(uint64_t seed) : state_(seed) {}

    /// The configured seed, or one from the system when that is 0: several proxies, or one
    /// that is restarted, then draw differently.
    static uint64_t chooseSeed(int64_t configured) {
        if (configured != 0) {
            return static_cast<uint64_t>(configured);
        }
        std::random_device device;
        return (static_cast<uint64_t>(device()) << 32) ^ device();
    }

    uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        return mixBits(state_);
    }

    /// Uniform in [0, bound); 0 when `bound` is 0.
    uint64_t below(uint64_t bound) {
        return static_cast<uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
    }

private:
    __extension__ using Wide = unsigned __int128;

    uint64_t state_;
};

} // namespace lb
