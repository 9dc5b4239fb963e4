#pragma once

/// The synthetic streams: what is sent when, and how each message proves on arrival that it is
/// whole, in its place and of its stream. 25 frames a second, a key frame (4.3 times a frame)
/// every two seconds, and AAC-like audio of 125 kbit/s; all else follows from the bit rate.
///
/// Bodies are random, made once, several of each kind in turn, already cut into chunks: to send a
/// message costs a head of some bytes. One Media serves all streams.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtmpload {

enum class Kind : uint8_t { VideoHeader, AudioHeader, KeyFrame, Frame, Audio };

/// Behind the first bytes of each payload; in host byte order, as both ends are this process.
struct Tag {
    uint32_t magic = 0;
    uint32_t stream = 0;
    uint64_t sequence = 0;
    int64_t sentNs = 0;
    uint32_t mediaMs = 0; ///< also the message's RTMP timestamp
    uint32_t length = 0;  ///< of the payload
    uint64_t sum = 0;     ///< over the fields above, the first bytes and the body
};

inline constexpr uint32_t TagMagic = 0x44414F4C;
inline constexpr size_t StartBytes = 8; ///< FLV tag header as real media has it, and padding
inline constexpr size_t PrefixBytes = StartBytes + sizeof(Tag);

/// The sum that belongs to a tag, its first bytes and a body with this checksum.
uint64_t seal(const Tag& tag, std::span<const uint8_t, StartBytes> start, uint64_t bodySum);

/// One body, as it goes on the wire.
struct Image {
    std::array<uint8_t, StartBytes> start{};
    uint8_t type = 0;            ///< of the RTMP message
    uint32_t length = 0;         ///< of the payload
    uint64_t bodySum = 0;        ///< Checksum of the payload behind the prefix
    std::vector<uint8_t> chunks; ///< the payload behind the prefix, with its chunk headers
};

class Media {
public:
    /// Smallest chunk size, so that no prefix is ever cut by a chunk header.
    static constexpr uint32_t MinChunkBytes = 64;
    /// Below this there is no room for frames.
    static constexpr uint32_t MinKbitPerSecond = 200;

    Media(uint32_t kbitPerSecond, uint32_t chunkBytes);

    const Image& image(Kind kind, uint64_t number) const;

private:
    static constexpr size_t Variants = 7; ///< prime, so that neighbours always differ

    std::array<std::vector<Image>, 5> images_;
};

/// The messages of one stream in order, with their times.
class Timeline {
public:
    /// `stream` spreads the key frames of the streams over time.
    explicit Timeline(uint32_t stream);

    struct Next {
        Kind kind;
        int64_t dueUs; ///< from the stream's start
    };
    Next next() const;
    void advance();

private:
    uint32_t phase_;
    uint32_t headersSent_ = 0;
    uint64_t frames_ = 0;
    uint64_t audios_ = 0;
};

/// Makes the messages of one stream, with RTMP headers as encoders write them: absolute times
/// first, then deltas.
class MediaSource {
public:
    MediaSource(const Media& media, uint32_t stream);

    /// What goes out: the head, then the image's chunks.
    struct Packet {
        std::array<uint8_t, 12 + PrefixBytes> head;
        size_t headSize;
        std::span<const uint8_t> chunks;
    };
    int64_t dueUs() const { return timeline_.next().dueUs; }
    /// `messageStream` is the number that the receiving end of the connection gave the stream.
    Packet take(int64_t nowNs, uint32_t messageStream);
    uint64_t sent() const { return sequence_; }

private:
    const Media& media_;
    uint32_t stream_;
    Timeline timeline_;
    uint64_t sequence_ = 0;
    struct Track {
        bool started = false;
        uint32_t lastMs = 0;
    };
    std::array<Track, 2> tracks_; ///< audio, video
};

} // namespace rtmpload
