#include "plugins/rtmp/codec/chunk_relay.h"

#include "plugins/rtmp/codec/byte_order.h"
#include "plugins/rtmp/codec/chunk_padding.h"

#include <vector>

namespace srsproxy::rtmp {

struct ChunkRelay::Waiting {
    struct Entry {
        Message message; // payload is in `bytes`
        std::vector<uint8_t> bytes;
    };
    std::vector<Entry> entries;
    size_t bytes = 0;
};

class ChunkRelay::Run final : public ChunkSink {
public:
    Run(ChunkRelay& relay, MessageVisitor& visitor, OutputList& out)
        : relay_(relay), visitor_(visitor), out_(out) {}

    Fate startMessage(ChunkStream& stream) override;
    void passChunk(ChunkStream& stream, const ChunkView& chunk) override;
    void passMore(ChunkStream& stream, std::span<uint8_t> bytes, bool transient,
                  bool endsChunk) override;
    void abortPassed(ChunkStream& stream, const Message& message) override;
    Next captured(const Message& message) override;

private:
    bool adoptHeader(ChunkStream& stream, const ChunkView& chunk);
    bool adoptType0(ChunkStream& stream, const ChunkView& chunk);
    size_t rewriteHeader(ChunkStream& stream, const ChunkView& chunk, uint8_t* header);
    void put(std::span<const uint8_t> bytes, bool transient);
    void endChunk();

