#pragma once

/// Looks on while a stream's messages pass through a ChunkRelay, or stay with a MediaKeeper: sees
/// audio, video, data and aggregate messages, chunk by chunk, and nothing else. Never changes
/// what is sent.
///
/// Called by the one relay or keeper that it is given to, on its loop; outlives it or is taken
/// away with setTap(nullptr). May not call back into relay, keeper or reader, but for one thing:
/// when a message of Fate::Keep becomes complete it may be given to ChunkRelay::inject(). A tap
/// that is set in mid-message sees the rest of messages whose first chunk it did not: it passes
/// over those. Messages that are shown whole to a MessageVisitor are not shown here: the visitor
/// may show() them.

#include <cstdint>
#include <span>

namespace srsproxy::rtmp {

struct ChunkStream;
struct ChunkView;
struct Message;

class MediaTap {
public:
    virtual ~MediaTap() = default;

    /// One chunk of a message: header and as much payload as is there; chunk.startsMessage at its
    /// first. `stream` is already updated to it: the message is complete when stream.remaining is
    /// 0. The bytes are as the sender wrote them; with chunk.transient they die with the call,
    /// else they lie in what the caller fed, where the header (not the payload) may be changed
    /// right after the call.
    virtual void chunk(const ChunkStream& stream, const ChunkView& chunk) = 0;

    /// More payload of that chunk. `stream` and `transient` as above.
    virtual void more(const ChunkStream& stream, std::span<const uint8_t> bytes,
                      bool transient) = 0;

    /// The sender gave up the message that is under way on that chunk stream (Abort).
    virtual void aborted(const ChunkStream& stream) = 0;
};

/// Shows a whole message as one chunk without a header, transient.
void show(MediaTap& tap, const Message& message);

} // namespace srsproxy::rtmp
