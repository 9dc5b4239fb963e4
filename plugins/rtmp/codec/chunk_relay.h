// The fast path: chunks that come in on one hop go out on the other, as the same bytes. Control
// and command messages are taken out and shown to the session. Headers are changed only where the
// two hops know different things: the message stream id (in place), and the first header after a
// message that only one hop saw (type 0 with absolute time). Both hops use the same chunk size.
//
// Owned by a session, lives on its loop; one for each direction. Sends nothing: fills an
// OutputList. Never reorders, never copies payload.
//
// Rationale: whether a header may pass is a question of what the next receiver remembers of that
// chunk stream. Instead of a copy of its state, three facts are kept (ChunkStream::sync, outField,
// outExtended). A type 3 start adds the field of the last header, an absolute time if that was
// type 0, so after our own type 0 one more header (the next type 3 start) must be written as
// type 2. Type 3 chunks that should repeat an extended timestamp get it even when the sender left
// it out: receivers that do not compare would lose step.
#pragma once

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/codec/output_list.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace srsproxy::rtmp {

struct RelayCounters {
    uint64_t passedMessages = 0;
    uint64_t capturedMessages = 0;
    uint64_t droppedMessages = 0;  // message stream id unknown
    uint64_t rewrittenHeaders = 0; // zero copies, but one more piece each
    uint64_t lostInjections = 0;   // the queue was full
};

class ChunkRelay final : private ChunkSink {
public:
    // Of injected messages that wait; room for two of the longest commands.
    static constexpr size_t MaxPendingBytes = size_t{128} * 1024;

    // Takes over both sides at any byte, in the middle of messages too: messages that began
    // before are captured to their end and, when their type passes, re-sent whole; messages that
    // an earlier relay was passing are dropped. Both must outlive the relay.
    ChunkRelay(ChunkReader& in, ChunkWriter& out);

    // Messages of stream `inId` go out as `outId`. Stream 0 is always itself. A message of a
    // stream that is not mapped is dropped and counted, unless there is a fallback. A change
    // counts from the next message on.
    void mapStream(uint32_t inId, uint32_t outId);
    void unmapStream(uint32_t inId);
    // Where messages of unmapped streams go: for encoders that number their stream wrongly on a
    // connection with one stream. nullopt (the default) drops them.
    void setFallback(std::optional<uint32_t> outId);
    // The map itself, without fallback; for user control events and deleteStream.
    std::optional<uint32_t> mapped(uint32_t inId) const;

    // Appends to `out` what `input` gives for the next hop. `visitor` sees control and command
    // messages at the very point where they stood; it may inject() into this relay and the other
    // one. Set Chunk Size and Abort have been passed on already when it sees them: it must not
    // send them again. After Stop or an error, only FeedResult::consumed bytes are dealt with.
    FeedResult relay(std::span<uint8_t> input, MessageVisitor& visitor, OutputList& out);

    // Sends a message of our own to the next hop: at once when no chunk is under way, otherwise
    // (or when its chunk stream is inside a passed message) copied, and sent by relay() at the
    // first chance. Order among injected messages is kept. `message.streamId` is the next hop's
    // number. Must not be Set Chunk Size or Abort. False when MaxPendingBytes wait already, as
    // when a peer pings without end while the other one has stalled inside a chunk: then the
    // message is lost, which for pings and acks is right.
    bool inject(const Message& message, OutputList& out);
    bool inject(const ControlMessage& message, OutputList& out) {
        return inject(message.message(), out);
    }

    // False while the next hop has part of a chunk: nothing but relay() may write then.
    bool atChunkBoundary() const;
    // Injected messages that wait.
    bool hasPending() const { return !pending_.empty(); }
    const RelayCounters& counters() const { return counters_; }

private:
    struct Pending {
        Message message; // payload is in `bytes`
        std::vector<uint8_t> bytes;
    };

    Fate startMessage(ChunkStream& stream) override;
    void passChunk(ChunkStream& stream, const ChunkView& chunk) override;
    void passMore(std::span<uint8_t> bytes, bool transient, bool endsChunk) override;
    void abortPassed(ChunkStream& stream, const Message& message) override;
    Next captured(const Message& message) override;

    std::optional<uint32_t> route(uint32_t inId) const;
    size_t rewriteHeader(ChunkStream& stream, const ChunkView& chunk, uint8_t* header);
    void put(std::span<uint8_t> bytes, bool transient);
    void write(const Message& message);
    void forgetSync();
    bool keepForLater(const Message& message);
    bool blocked(uint32_t csid);
    void matchChunkSize(uint32_t csid);
    void flushPending();

    ChunkReader& in_;
    ChunkWriter& writer_;
    OutputList* out_ = nullptr;         // during relay() and inject() only
    MessageVisitor* visitor_ = nullptr; // during relay() only
    std::vector<std::pair<uint32_t, uint32_t>> streamIds_;
    std::optional<uint32_t> fallback_;
    std::vector<Pending> pending_;
    size_t pendingBytes_ = 0;
    RelayCounters counters_;
};

} // namespace srsproxy::rtmp
