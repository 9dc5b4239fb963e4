#include "bench/rtmp/checksum.h"

#include <algorithm>
#include <cstring>

namespace rtmpload {
namespace {

constexpr uint64_t Odd = 0x9E3779B97F4A7C15; // 2^64 over the golden ratio

} // namespace

void Checksum::block(const uint8_t* bytes) {
    std::array<uint64_t, 4> words;
    std::memcpy(words.data(), bytes, BlockBytes);
    for (size_t lane = 0; lane < lanes_.size(); ++lane) {
        const uint64_t mixed = (lanes_[lane] ^ words[lane]) * Odd;
        lanes_[lane] = mixed ^ mixed >> 29;
    }
}

void Checksum::update(std::span<const uint8_t> bytes) {
    length_ += bytes.size();
    if (restSize_ != 0) {
        const size_t taken = std::min(bytes.size(), BlockBytes - restSize_);
        std::memcpy(rest_.data() + restSize_, bytes.data(), taken);
        restSize_ += taken;
        bytes = bytes.subspan(taken);
        if (restSize_ < BlockBytes) {
            return;
        }
        block(rest_.data());
        restSize_ = 0;
    }
    for (; bytes.size() >= BlockBytes; bytes = bytes.subspan(BlockBytes)) {
        block(bytes.data());
    }
    std::copy(bytes.begin(), bytes.end(), rest_.begin());
    restSize_ = bytes.size();
}

uint64_t Checksum::value() const {
    Checksum last(*this);
    std::fill(last.rest_.begin() + static_cast<std::ptrdiff_t>(restSize_), last.rest_.end(),
              uint8_t{0});
    last.block(last.rest_.data());
    uint64_t sum = length_;
    for (const uint64_t lane : last.lanes_) {
        sum = (sum ^ lane) * Odd;
        sum ^= sum >> 31;
    }
    return sum;
}

} // namespace rtmpload
