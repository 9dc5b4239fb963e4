// The fast path: chunks that come in on one hop go out on the other, as the same bytes. Control
// and command messages are taken out and shown to the session. Headers are changed only where the
// two hops know different things: the message stream id and an offset of the time (in place), and
// the first header after a message that only one hop saw (type 0 with absolute time). While
// messages pass, both hops use the same chunk size.
//
// Owned by a session, lives on its loop; one for each direction of a stream. Sends nothing: fills
// an OutputList. Never reorders, never copies payload that passes. 64 bytes, and nothing on the
// heap unless an injected message waits.
//
// Rationale: whether a header may pass is a question of what the next receiver remembers of that
// chunk stream. Instead of a copy of its state, three facts are kept (ChunkStream::sync, outField,
// outExtended). A type 3 start adds the field of the last header, an absolute time if that was
// type 0, so after our own type 0, and one whose time was moved, one more header (the next type 3
// start) must be written as type 2. Type 3 chunks that should repeat an extended timestamp get it
// even when the sender left it out: receivers that do not compare would lose step.
#pragma once

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/media_tap.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/codec/output_list.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace srsproxy::rtmp {

class ChunkRelay final {
public:
    // Injected messages that wait: when they take this much, no more are accepted.
    static constexpr size_t MaxPendingBytes = size_t{128} * 1024;

    // Takes over the reader at any byte, in the middle of messages too: messages that began in the
    // command phase are shown whole to the visitor; those that an earlier relay or keeper had,
    // Pass or Keep, go on to the tap if there is one, and are dropped else. The next hop must not
    // be inside a message (see padPassed). All outlive the relay.
    ChunkRelay(ChunkReader& in, ChunkWriter& out, MediaTap* tap = nullptr);
    ~ChunkRelay();
    ChunkRelay(const ChunkRelay&) = delete;
    ChunkRelay& operator=(const ChunkRelay&) = delete;

    // Messages of stream `inId` go out as `outId`; replaces the pair of before. Stream 0 is itself
    // unless mapped. A message of any other stream is dropped, unless there is a fallback. A
    // change counts from the next message on.
    void mapStream(uint32_t inId, uint32_t outId);
    // Where messages of other streams go: for encoders that number their stream wrongly on a
    // connection with one stream. nullopt (the default) drops them.
    void setFallback(std::optional<uint32_t> outId);

    // Who looks on; null: nobody.
    void setTap(MediaTap* tap) { tap_ = tap; }

    // On: from the next message on everything is shown whole to the visitor, messages that would
    // pass too, up to ChunkLimits::maxMessageBytes; the visitor may inject() them, here or
    // elsewhere. What has begun to pass passes to its end. Others may write to the next hop then,
    // while !insidePassed(). Off: messages pass again from the next one on, or, so that nothing is
    // overtaken, from the first one on that finds no injected message waiting.
    void captureAll(bool on);

    // Added (modulo 2^32) to the absolute time of every message that passes from the next one on.
    // Captured and injected messages keep theirs.
    void setTimestampOffset(uint32_t ms);

    // Appends to `out` what `input` gives for the next hop; may change headers in `input`.
    // `visitor` sees captured messages at the very point where they stood: control, commands, and
    // under captureAll or when they began before the relay did all others; it may inject() into
    // this relay and other ones. Set Chunk Size and Abort have been passed on as far as the next
    // hop needs them: the visitor must not send them again. After Stop or an error, only
    // FeedResult::consumed bytes are dealt with.
    FeedResult relay(std::span<uint8_t> input, MessageVisitor& visitor, OutputList& out);

    // Sends a message of our own to the next hop: at once when no chunk is under way, otherwise
    // (or when its chunk stream is inside a passed message) copied, and sent by relay() at the
    // first chance. Order among injected messages is kept, and nothing passes a message that waits
    // unless its type is for one hop only. `message.streamId` is the next hop's number. Must not
    // be Set Chunk Size or Abort. False when MaxPendingBytes wait already, as when a peer pings
    // without end while the other one has stalled inside a chunk: then the message is lost, which
    // for pings and acks is right.
    bool inject(const Message& message, OutputList& out);
    bool inject(const ControlMessage& message, OutputList& out) {
        return inject(message.message(), out);
    }

    // False while the next hop has part of a chunk: nothing but relay() may write then.
    bool atChunkBoundary() const;
    // The next hop has part of a message.
    bool insidePassed() const;
    // Payload bytes of messages that the next hop has part of, still to come.
    size_t missingBytes() const;
    // Completes with zeros whatever the next hop has part of, and sends what waits: whole messages
    // may follow, or another relay. Needs nothing more from the sender; if it goes on, the rest of
    // those messages goes to the tap or is dropped. Appends as many bytes as are missing, at most
    // ChunkLimits::maxMessageBytes and their headers for each chunk stream.
    void padPassed(OutputList& out);

    // Injected messages that wait.
    bool hasPending() const { return waiting_ != nullptr; }

    // The latest time (as sent, thus with the offset) of the audio, video and aggregate messages
    // that went out, passed or injected. A time that lies more than TimeRestartMs behind counts as
    // a new beginning. nullopt while none went out.
    std::optional<uint32_t> lastTimestampMs() const {
        return sentMedia_ ? std::optional(lastMs_) : std::nullopt;
    }
    static constexpr uint32_t TimeRestartMs = 10'000;

private:
    class Run; // one call of relay(): what the reader talks to
    struct Waiting;

    std::optional<uint32_t> route(uint32_t inId) const;
    bool captures(OutputList& out);
    void noteTime(uint32_t ms);
    void write(const Message& message, OutputList& out);
    void forgetSync();
    bool keepForLater(const Message& message);
    bool blocked(uint32_t csid) const;
    void matchChunkSize(uint32_t csid, OutputList& out);
    void flushWaiting(OutputList& out);

    ChunkReader& in_;
    ChunkWriter& writer_;
    MediaTap* tap_;
    std::unique_ptr<Waiting> waiting_; // null when empty
    uint32_t inId_ = 0;
    uint32_t outId_ = 0;
    uint32_t fallback_ = 0;
    uint32_t offsetMs_ = 0;
    uint32_t lastMs_ = 0;
    bool mapped_ : 1 = false;
    bool hasFallback_ : 1 = false;
    bool captureAll_ : 1 = false; // as asked for
    bool capturing_ : 1 = false;  // captureAll, or a message that would pass waits
    bool sentMedia_ : 1 = false;
};

} // namespace srsproxy::rtmp
