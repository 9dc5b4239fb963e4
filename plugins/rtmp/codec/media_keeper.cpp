#include "plugins/rtmp/codec/media_keeper.h"

namespace srsproxy::rtmp {

MediaKeeper::MediaKeeper(ChunkReader& in, MediaTap& tap, MessageVisitor& visitor)
    : in_(in), tap_(tap), visitor_(visitor) {
    in_.endPassing(true);
}

FeedResult MediaKeeper::feed(std::span<uint8_t> input) {
    return in_.feed(input, static_cast<ChunkSink&>(*this));
}

Fate MediaKeeper::startMessage(ChunkStream& stream) {
    if (isCapturedInRelay(stream.type)) {
        return Fate::Capture;
    }
    return isMedia(stream.type) ? Fate::Keep : Fate::Drop;
}

void MediaKeeper::passChunk(ChunkStream& stream, const ChunkView& chunk) {
    tap_.chunk(stream, chunk);
}

void MediaKeeper::passMore(ChunkStream& stream, std::span<uint8_t> bytes, bool transient, bool) {
    tap_.more(stream, bytes, transient);
}

void MediaKeeper::abortPassed(ChunkStream& stream, const Message&) {
    tap_.aborted(stream);
}

Next MediaKeeper::captured(const Message& message) {
    if (isCapturedInRelay(message.type)) {
        return visitor_.onMessage(message);
    }
    if (isMedia(message.type)) {
        show(tap_, message); // began in the command phase, or under captureAll
    }
    return Next::Continue;
}

} // namespace srsproxy::rtmp
