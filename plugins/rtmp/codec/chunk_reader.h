// The inbound side of one hop: takes bytes as they come from the socket, keeps the chunk layer's
// state and either assembles messages or shows their bytes to a relay. One reader serves a
// connection from the first command to the last media byte: what happens to a message is decided
// at its first chunk, so phases may change between any two calls.
//
// Owned by a session, lives on its loop. 64 bytes when fresh; 40 bytes more per chunk stream seen.
// Payload is copied only for captured messages that do not lie in one piece.
// Source: Adobe RTMP 1.0 §5.3, §5.4.1, §5.4.2.
#pragma once

#include "plugins/rtmp/codec/chunk_header.h"
#include "plugins/rtmp/codec/chunk_stream.h"
#include "plugins/rtmp/codec/messages.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace srsproxy::rtmp {

struct ChunkLimits {
    // Encoders, players and servers use 2 to 8; 64 leaves room for multitrack and costs a hostile
    // peer's connection 3 KiB. At most ChunkStreamTable::MaxSize.
    uint32_t maxChunkStreams = 64;
    // Commands are some hundred bytes; signed URLs and E-RTMP maps make a few KiB.
    uint32_t maxCapturedBytes = 64 * 1024;
    // Sum over the unfinished captured messages of one reader, of bytes really received.
    uint32_t maxCapturedTotalBytes = 256 * 1024;
    // Announced length of any message. The wire's own bound is 16 MiB - 1. Captured messages that
    // are longer than maxCapturedBytes, which only ChunkRelay::captureAll lets in, are counted
    // apart: the unfinished ones of a reader may together hold twice this.
    uint32_t maxMessageBytes = MaxMessageBytes;
};

inline constexpr ChunkLimits DefaultChunkLimits{};

enum class ChunkError : uint8_t {
    None,
    ChunkSizeInvalid,    // Set Chunk Size of 0, or with the top bit set, or cut short
    NoPreviousHeader,    // type 2 or 3 on a chunk stream not seen before
    HeaderInsideMessage, // type 0, 1 or 2 before the previous message was complete
    TooManyChunkStreams, // ChunkLimits::maxChunkStreams
    MessageTooLong,      // ChunkLimits::maxMessageBytes
    CapturedTooLong,     // ChunkLimits::maxCapturedBytes
    CapturedTotalTooLong // ChunkLimits::maxCapturedTotalBytes
};

// For the log: what the peer did. Lives for ever.
std::string_view describe(ChunkError error);

// Answer of a visitor: go on, or stop right behind this message and give the rest back.
enum class Next : uint8_t { Continue, Stop };

struct FeedResult {
    size_t consumed = 0; // bytes taken from the front of the input; the rest is the caller's again
    ChunkError error = ChunkError::None; // once set, the connection is beyond repair
    bool stopped = false;                // a visitor said Stop
};

// Receives whole captured messages in the order in which they became complete.
class MessageVisitor {
public:
    virtual ~MessageVisitor() = default;
    // The payload is valid during the call. Set Chunk Size and Abort are shown after the reader
    // obeyed them. May not call into the reader that calls it.
    virtual Next onMessage(const Message& message) = 0;
};

// One chunk of a message that passes.
struct ChunkView {
    uint8_t format;
    uint8_t basicSize;  // bytes of the basic header
    uint8_t headerSize; // bytes of the whole header
    bool startsMessage;
    bool repeatsTimestamp;    // type 3 with an extended timestamp
    bool transient;           // `bytes` dies with the call; else it lies in the caller's input
    std::span<uint8_t> bytes; // header and as much payload as is there
    bool endsChunk;           // all of the payload is there
};

// Receives everything, chunk by chunk; implemented by ChunkRelay and MediaKeeper. `stream` is
// already updated to the chunk. May not call feed().
class ChunkSink {
public:
    virtual ~ChunkSink() = default;
    // First chunk of a message: once per message. Nothing is under way on `stream` yet.
    virtual Fate startMessage(ChunkStream& stream) = 0;
    // Pass and Keep only: once per chunk, then passMore until a call had endsChunk.
    virtual void passChunk(ChunkStream& stream, const ChunkView& chunk) = 0;
    virtual void passMore(ChunkStream& stream, std::span<uint8_t> bytes, bool transient,
                          bool endsChunk) = 0;
    // The peer gave up the passed or kept message in `stream`; `message` is its Abort. Comes
    // before captured() of the Abort.
    virtual void abortPassed(ChunkStream& stream, const Message& message) = 0;
    virtual Next captured(const Message& message) = 0;
};

class ChunkReader {
public:
    // `limits` outlives the reader: one set serves all connections of a listener.
    explicit ChunkReader(const ChunkLimits& limits = DefaultChunkLimits) : limits_(&limits) {}
    explicit ChunkReader(const ChunkLimits&&) = delete;

    // Command phase: every message is captured. Audio, video and data messages above
    // maxCapturedBytes are dropped; commands above it are an error. A message that began to pass
    // under a ChunkRelay is dropped from here on.
    FeedResult feed(std::span<uint8_t> input, MessageVisitor& visitor);

    // Relay phase; see ChunkRelay. May change `input` in place (the sink may).
    FeedResult feed(std::span<uint8_t> input, ChunkSink& sink);

    uint32_t chunkSize() const { return chunkSize_; }
    ChunkError error() const { return error_; }

    // For sinks only.
    ChunkStreamTable& streams() { return streams_; }
    // The chunk being read, or null between chunks. A header of which only some bytes came counts
    // as between.
    const ChunkStream* currentChunk() const {
        return chunkRemaining_ == 0 ? nullptr : &streams_.at(current_);
    }
    // Payload bytes of that chunk still to come.
    uint32_t chunkRemaining() const { return chunkRemaining_; }
    // Messages that are being passed or kept are from here on kept (media, if `keepMedia`) or
    // dropped.
    void endPassing(bool keepMedia);

private:
    friend class ChunkCaptureAll;
    enum class Step : uint8_t { Done, NeedMore, Stop, Error };
    struct Cursor; // one contiguous piece of input

    Step consume(Cursor& cursor, ChunkSink& sink);
    Step readHeader(Cursor& cursor, ChunkSink& sink);
    Step readPayload(Cursor& cursor, ChunkSink& sink);
    Step applyHeader(ChunkStream& stream, const BasicHeader& basic, const MessageHeader& header);
    Step startMessage(ChunkStream& stream, ChunkSink& sink);
    Step capture(ChunkStream& stream, std::span<const uint8_t> bytes, ChunkSink& sink);
    // The sum that the captured message in `stream` counts in.
    uint32_t& capturedTotal(const ChunkStream& stream);
    Step finishCaptured(ChunkStream& stream, std::span<const uint8_t> payload, ChunkSink& sink);
    Step obey(const Message& message, ChunkSink& sink);
    Step fail(ChunkError error);

    ChunkStreamTable streams_;
    uint32_t chunkSize_ = DefaultChunkSize;
    uint32_t chunkRemaining_ = 0;
    uint16_t current_ = 0; // chunk stream of the current chunk
    uint8_t carrySize_ = 0;
    ChunkError error_ = ChunkError::None;
    std::array<uint8_t, MaxChunkHeaderBytes - 1> carry_{}; // header bytes seen in an earlier feed
    // Received bytes of unfinished captured messages: up to maxCapturedBytes long, and longer.
    uint32_t capturedTotal_ = 0;
    uint32_t capturedLong_ = 0;
    const ChunkLimits* limits_;
};

} // namespace srsproxy::rtmp
