#include "plugins/rtmp/codec/media_tag.h"

#include <algorithm>
#include <string_view>

#include "plugins/rtmp/codec/byte_order.h"
#include "plugins/rtmp/codec/messages.h"

namespace srsproxy::rtmp {

namespace {

constexpr size_t FourCcBytes = 4;

namespace FrameType {
constexpr uint8_t Key = 1;
constexpr uint8_t Inter = 2;
constexpr uint8_t DisposableInter = 3;
constexpr uint8_t GeneratedKey = 4;
constexpr uint8_t Command = 5;
} // namespace FrameType

namespace LegacyVideo {
constexpr uint8_t Avc = 7;
constexpr uint8_t Hevc = 12;
constexpr uint8_t SequenceHeader = 0;
constexpr uint8_t Frames = 1;
} // namespace LegacyVideo

namespace LegacyAudio {
constexpr uint8_t ExHeader = 9;
constexpr uint8_t Aac = 10;
constexpr uint8_t SequenceHeader = 0;
} // namespace LegacyAudio

namespace VideoPacket {
constexpr uint8_t SequenceStart = 0;
constexpr uint8_t CodedFrames = 1;
constexpr uint8_t CodedFramesX = 3;
constexpr uint8_t Metadata = 4;
constexpr uint8_t Mpeg2TsSequenceStart = 5;
constexpr uint8_t Multitrack = 6;
} // namespace VideoPacket

namespace AudioPacket {
constexpr uint8_t SequenceStart = 0;
constexpr uint8_t CodedFrames = 1;
constexpr uint8_t SequenceEnd = 2;
constexpr uint8_t MultichannelConfig = 4;
constexpr uint8_t Multitrack = 5;
} // namespace AudioPacket

constexpr uint8_t ModEx = 7; // of video and audio

namespace MultitrackType {
constexpr uint8_t One = 0;
constexpr uint8_t ManyTracksManyCodecs = 2;
} // namespace MultitrackType

/// Reads from the front of what is there; the first read beyond it makes it short for good.
class Cursor {
public:
    explicit Cursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    uint8_t byte() {
        const uint8_t* at = take(1);
        return at == nullptr ? uint8_t{0} : *at;
    }
    uint32_t number16() {
        const uint8_t* at = take(2);
        return at == nullptr ? 0 : load16(at);
    }
    uint32_t number24() {
        const uint8_t* at = take(3);
        return at == nullptr ? 0 : load24(at);
    }
    void skip(size_t count) { take(count); }
    std::string_view text(size_t count) {
        const uint8_t* at = take(count);
        return at == nullptr ? std::string_view()
                             : std::string_view(reinterpret_cast<const char*>(at), count);
    }
    bool isShort() const { return short_; }
    bool atEnd() const { return bytes_.empty(); }

private:
    const uint8_t* take(size_t count) {
        if (short_ || bytes_.size() < count) {
            short_ = true;
            return nullptr;
        }
        const uint8_t* at = bytes_.data();
        bytes_ = bytes_.subspan(count);
        return at;
    }

    std::span<const uint8_t> bytes_;
    bool short_ = false;
};

/// The part of an ex header that ExVideoTagHeader and ExAudioTagHeader share. Afterwards the
/// cursor stands before the first track, or behind the packet type when there is one track only.
struct ExHeader {
    uint8_t packetType = 0;
    bool multitrack = false;
    uint8_t multitrackType = MultitrackType::One;

    static ExHeader read(Cursor& cursor, uint8_t firstByte, uint8_t multitrackPacket) {
        ExHeader header;
        header.packetType = firstByte & 0x0F;
        while (header.packetType == ModEx && !cursor.isShort()) {
            size_t size = size_t{cursor.byte()} + 1;
            if (size == 256) {
                size = size_t{cursor.number16()} + 1;
            }
            cursor.skip(size);
            header.packetType = cursor.byte() & 0x0F;
        }
        if (header.packetType == multitrackPacket) {
            const uint8_t types = cursor.byte();
            header.multitrack = true;
            header.multitrackType = types >> 4;
            header.packetType = types & 0x0F;
            if (header.multitrackType != MultitrackType::ManyTracksManyCodecs) {
                cursor.skip(FourCcBytes);
            }
        }
        return header;
    }