    ChunkRelay& relay_;
    MessageVisitor& visitor_;
    OutputList& out_;
};

Fate ChunkRelay::Run::startMessage(ChunkStream& stream) {
    if (isCapturedInRelay(stream.type) || relay_.captures(out_)) {
        stream.sync = Sync::None;
        return Fate::Capture;
    }
    if (!relay_.route(stream.streamId)) {
        stream.sync = Sync::None;
        return Fate::Drop;
    }
    if (relay_.writer_.chunkSize() != relay_.in_.chunkSize()) {
        relay_.matchChunkSize(ControlChunkStream, out_); // nothing passes now: it is free
    }
    if (isTimed(stream.type)) {
        relay_.noteTime(stream.timestampMs + relay_.offsetMs_);
    }
    return Fate::Pass;
}

void ChunkRelay::Run::passChunk(ChunkStream& stream, const ChunkView& chunk) {
    if (relay_.tap_ != nullptr && isMedia(stream.type)) {
        relay_.tap_->chunk(stream, chunk);
    }
    if (stream.fate == Fate::Keep) {
        return;
    }
    if (adoptHeader(stream, chunk)) {
        put(chunk.bytes, chunk.transient);
    } else {
        uint8_t header[MaxChunkHeaderBytes];
        out_.copy({header, rewriteHeader(stream, chunk, header)});
        put(chunk.bytes.subspan(chunk.headerSize), chunk.transient);
    }
    if (chunk.endsChunk) {
        endChunk();
    }
}

// Whether the header may pass; then notes what the next hop knows from it.
bool ChunkRelay::Run::adoptHeader(ChunkStream& stream, const ChunkView& chunk) {
    if (!chunk.startsMessage) {
        return chunk.repeatsTimestamp == stream.outExtended &&
               (!stream.outExtended || stream.outField == stream.timestampField);
    }
    if (chunk.format == 0) {
        return adoptType0(stream, chunk);
    }
    if (chunk.format == 3) {
        return stream.sync == Sync::Full && chunk.repeatsTimestamp == stream.outExtended;
    }
    if (stream.sync == Sync::None) {
        return false;
    }
    stream.sync = Sync::Full;
    stream.outField = stream.timestampField;
    stream.outExtended = stream.extended;
    return true;
}

bool ChunkRelay::Run::adoptType0(ChunkStream& stream, const ChunkView& chunk) {
    uint8_t* const fields = chunk.bytes.data() + chunk.basicSize;
    stream.sync = Sync::Full;
    stream.outField = stream.timestampField;
    stream.outExtended = stream.extended;
    if (relay_.offsetMs_ != 0) {
        const uint32_t timeMs = stream.timestampField + relay_.offsetMs_;
        if (stream.extended) {
            store32(fields + ExtendedTimestampOffset, timeMs);
        } else if (timeMs < ExtendedMark) {
            store24(fields, timeMs);
        } else {
            stream.sync = Sync::None; // no room for it
            return false;
        }
        stream.sync = Sync::StaleDelta;
        stream.outField = timeMs;
    }
    const uint32_t outId = relay_.route(stream.streamId).value_or(stream.streamId);
    if (outId != stream.streamId) {
        storeStreamId(fields + StreamIdOffset, outId);
    }
    return true;
}

// Writes what the next hop must read instead, and notes what it knows from then on.
size_t ChunkRelay::Run::rewriteHeader(ChunkStream& stream, const ChunkView& chunk,
                                      uint8_t* header) {
    if (!chunk.startsMessage || stream.sync == Sync::Full) {
        return encodeType3(header, stream.csid, stream.outExtended, stream.outField);
    }
    if (stream.sync == Sync::StaleDelta) { // the chunk is of type 3
        stream.sync = Sync::Full;
        stream.outField = stream.timestampField;
        stream.outExtended = stream.outField >= ExtendedMark;
        return encodeType2(header, stream.csid, stream.outField);
    }
    stream.sync = Sync::StaleDelta;
    stream.outField = stream.timestampMs + relay_.offsetMs_;
    stream.outExtended = stream.outField >= ExtendedMark;
    return encodeType0(header, stream.csid, stream.outField, stream.length, stream.type,
                       relay_.route(stream.streamId).value_or(stream.streamId));
}

void ChunkRelay::Run::passMore(ChunkStream& stream, std::span<uint8_t> bytes, bool transient,
                               bool endsChunk) {
    if (relay_.tap_ != nullptr && isMedia(stream.type)) {
        relay_.tap_->more(stream, bytes, transient);
    }
    if (stream.fate == Fate::Keep) {
        return;
    }
    put(bytes, transient);
    if (endsChunk) {
        endChunk();
    }
}

void ChunkRelay::Run::abortPassed(ChunkStream& stream, const Message& message) {
    if (relay_.tap_ != nullptr && isMedia(stream.type)) {
        relay_.tap_->aborted(stream);
    }
    if (stream.fate == Fate::Keep) {
        return;
    }
    // On the chunk stream it came on: that one is certainly not inside another message.
    Message abort = message;
    abort.streamId = 0;
    abort.payload = message.payload.first(4);
    relay_.write(abort, out_);
}

Next ChunkRelay::Run::captured(const Message& message) {
    if (message.type == MessageType::SetChunkSize && relay_.insidePassed()) {
        relay_.matchChunkSize(message.csid, out_); // free: this message was on it
    }
    return visitor_.onMessage(message);
}

void ChunkRelay::Run::put(std::span<const uint8_t> bytes, bool transient) {
    if (transient) {
        out_.copy(bytes);
    } else {
        out_.borrow(bytes);
    }
}

void ChunkRelay::Run::endChunk() {
    if (relay_.hasPending()) {
        relay_.flushWaiting(out_);
    }
}

ChunkRelay::ChunkRelay(ChunkReader& in, ChunkWriter& out, MediaTap* tap)
    : in_(in), writer_(out), tap_(tap) {
    in_.endPassing(tap != nullptr);
    forgetSync();
}

ChunkRelay::~ChunkRelay() = default;

void ChunkRelay::mapStream(uint32_t inId, uint32_t outId) {
    mapped_ = true;
    inId_ = inId;
    outId_ = outId;
    forgetSync();
}

void ChunkRelay::setFallback(std::optional<uint32_t> outId) {
    hasFallback_ = outId.has_value();
    fallback_ = outId.value_or(0);
    forgetSync();
}

void ChunkRelay::captureAll(bool on) {
    captureAll_ = on;
    capturing_ = capturing_ || on;
}

void ChunkRelay::setTimestampOffset(uint32_t ms) {
    if (ms != offsetMs_) {
        offsetMs_ = ms;
        forgetSync();
    }
}

std::optional<uint32_t> ChunkRelay::route(uint32_t inId) const {
    if (mapped_ && inId == inId_) {
        return outId_;
    }
    if (inId == 0) {
        return 0;
    }
    return hasFallback_ ? std::optional(fallback_) : std::nullopt;
}

FeedResult ChunkRelay::relay(std::span<uint8_t> input, MessageVisitor& visitor, OutputList& out) {
    Run run(*this, visitor, out);
    return in_.feed(input, run);
}

bool ChunkRelay::inject(const Message& message, OutputList& out) {
    flushWaiting(out);
    if (hasPending() || !atChunkBoundary() || blocked(message.csid)) {
        return keepForLater(message);
    }
    write(message, out);
    return true;
}

bool ChunkRelay::keepForLater(const Message& message) {
    if (!waiting_) {
        waiting_ = std::make_unique<Waiting>();
    }
    if (waiting_->bytes >= MaxPendingBytes) {
        return false;
    }
    capturing_ = capturing_ || !isCapturedInRelay(message.type);
    waiting_->bytes += sizeof(Waiting::Entry) + message.payload.size();
    Waiting::Entry& entry = waiting_->entries.emplace_back();
    entry.message = message;
    entry.message.payload = {};
    entry.bytes.assign(message.payload.begin(), message.payload.end());
    return true;
}

void ChunkRelay::flushWaiting(OutputList& out) {
    if (!waiting_ || !atChunkBoundary()) {
        return;
    }
    std::vector<Waiting::Entry>& entries = waiting_->entries;
    size_t sent = 0;
    for (; sent < entries.size() && !blocked(entries[sent].message.csid); ++sent) {
        Message message = entries[sent].message;
        message.payload = entries[sent].bytes;
        waiting_->bytes -= sizeof(Waiting::Entry) + message.payload.size();
        write(message, out);
    }
    if (sent == entries.size()) {
        waiting_.reset();
    } else {
        entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(sent));
    }
}

