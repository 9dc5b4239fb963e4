#pragma once

/// What a media message is, told from its type and its first bytes: a head that a late-comer needs
/// (metadata, sequence headers), a key frame to start at, or one of the many. Pure functions; any
/// thread.
///
/// Sources: FLV 10.1 annex E.4.3.1 VIDEODATA and E.4.2.1 AUDIODATA (legacy tags); codec id 12, HEVC
/// in the layout of AVC, as Chinese encoders and servers use it; Enhanced RTMP v2, "Enhanced Video"
/// (ExVideoTagHeader), "Enhanced Audio" (ExAudioTagHeader), "Metadata Frame", "Multitrack Media
/// Message Guidelines" and "Important AMF3-encoded Historical Specification Clarification".

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>

namespace srsproxy::rtmp {

enum class MediaKind : uint8_t {
    NeedMore,            // the prefix is too short to say
    Metadata,            // onMetaData, with @setDataFrame or without
    VideoSequenceHeader, // decoder configuration, MPEG-2 TS sequence start too
    VideoMetadata,       // ex header, packet type Metadata (colorInfo): holds until the next one
    VideoKeyFrame,
    VideoInter,
    AudioSequenceHeader,
    AudioChannelConfig, // ex header, packet type MultichannelConfig
    Audio,              // frames; silence, which is an empty message; end of sequence
    // Other data, video commands (seek marks), end of a video sequence, what is reserved or broken;
    // and aggregates: nobody publishes them, and to split them would be to re-write their times.
    // So they are passed and kept whole like data, start nothing, and give no heads.
    Other
};

/// To be sent first to whoever joins later; a new one of the same kind and track replaces it.
constexpr bool isHead(MediaKind kind) {
    return kind == MediaKind::Metadata || kind == MediaKind::VideoSequenceHeader ||
           kind == MediaKind::VideoMetadata || kind == MediaKind::AudioSequenceHeader ||
           kind == MediaKind::AudioChannelConfig;
}

struct MediaTag {
    MediaKind kind = MediaKind::NeedMore;
    uint8_t track = 0; // first one of the message; without multitrack 0, the default track
};

/// So many first bytes always suffice; most tags need two, ex headers up to twelve. A ModEx chain
/// that is longer is not followed: the frame type in the first byte decides.
inline constexpr size_t MediaPrefixBytes = 512;

/// `prefix`: first bytes of the payload; `length`: bytes of the whole message. Never NeedMore when
/// the prefix is the whole message or has MediaPrefixBytes.
MediaTag classifyMedia(uint8_t type, std::span<const uint8_t> prefix, size_t length);

using TrackSet = std::bitset<256>;

/// All tracks that a whole message carries; {0} without multitrack.
TrackSet mediaTracks(uint8_t type, std::span<const uint8_t> payload);

} // namespace srsproxy::rtmp
