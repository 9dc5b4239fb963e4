#include "plugins/rtmp/key_frame_gate.h"

#include "plugins/rtmp/codec/media_tag.h"

namespace srsproxy::rtmp {

namespace {

/// By how much `a` is ahead of `b`; negative when it is behind.
int32_t ahead(uint32_t a, uint32_t b) {
    return static_cast<int32_t>(a - b);
}

} // namespace

KeyFrameGate::Verdict KeyFrameGate::show(const Message& message) {
    const MediaKind kind =
        classifyMedia(message.type, message.payload, message.payload.size()).kind;
    if (kind == MediaKind::VideoInter && !open_) {
        return {false, false, 0};
    }
    open_ = open_ || kind == MediaKind::VideoKeyFrame;
    const bool isFrame = kind == MediaKind::VideoKeyFrame || kind == MediaKind::VideoInter ||
                         kind == MediaKind::Audio || message.type == MessageType::Aggregate;
    return {true, open_, place(message.timestampMs, isFrame)};
}

/// The offset for a message that passes.
uint32_t KeyFrameGate::place(uint32_t timeMs, bool isFrame) {
    if (!lastMs_) {
        return 0;
    }
    const uint32_t lastMs = *lastMs_;
    if (!isFrame) {
        const bool placed = hasOffset_ && ahead(timeMs + offsetMs_, lastMs) >= 0;
        return placed ? offsetMs_ : lastMs - timeMs;
    }
    if (!hasOffset_) {
        hasOffset_ = true;
        const int32_t gapMs = ahead(timeMs, lastMs);
        if (gapMs <= 0 || gapMs > static_cast<int32_t>(MaxAheadMs)) {
            offsetMs_ = lastMs + StepMs - timeMs;
        }
    } else if (ahead(timeMs + offsetMs_, lastMs) < 0) {
        offsetMs_ = lastMs - timeMs;
    }
    lastMs_ = timeMs + offsetMs_;
    return offsetMs_;
}

} // namespace srsproxy::rtmp