    /// What the specification knows.
    bool sound(uint8_t multitrackPacket) const {
        return multitrackType <= MultitrackType::ManyTracksManyCodecs &&
               (!multitrack || packetType != multitrackPacket);
    }

    /// Number of the track before which the cursor stands.
    uint8_t readTrack(Cursor& cursor) const {
        if (!multitrack) {
            return 0;
        }
        if (multitrackType == MultitrackType::ManyTracksManyCodecs) {
            cursor.skip(FourCcBytes);
        }
        return cursor.byte();
    }
};

MediaKind kindOfFrame(uint8_t frameType) {
    switch (frameType) {
    case FrameType::Key:
    case FrameType::GeneratedKey:
        return MediaKind::VideoKeyFrame;
    case FrameType::Inter:
    case FrameType::DisposableInter:
        return MediaKind::VideoInter;
    default:
        return MediaKind::Other;
    }
}

MediaKind kindOfExVideo(uint8_t packetType, uint8_t frameType) {
    if (packetType == VideoPacket::Metadata) {
        return MediaKind::VideoMetadata; // whatever the frame type says
    }
    if (frameType == FrameType::Command) {
        return MediaKind::Other;
    }
    switch (packetType) {
    case VideoPacket::SequenceStart:
    case VideoPacket::Mpeg2TsSequenceStart:
        return MediaKind::VideoSequenceHeader;
    case VideoPacket::CodedFrames:
    case VideoPacket::CodedFramesX:
        return kindOfFrame(frameType);
    default:
        return MediaKind::Other;
    }
}

MediaKind kindOfExAudio(uint8_t packetType) {
    switch (packetType) {
    case AudioPacket::SequenceStart:
        return MediaKind::AudioSequenceHeader;
    case AudioPacket::MultichannelConfig:
        return MediaKind::AudioChannelConfig;
    case AudioPacket::CodedFrames:
    case AudioPacket::SequenceEnd:
        return MediaKind::Audio;
    default:
        return MediaKind::Other;
    }
}

MediaTag classifyVideo(Cursor& cursor) {
    const uint8_t first = cursor.byte();
    const uint8_t frameType = (first >> 4) & 0x07;
    if ((first & 0x80) == 0) {
        const uint8_t codec = first & 0x0F;
        if (frameType == FrameType::Command) {
            return {MediaKind::Other};
        }
        if (codec == LegacyVideo::Avc || codec == LegacyVideo::Hevc) {
            switch (cursor.byte()) {
            case LegacyVideo::SequenceHeader:
                return {MediaKind::VideoSequenceHeader};
            case LegacyVideo::Frames:
                break;
            default:
                return {MediaKind::Other};
            }
        }
        return {kindOfFrame(frameType)};
    }
    const ExHeader header = ExHeader::read(cursor, first, VideoPacket::Multitrack);
    const MediaKind kind = kindOfExVideo(header.packetType, frameType);
    if (kind == MediaKind::Other || !header.sound(VideoPacket::Multitrack)) {
        return {MediaKind::Other};
    }
    return {kind, header.readTrack(cursor)};
}

MediaTag classifyAudio(Cursor& cursor) {
    const uint8_t first = cursor.byte();
    switch (first >> 4) {
    case LegacyAudio::Aac:
        return {cursor.byte() == LegacyAudio::SequenceHeader ? MediaKind::AudioSequenceHeader
                                                             : MediaKind::Audio};
    case LegacyAudio::ExHeader:
        break;
    default:
        return {MediaKind::Audio};
    }
    const ExHeader header = ExHeader::read(cursor, first, AudioPacket::Multitrack);
    const MediaKind kind = kindOfExAudio(header.packetType);
    if (kind == MediaKind::Other || !header.sound(AudioPacket::Multitrack)) {
        return {MediaKind::Other};
    }
    return {kind, header.readTrack(cursor)};
}

/// An AMF0 string, or an AMF3 one behind the mark that switches to AMF3. Empty when it is neither,
/// or too long to be a name that matters.
std::string_view readName(Cursor& cursor) {
    constexpr uint8_t Amf0String = 0x02;
    constexpr uint8_t SwitchToAmf3 = 0x11;
    constexpr uint8_t Amf3String = 0x06;
    constexpr size_t LongestName = 16;
    const uint8_t marker = cursor.byte();
    size_t length = 0;
    if (marker == Amf0String) {
        length = cursor.number16();
    } else if (marker == SwitchToAmf3 && cursor.byte() == Amf3String) {
        const uint8_t size = cursor.byte(); // U29S: the low bit says "not a reference"
        length = (size & 0x81) == 1 ? size_t{size} >> 1 : 0;
    }
    return length > LongestName ? std::string_view() : cursor.text(length);
}

MediaTag classifyData(Cursor& cursor, bool amf3) {
    if (amf3) {
        cursor.skip(1); // format selector
    }
    std::string_view name = readName(cursor);
    if (name == "@setDataFrame") {
        name = readName(cursor);
    }
    return {name == "onMetaData" ? MediaKind::Metadata : MediaKind::Other};
}

/// A header that goes on behind what may be looked at, or behind the end of the message.
MediaTag giveUp(uint8_t type, uint8_t first, bool whole) {
    const bool exVideo = type == MessageType::Video && (first & 0x80) != 0;
    const bool exAudio = type == MessageType::Audio && first >> 4 == LegacyAudio::ExHeader;
    if (whole || (!exVideo && !exAudio)) {
        return {type == MessageType::Audio && !exAudio ? MediaKind::Audio : MediaKind::Other};
    }
    return {exVideo ? kindOfFrame((first >> 4) & 0x07) : MediaKind::Audio};
}

} // namespace

MediaTag classifyMedia(uint8_t type, std::span<const uint8_t> prefix, size_t length) {
    if (length == 0) {
        return {type == MessageType::Audio ? MediaKind::Audio : MediaKind::Other};
    }
    Cursor cursor(prefix.first(std::min(prefix.size(), MediaPrefixBytes)));
    MediaTag tag;
    switch (type) {
    case MessageType::Video:
        tag = classifyVideo(cursor);
        break;
    case MessageType::Audio:
        tag = classifyAudio(cursor);
        break;
    case MessageType::DataAmf0:
    case MessageType::DataAmf3:
        tag = classifyData(cursor, type == MessageType::DataAmf3);
        break;
    default:
        return {MediaKind::Other};
    }
    if (!cursor.isShort()) {
        return tag;
    }
    const bool whole = prefix.size() >= length;
    if (!whole && prefix.size() < MediaPrefixBytes) {
        return {MediaKind::NeedMore};
    }
    return giveUp(type, prefix[0], whole && prefix.size() < MediaPrefixBytes);
}

TrackSet mediaTracks(uint8_t type, std::span<const uint8_t> payload) {
    TrackSet tracks;
    const bool video = type == MessageType::Video;
    Cursor cursor(payload);
    const uint8_t first = cursor.byte();
    const bool extended = video ? (first & 0x80) != 0
                                : type == MessageType::Audio && first >> 4 == LegacyAudio::ExHeader;
    ExHeader header;
    if (extended) {
        header = ExHeader::read(cursor, first,
                                video ? VideoPacket::Multitrack : AudioPacket::Multitrack);
    }
    do {
        const uint8_t track = header.readTrack(cursor);
        if (cursor.isShort()) {
            break;
        }
        tracks.set(track);
        if (!header.multitrack || header.multitrackType == MultitrackType::One) {
            break;
        }
        cursor.skip(cursor.number24());
    } while (!cursor.atEnd());
    return tracks;
}

} // namespace srsproxy::rtmp
