#pragma once

/// Stands in for the relay while a stream has no origin: the client's media goes to the tap,
/// commands and control messages to a visitor, everything else nowhere. Messages that an earlier
/// relay was passing go on to the tap; messages that are half received when a ChunkRelay with a
/// tap takes over again go on to that tap.
///
/// Used by a session on its loop. Holds no state of its own: made for as long as it is fed, or anew
/// for each piece of input.

#include <cstdint>
#include <span>

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/media_tap.h"

namespace srsproxy::rtmp {

class MediaKeeper final : private ChunkSink {
public:
    /// Takes over at any byte. All outlive the keeper.
    MediaKeeper(ChunkReader& in, MediaTap& tap, MessageVisitor& visitor);

    /// After Stop or an error, only FeedResult::consumed bytes are dealt with.
    FeedResult feed(std::span<uint8_t> input);

private:
    Fate startMessage(ChunkStream& stream) override;
    void passChunk(ChunkStream& stream, const ChunkView& chunk) override;
    void passMore(ChunkStream& stream, std::span<uint8_t> bytes, bool transient,
                  bool endsChunk) override;
    void abortPassed(ChunkStream& stream, const Message& message) override;
    Next captured(const Message& message) override;

    ChunkReader& in_;
    MediaTap& tap_;
    MessageVisitor& visitor_;
};

} // namespace srsproxy::rtmp
