#include "plugins/rtmp/codec/chunk_relay.h"

#include <algorithm>

namespace srsproxy::rtmp {

ChunkRelay::ChunkRelay(ChunkReader& in, ChunkWriter& out) : in_(in), writer_(out) {
    for (ChunkStream& stream : in_.streams()) {
        stream.sync = Sync::None;
        if (stream.insidePassed()) {
            stream.fate = Fate::Drop;
        }
    }
}

void ChunkRelay::mapStream(uint32_t inId, uint32_t outId) {
    unmapStream(inId);
    streamIds_.emplace_back(inId, outId);
}

void ChunkRelay::unmapStream(uint32_t inId) {
    std::erase_if(streamIds_, [inId](const auto& entry) { return entry.first == inId; });
    forgetSync();
}

void ChunkRelay::setFallback(std::optional<uint32_t> outId) {
    fallback_ = outId;
    forgetSync();
}

std::optional<uint32_t> ChunkRelay::mapped(uint32_t inId) const {
    for (const auto& [in, out] : streamIds_) {
        if (in == inId) {
            return out;
        }
    }
    if (inId == 0) {
        return 0;
    }
    return std::nullopt;
}

std::optional<uint32_t> ChunkRelay::route(uint32_t inId) const {
    const std::optional<uint32_t> outId = mapped(inId);
    return outId ? outId : fallback_;
}

FeedResult ChunkRelay::relay(std::span<uint8_t> input, MessageVisitor& visitor, OutputList& out) {
    out_ = &out;
    visitor_ = &visitor;
    matchChunkSize(ControlChunkStream);
    flushPending();
    const FeedResult result = in_.feed(input, *this);
    out_ = nullptr;
    visitor_ = nullptr;
    return result;
}

bool ChunkRelay::inject(const Message& message, OutputList& out) {
    OutputList* const before = out_;
    out_ = &out;
    flushPending();
    const bool now = atChunkBoundary() && pending_.empty() && !blocked(message.csid);
    if (now) {
        matchChunkSize(ControlChunkStream);
        write(message);
    }
    out_ = before;
    return now || keepForLater(message);
}

bool ChunkRelay::keepForLater(const Message& message) {
    const size_t cost = sizeof(Pending) + message.payload.size();
    if (cost > MaxPendingBytes - pendingBytes_) {
        ++counters_.lostInjections;
        return false;
    }
    pendingBytes_ += cost;
    Pending& waiting = pending_.emplace_back();
    waiting.message = message;
    waiting.message.payload = {};
    waiting.bytes.assign(message.payload.begin(), message.payload.end());
    return true;
}

bool ChunkRelay::atChunkBoundary() const {
    const ChunkStream* stream = in_.currentChunk();
    return stream == nullptr || stream->fate != Fate::Pass;
}

Fate ChunkRelay::startMessage(ChunkStream& stream) {
    if (isCapturedInRelay(stream.type)) {
        ++counters_.capturedMessages;
        stream.sync = Sync::None;
        return Fate::Capture;
    }
    if (!route(stream.streamId)) {
        ++counters_.droppedMessages;
        stream.sync = Sync::None;
        return Fate::Drop;
    }
    ++counters_.passedMessages;
    return Fate::Pass;
}

void ChunkRelay::passChunk(ChunkStream& stream, const ChunkView& chunk) {
    bool unchanged = false;
    if (!chunk.startsMessage) {
        unchanged = chunk.repeatsTimestamp == stream.outExtended &&
                    (!stream.outExtended || stream.outField == stream.timestampField);
    } else if (chunk.format == 3) {
        unchanged = stream.sync == Sync::Full && chunk.repeatsTimestamp == stream.outExtended;
    } else if (chunk.format == 0 || stream.sync != Sync::None) {
        unchanged = true;
        stream.sync = Sync::Full;
        stream.outField = stream.timestampField;
        stream.outExtended = stream.extended;
        if (chunk.format == 0) {
            const uint32_t outId = route(stream.streamId).value_or(stream.streamId);
            if (outId != stream.streamId) {
                storeStreamId(chunk.bytes.data() + chunk.basicSize + StreamIdOffset, outId);
            }
        }
    }

    if (unchanged) {
        put(chunk.bytes, chunk.transient);
    } else {
        uint8_t header[MaxChunkHeaderBytes];
        const size_t size = rewriteHeader(stream, chunk, header);
        ++counters_.rewrittenHeaders;
        out_->copy({header, size});
        put(chunk.bytes.subspan(chunk.headerSize), chunk.transient);
    }
    if (chunk.endsChunk && !pending_.empty()) {
        flushPending();
    }
}

// Writes what the next hop must read instead, and notes what it knows from then on.
size_t ChunkRelay::rewriteHeader(ChunkStream& stream, const ChunkView& chunk, uint8_t* header) {
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
    stream.outField = stream.timestampMs;
    stream.outExtended = stream.outField >= ExtendedMark;
    return encodeType0(header, stream.csid, stream.timestampMs, stream.length, stream.type,
                       route(stream.streamId).value_or(stream.streamId));
}

void ChunkRelay::passMore(std::span<uint8_t> bytes, bool transient, bool endsChunk) {
    put(bytes, transient);
    if (endsChunk && !pending_.empty()) {
        flushPending();
    }
}

void ChunkRelay::abortPassed(ChunkStream&, const Message& message) {
    // On the chunk stream it came on: that one is certainly not inside another message.
    Message abort = message;
    abort.streamId = 0;
    abort.payload = message.payload.first(4);
    write(abort);
}

Next ChunkRelay::captured(const Message& message) {
    if (message.type == MessageType::SetChunkSize) {
        matchChunkSize(message.csid);
    } else if (!isCapturedInRelay(message.type)) {
        // Began before the relay did.
        Message whole = message;
        if (const std::optional<uint32_t> outId = route(message.streamId)) {
            whole.streamId = *outId;
            ++counters_.passedMessages;
            write(whole);
        } else {
            ++counters_.droppedMessages;
        }
        return Next::Continue;
    }
    return visitor_->onMessage(message);
}

void ChunkRelay::put(std::span<uint8_t> bytes, bool transient) {
    if (transient) {
        out_->copy(bytes);
    } else {
        out_->borrow(bytes);
    }
}

void ChunkRelay::write(const Message& message) {
    const size_t index = in_.streams().find(message.csid);
    if (index != ChunkStreamTable::NotFound) {
        in_.streams().at(index).sync = Sync::None;
    }
    writer_.encode(message, out_->own(writer_.encodedSize(message)));
}

void ChunkRelay::forgetSync() {
    for (ChunkStream& stream : in_.streams()) {
        stream.sync = Sync::None;
    }
}

bool ChunkRelay::blocked(uint32_t csid) {
    const size_t index = in_.streams().find(csid);
    return index != ChunkStreamTable::NotFound && in_.streams().at(index).insidePassed();
}

// Both hops use the same chunk size. Called at the start and when the peer changed it, thus never
// inside a chunk, and on a chunk stream that is not inside a message.
void ChunkRelay::matchChunkSize(uint32_t csid) {
    if (writer_.chunkSize() != in_.chunkSize()) {
        const ControlMessage control = makeSetChunkSize(in_.chunkSize());
        Message message = control.message();
        message.csid = csid;
        write(message);
    }
}

void ChunkRelay::flushPending() {
    if (pending_.empty() || !atChunkBoundary()) {
        return;
    }
    size_t sent = 0;
    for (; sent < pending_.size() && !blocked(pending_[sent].message.csid); ++sent) {
        Message message = pending_[sent].message;
        message.payload = pending_[sent].bytes;
        pendingBytes_ -= sizeof(Pending) + message.payload.size();
        write(message);
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(sent));
    if (pending_.empty()) {
        pending_.shrink_to_fit();
    }
}

} // namespace srsproxy::rtmp