bool ChunkRelay::captures(OutputList& out) {
    if (capturing_ && !captureAll_) {
        flushWaiting(out);
        if (!hasPending()) {
            capturing_ = false;
            forgetSync(); // others may have written to the next hop
        }
    }
    return capturing_;
}

bool ChunkRelay::atChunkBoundary() const {
    const ChunkStream* stream = in_.currentChunk();
    return stream == nullptr || stream->fate != Fate::Pass;
}

bool ChunkRelay::insidePassed() const {
    for (const ChunkStream& stream : in_.streams()) {
        if (stream.insidePassed()) {
            return true;
        }
    }
    return false;
}

size_t ChunkRelay::missingBytes() const {
    size_t sum = 0;
    for (const ChunkStream& stream : in_.streams()) {
        sum += stream.insidePassed() ? stream.remaining : 0;
    }
    return sum;
}

void ChunkRelay::padPassed(OutputList& out) {
    const auto pad = [this, &out](const ChunkStream& stream, uint32_t chunkRemaining) {
        uint8_t header[MaxChunkHeaderBytes];
        const size_t size = encodeType3(header, stream.csid, stream.outExtended, stream.outField);
        appendPadding({{header, size}, chunkRemaining, stream.remaining, writer_.chunkSize()}, out);
    };
    const ChunkStream* const current = atChunkBoundary() ? nullptr : in_.currentChunk();
    if (current != nullptr) {
        pad(*current, in_.chunkRemaining()); // before anything else can be written
    }
    for (const ChunkStream& stream : in_.streams()) {
        if (stream.insidePassed() && &stream != current) {
            pad(stream, 0);
        }
    }
    in_.endPassing(tap_ != nullptr);
    flushWaiting(out);
}

void ChunkRelay::noteTime(uint32_t ms) {
    if (!sentMedia_ || lastMs_ - ms > TimeRestartMs) { // ahead of it, or far behind
        lastMs_ = ms;
        sentMedia_ = true;
    }
}

void ChunkRelay::write(const Message& message, OutputList& out) {
    const size_t index = in_.streams().find(message.csid);
    if (index != ChunkStreamTable::NotFound) {
        in_.streams().at(index).sync = Sync::None;
    }
    if (isTimed(message.type)) {
        noteTime(message.timestampMs);
    }
    writer_.encode(message, out.own(writer_.encodedSize(message)));
}

void ChunkRelay::forgetSync() {
    for (ChunkStream& stream : in_.streams()) {
        stream.sync = Sync::None;
    }
}

bool ChunkRelay::blocked(uint32_t csid) const {
    const size_t index = in_.streams().find(csid);
    return index != ChunkStreamTable::NotFound && in_.streams().at(index).insidePassed();
}

// While messages pass both hops use the same chunk size. Called between chunks; `csid` is not
// inside a passed message.
void ChunkRelay::matchChunkSize(uint32_t csid, OutputList& out) {
    if (writer_.chunkSize() != in_.chunkSize()) {
        const ControlMessage control = makeSetChunkSize(in_.chunkSize());
        Message message = control.message();
        message.csid = csid;
        write(message, out);
    }
}

} // namespace srsproxy::rtmp
