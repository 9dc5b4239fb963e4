#pragma once

/// The receiving end of one stream: puts media messages together again without keeping them,
/// checks each, and notes how long it took. Owned by its connection.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/rtmp/checksum.h"
#include "bench/rtmp/media.h"

namespace rtmpload {

/// What all receivers together saw.
struct Tally {
    uint64_t messages = 0; ///< sound ones
    uint64_t bytes = 0;    ///< payload of them
    uint64_t metadata = 0; ///< onMetaData messages
    uint64_t reordered = 0;
    uint64_t corrupted = 0;
    bool timing = false; ///< latencies are wanted now
    std::vector<uint32_t> latenciesUs;
};

class Receiver {
public:
    Receiver(Tally& tally, uint32_t stream) : tally_(tally), stream_(stream) {}

    /// A message begins on one of the two tracks. `sound`: its header is as it should be.
    void begin(bool video, uint32_t length, uint32_t timestampMs, bool sound);
    /// Bytes of the message last begun on that track.
    void add(bool video, std::span<const uint8_t> bytes, int64_t nowNs);

private:
    struct Track {
        std::array<uint8_t, PrefixBytes> prefix{};
        size_t received = 0;
        uint32_t length = 0;
        uint32_t timestampMs = 0;
        bool sound = false;
        Checksum body;
    };

    void finish(const Track& track, bool video, int64_t nowNs);

    Tally& tally_;
    uint32_t stream_;
    uint64_t expected_ = 0;
    std::array<Track, 2> tracks_; ///< audio, video
};

} // namespace rtmpload
