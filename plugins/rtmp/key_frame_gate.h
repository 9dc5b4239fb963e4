#pragma once

/// Stands before a viewer that another origin took over: lets a picture begin with a key frame
/// only, and makes the new origin's times go on where those of the old one ended. Is shown every
/// media and data message until it is open; then the relay goes on with the offset. A value of a
/// stream, used on its loop.
///
/// Rationale of the times: origins number them as they like (from 0 for each viewer, or as the
/// encoder does), and heads may bear others than the frames behind them. So the first frame, audio
/// or video, says what the offset is, and what is no frame gets the time of the last one.

#include <cstdint>
#include <optional>

#include "plugins/rtmp/codec/messages.h"

namespace srsproxy::rtmp {

class KeyFrameGate {
public:
    /// From the last time that the viewer saw to the first one of the new origin.
    static constexpr uint32_t StepMs = 20;
    /// A new time that is ahead by no more is the old clock gone on, as with an encoder that
    /// publishes through a proxy; further ahead is another clock.
    static constexpr uint32_t MaxAheadMs = 60'000;

    struct Verdict {
        bool pass;         ///< false: not to be sent
        bool open;         ///< all that follows passes, and offsetMs is that of all that follows
        uint32_t offsetMs; ///< add to the message's time (modulo 2^32)
    };

    /// `lastSeenMs`: the latest time that the viewer was sent; nullopt when it saw nothing yet:
    /// then no time is changed.
    explicit KeyFrameGate(std::optional<uint32_t> lastSeenMs) : lastMs_(lastSeenMs) {}

    /// The next message of the new origin. Passes everything but inter frames before the first
    /// key frame; a stream without video never opens, and passes. Passed messages never go back
    /// in time: where they would, the offset grows.
    Verdict show(const Message& message);

private:
    uint32_t place(uint32_t timeMs, bool isFrame);

    std::optional<uint32_t> lastMs_;
    uint32_t offsetMs_ = 0;
    bool hasOffset_ = false;
    bool open_ = false;
};

} // namespace srsproxy::rtmp
