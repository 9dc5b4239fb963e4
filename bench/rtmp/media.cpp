#include "bench/rtmp/media.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>

#include "bench/rtmp/checksum.h"
#include "plugins/rtmp/codec/byte_order.h"
#include "plugins/rtmp/codec/chunk_header.h"
#include "plugins/rtmp/codec/messages.h"

namespace rtmpload {
namespace {

namespace rtmp = srsproxy::rtmp;

constexpr uint32_t FramesPerSecond = 25;
constexpr uint32_t FramesPerGroup = 2 * FramesPerSecond;
constexpr double KeyToFrame = 4.3;
constexpr uint32_t AudioBytes = 363; // 43.07 messages a second: 125 kbit/s
constexpr uint32_t AudioSamples = 1024;
constexpr uint32_t SamplesPerSecond = 44'100;
constexpr uint32_t HeaderBytes = PrefixBytes + 16;
constexpr uint8_t AudioChunkStream = 4;
constexpr uint8_t VideoChunkStream = 6;

bool isVideo(uint8_t type) {
    return type == rtmp::MessageType::Video;
}

uint8_t chunkStreamOf(uint8_t type) {
    return isVideo(type) ? VideoChunkStream : AudioChunkStream;
}

uint32_t frameBytes(uint32_t kbitPerSecond) {
    const double perGroup = kbitPerSecond * 1000.0 / 8 * FramesPerGroup / FramesPerSecond;
    const double audio = 2.0 * SamplesPerSecond / AudioSamples * AudioBytes;
    return static_cast<uint32_t>((perGroup - audio) / (FramesPerGroup - 1 + KeyToFrame));
}

Image makeImage(Kind kind, uint32_t length, uint32_t chunkBytes, std::mt19937_64& random) {
    Image image;
    const bool video = kind != Kind::Audio && kind != Kind::AudioHeader;
    image.type = video ? rtmp::MessageType::Video : rtmp::MessageType::Audio;
    image.length = std::max<uint32_t>(length, HeaderBytes);
    const bool header = kind == Kind::VideoHeader || kind == Kind::AudioHeader;
    image.start[0] = !video ? 0xAF : kind == Kind::Frame ? 0x27 : 0x17; // AAC, AVC
    image.start[1] = header ? 0 : 1;

    std::vector<uint8_t> body(image.length - PrefixBytes);
    std::generate(body.begin(), body.end(), [&] { return static_cast<uint8_t>(random()); });
    Checksum sum;
    sum.update(body);
    image.bodySum = sum.value();
    size_t inChunk = PrefixBytes;
    for (size_t at = 0; at < body.size();) {
        if (inChunk == chunkBytes) {
            image.chunks.push_back(static_cast<uint8_t>(3 << 6 | chunkStreamOf(image.type)));
            inChunk = 0;
        }
        const size_t count = std::min(body.size() - at, chunkBytes - inChunk);
        image.chunks.insert(image.chunks.end(), body.begin() + static_cast<std::ptrdiff_t>(at),
                            body.begin() + static_cast<std::ptrdiff_t>(at + count));
        at += count;
        inChunk += count;
    }
    return image;
}

} // namespace

uint64_t seal(const Tag& tag, std::span<const uint8_t, StartBytes> start, uint64_t bodySum) {
    Tag fields = tag;
    fields.sum = bodySum;
    Checksum sum;
    sum.update(start);
    sum.update(std::bit_cast<std::array<uint8_t, sizeof(Tag)>>(fields));
    return sum.value();
}

Media::Media(uint32_t kbitPerSecond, uint32_t chunkBytes) {
    std::mt19937_64 random(20'240'229); // any seed, but the same in every run
    const uint32_t frame = frameBytes(kbitPerSecond);
    const std::array<uint32_t, 5> lengths = {
        HeaderBytes, HeaderBytes, static_cast<uint32_t>(frame * KeyToFrame), frame, AudioBytes};
    for (size_t kind = 0; kind < images_.size(); ++kind) {
        for (size_t i = 0; i < Variants; ++i) {
            images_[kind].push_back(
                makeImage(static_cast<Kind>(kind), lengths[kind], chunkBytes, random));
        }
    }
}

const Image& Media::image(Kind kind, uint64_t number) const {
    return images_[static_cast<size_t>(kind)][number % Variants];
}

Timeline::Timeline(uint32_t stream) : phase_(stream * 19 % FramesPerGroup) {}

Timeline::Next Timeline::next() const {
    if (headersSent_ < 2) {
        return {headersSent_ == 0 ? Kind::VideoHeader : Kind::AudioHeader, 0};
    }
    const auto videoUs = static_cast<int64_t>(frames_ * 1'000'000 / FramesPerSecond);
    const auto audioUs =
        static_cast<int64_t>(audios_ * AudioSamples * 1'000'000 / SamplesPerSecond);
    if (audioUs < videoUs) {
        return {Kind::Audio, audioUs};
    }
    const bool key = frames_ == 0 || (frames_ + phase_) % FramesPerGroup == 0;
    return {key ? Kind::KeyFrame : Kind::Frame, videoUs};
}

void Timeline::advance() {
    if (headersSent_ < 2) {
        ++headersSent_;
    } else if (next().kind == Kind::Audio) {
        ++audios_;
    } else {
        ++frames_;
    }
}

MediaSource::MediaSource(const Media& media, uint32_t stream)
    : media_(media), stream_(stream), timeline_(stream) {}

MediaSource::Packet MediaSource::take(int64_t nowNs, uint32_t messageStream) {
    const Timeline::Next next = timeline_.next();
    timeline_.advance();
    const Image& image = media_.image(next.kind, stream_ + sequence_);
    Tag tag{TagMagic,    stream_, sequence_++, nowNs, static_cast<uint32_t>(next.dueUs / 1000),
            image.length};
    tag.sum = seal(tag, image.start, image.bodySum);

    Packet packet{{}, 0, image.chunks};
    Track& track = tracks_[isVideo(image.type) ? 1 : 0];
    uint8_t* head = packet.head.data();
    const uint8_t chunkStream = chunkStreamOf(image.type);
    if (!track.started) {
        packet.headSize = rtmp::encodeType0(head, chunkStream, tag.mediaMs, image.length,
                                            image.type, messageStream);
    } else {
        head[0] = static_cast<uint8_t>(1 << 6 | chunkStream);
        rtmp::store24(head + 1, tag.mediaMs - track.lastMs);
        rtmp::store24(head + 4, image.length);
        head[7] = image.type;
        packet.headSize = 8;
    }
    track = {true, tag.mediaMs};
    std::memcpy(head + packet.headSize, image.start.data(), StartBytes);
    std::memcpy(head + packet.headSize + StartBytes, &tag, sizeof tag);
    packet.headSize += PrefixBytes;
    return packet;
}

} // namespace rtmpload
