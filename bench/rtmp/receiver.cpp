#include "bench/rtmp/receiver.h"

#include <algorithm>
#include <cstring>

namespace rtmpload {

void Receiver::begin(bool video, uint32_t length, uint32_t timestampMs, bool sound) {
    Track& track = tracks_[video ? 1 : 0];
    track.received = 0;
    track.length = length;
    track.timestampMs = timestampMs;
    track.sound = sound && length >= PrefixBytes;
    track.body = {};
    if (length == 0) {
        ++tally_.corrupted; // we send none, and no bytes will come to finish it
    }
}

void Receiver::add(bool video, std::span<const uint8_t> bytes, int64_t nowNs) {
    Track& track = tracks_[video ? 1 : 0];
    if (bytes.empty()) {
        return;
    }
    const size_t before = track.received;
    track.received += bytes.size();
    if (before < PrefixBytes) {
        const size_t taken = std::min(bytes.size(), PrefixBytes - before);
        std::memcpy(track.prefix.data() + before, bytes.data(), taken);
        bytes = bytes.subspan(taken);
    }
    track.body.update(bytes);
    if (track.received == track.length) {
        finish(track, video, nowNs);
    }
}

void Receiver::finish(const Track& track, bool video, int64_t nowNs) {
    Tag tag;
    std::memcpy(&tag, track.prefix.data() + StartBytes, sizeof tag);
    const auto start = std::span(track.prefix).first<StartBytes>();
    const bool videoBytes = (start[0] & 0x0F) == 7;
    if (!track.sound || tag.magic != TagMagic || tag.stream != stream_ ||
        tag.length != track.length || tag.mediaMs != track.timestampMs || videoBytes != video ||
        tag.sum != seal(tag, start, track.body.value())) {
        ++tally_.corrupted;
        return;
    }
    if (tag.sequence < expected_) {
        ++tally_.reordered;
    } else {
        expected_ = tag.sequence + 1; // what is left out shows in the sum at the end
    }
    ++tally_.messages;
    tally_.bytes += track.length;
    if (tally_.timing) {
        const int64_t tookUs = (nowNs - tag.sentNs) / 1000;
        tally_.latenciesUs.push_back(
            static_cast<uint32_t>(std::clamp<int64_t>(tookUs, 0, UINT32_MAX)));
    }
}

} // namespace rtmpload
