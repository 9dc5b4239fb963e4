#pragma once

/// Media for the tests over loopback: frames that say what they are and which they are.

#include <algorithm>
#include <ostream>
#include <random>
#include <span>
#include <vector>

#include "tests/plugins/rtmp/peers.h"

namespace srsproxy::rtmp::test {

struct Frame {
    uint8_t type;
    uint32_t timestampMs;
    Bytes payload;
    bool operator==(const Frame&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Frame& frame) {
    out << "type " << int{frame.type} << " at " << frame.timestampMs << " ms, "
        << frame.payload.size() << " bytes:";
    for (size_t i = 0; i < std::min<size_t>(frame.payload.size(), 8); ++i) {
        out << ' ' << int{frame.payload[i]};
    }
    return out;
}

using Frames = std::vector<Frame>;

inline Frames joined(std::initializer_list<Frames> parts) {
    Frames all;
    for (const Frames& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

/// Metadata, then audio and video of every awkward size.
inline Frames someFrames(uint32_t seed, size_t count) {
    std::mt19937 random(seed);
    Frames frames{{MessageType::DataAmf0, 0, {2, 0, 1, 'm', 5}}};
    for (size_t i = 0; i < count; ++i) {
        const size_t sizes[] = {1, 127, 128, 129, 4096, random() % 20'000, random() % 200'000};
        Bytes payload(sizes[random() % std::size(sizes)]);
        std::generate(payload.begin(), payload.end(),
                      [&] { return static_cast<uint8_t>(random()); });
        frames.push_back({i % 3 == 0 ? MessageType::Audio : MessageType::Video,
                          static_cast<uint32_t>(20 * i), std::move(payload)});
    }
    return frames;
}

inline Bytes longer(Bytes payload, size_t size) {
    payload.resize(size, 0x5A);
    return payload;
}
inline Frame metadata() {
    return {MessageType::DataAmf0, 0, {2,   0,   10, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a',
                                       't', 'a', 8,  0,   0,   0,   0,   0,   0,   9}};
}
inline Frame videoHeader() {
    return {MessageType::Video, 0, {0x17, 0, 0, 0, 0, 0xAA}};
}
inline Frame audioHeader() {
    return {MessageType::Audio, 0, {0xAF, 0, 0x12, 0x10}};
}
inline Frame keyFrame(uint32_t timestampMs, size_t size = 300) {
    return {MessageType::Video, timestampMs, longer({0x17, 1, 0, 0, 0, 0x65}, size)};
}
inline Frame interFrame(uint32_t timestampMs, size_t size = 200) {
    return {MessageType::Video, timestampMs, longer({0x27, 1, 0, 0, 0, 0x41}, size)};
}
inline Frame sound(uint32_t timestampMs, size_t size = 50) {
    return {MessageType::Audio, timestampMs, longer({0xAF, 1, 0x21}, size)};
}
inline Frames heads() {
    return {metadata(), videoHeader(), audioHeader()};
}

inline Bytes encode(ChunkWriter& writer, uint32_t streamId, std::span<const Frame> frames) {
    Bytes out;
    for (const Frame& frame : frames) {
        const uint32_t csid = frame.type == MessageType::Video   ? 6
                              : frame.type == MessageType::Audio ? 4
                                                                 : 5;
        writer.write(Message{csid, streamId, frame.timestampMs, frame.type, frame.payload}, out);
    }
    return out;
}

inline Bytes encode(ChunkWriter& writer, uint32_t streamId, const Frame& frame) {
    return encode(writer, streamId, std::span(&frame, 1));
}

inline Bytes first(const Bytes& bytes, size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}
inline Bytes behind(const Bytes& bytes, size_t size) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end()};
}
inline void append(Bytes& to, const Bytes& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The next `count` media and data messages, all on stream `streamId`.
inline Frames receive(Peer& peer, uint32_t streamId, size_t count) {
    Frames frames;
    while (frames.size() < count) {
        Kept kept = peer.next();
        if (!isControl(kept.message.type) && !isCommand(kept.message.type)) {
            EXPECT_EQ(kept.message.streamId, streamId);
            frames.push_back({kept.message.type, kept.message.timestampMs, kept.payload});
        }
    }
    return frames;
}

} // namespace srsproxy::rtmp::test
