#include "plugins/rtmp/codec/chunk_reader.h"

#include <algorithm>
#include <cstring>

namespace srsproxy::rtmp {

namespace {

// Two streams' key frames may arrive at once.
constexpr uint32_t LongTotalFactor = 2;

} // namespace

struct ChunkReader::Cursor {
    uint8_t* data;
    size_t size;  // headers may reach up to here
    size_t limit; // payload only up to here, and no header starts behind it
    size_t position;
    bool transient; // `data` is a copy
};

// The command phase as a sink: everything that is not too long becomes a message.
class ChunkCaptureAll final : public ChunkSink {
public:
    ChunkCaptureAll(const ChunkReader& reader, MessageVisitor& visitor)
        : reader_(reader), visitor_(visitor) {}

    Fate startMessage(ChunkStream& stream) override {
        // Early media must not end the session; it is lost, as nobody is there to take it.
        const bool tooLong = stream.length > reader_.limits_->maxCapturedBytes;
        return tooLong && !isCapturedInRelay(stream.type) ? Fate::Drop : Fate::Capture;
    }
    void passChunk(ChunkStream&, const ChunkView&) override {}
    void passMore(ChunkStream&, std::span<uint8_t>, bool, bool) override {}
    void abortPassed(ChunkStream&, const Message&) override {}
    Next captured(const Message& message) override { return visitor_.onMessage(message); }

private:
    const ChunkReader& reader_;
    MessageVisitor& visitor_;
};

std::string_view describe(ChunkError error) {
    switch (error) {
    case ChunkError::None:
        return "no error";
    case ChunkError::ChunkSizeInvalid:
        return "Set Chunk Size outside 1..2147483647";
    case ChunkError::NoPreviousHeader:
        return "type 2 or 3 chunk on a chunk stream without an earlier header";
    case ChunkError::HeaderInsideMessage:
        return "new message header before the previous message was complete";
    case ChunkError::TooManyChunkStreams:
        return "too many chunk streams";
    case ChunkError::MessageTooLong:
        return "message longer than allowed";
    case ChunkError::CapturedTooLong:
        return "command or control message longer than allowed";
    case ChunkError::CapturedTotalTooLong:
        return "too many bytes in unfinished commands";
    }
    return "unknown error";
}

FeedResult ChunkReader::feed(std::span<uint8_t> input, MessageVisitor& visitor) {
    endPassing(false);
    ChunkCaptureAll sink(*this, visitor);
    return feed(input, sink);
}

void ChunkReader::endPassing(bool keepMedia) {
    for (ChunkStream& stream : streams_) {
        if (stream.fate == Fate::Pass || stream.fate == Fate::Keep) {
            stream.fate = keepMedia && isMedia(stream.type) ? Fate::Keep : Fate::Drop;
        }
    }
}

FeedResult ChunkReader::feed(std::span<uint8_t> input, ChunkSink& sink) {
    FeedResult result;
    if (error_ != ChunkError::None) {
        result.error = error_;
        return result;
    }
    const auto keep = [this](const uint8_t* bytes, size_t count) {
        std::memmove(carry_.data(), bytes, count);
        carrySize_ = static_cast<uint8_t>(count);
    };

    size_t start = 0;
    Step step = Step::Done;
    if (carrySize_ != 0) {
        // A header was cut. Put it together with what came, in a small copy, and leave the copy
        // as soon as the bytes kept from before are used up.
        const size_t held = carrySize_;
        uint8_t joined[2 * MaxChunkHeaderBytes];
        const size_t taken = std::min(input.size(), MaxChunkHeaderBytes);
        std::copy_n(carry_.data(), held, joined);
        std::copy_n(input.data(), taken, joined + held);
        Cursor cursor{joined, held + taken, held, 0, true};
        step = consume(cursor, sink);
        if (step == Step::NeedMore) { // then `taken` was all there is
            keep(joined + cursor.position, cursor.size - cursor.position);
            result.consumed = input.size();
            return result;
        }
        if (cursor.position < held) {
            keep(joined + cursor.position, held - cursor.position);
        } else {
            carrySize_ = 0;
            start = cursor.position - held;
        }
    }

    result.consumed = start;
    if (step == Step::Done) {
        Cursor cursor{input.data(), input.size(), input.size(), start, false};
        step = consume(cursor, sink);
        result.consumed = cursor.position;
        if (step == Step::NeedMore) {
            keep(cursor.data + cursor.position, cursor.size - cursor.position);
            result.consumed = input.size();
        }
    }
    result.error = error_;
    result.stopped = step == Step::Stop;
    return result;
}

ChunkReader::Step ChunkReader::consume(Cursor& cursor, ChunkSink& sink) {
    while (cursor.position < cursor.limit) {
        const Step step =
            chunkRemaining_ != 0 ? readPayload(cursor, sink) : readHeader(cursor, sink);
        if (step != Step::Done) {
            return step;
        }
    }
    return Step::Done;
}

ChunkReader::Step ChunkReader::readHeader(Cursor& cursor, ChunkSink& sink) {
    const std::span<uint8_t> bytes(cursor.data + cursor.position, cursor.size - cursor.position);
    const BasicHeader basic = decodeBasicHeader(bytes);
    if (basic.size == 0) {
        return Step::NeedMore;
    }
    MessageHeader header;
    size_t headerSize = basic.size;
    if (basic.format != 3) {
        header = decodeMessageHeader(basic.format, bytes.subspan(basic.size));
        if (header.size == 0) {
            return Step::NeedMore;
        }
        headerSize += header.size;
    }

    size_t index = streams_.find(basic.csid);
    if (index == ChunkStreamTable::NotFound) {
        // librtmp's first ping is a type 1 header: time 0 and stream 0 are meant (R11).
        if (basic.format >= 2) {
            return fail(ChunkError::NoPreviousHeader);
        }
        if (streams_.size() >= std::min<size_t>(limits_->maxChunkStreams, streams_.MaxSize)) {
            return fail(ChunkError::TooManyChunkStreams);
        }
        index = streams_.add(basic.csid);
    }
    ChunkStream& stream = streams_.at(index);

    bool repeats = false;
    if (basic.format == 3 && stream.extended) {
        switch (findRepeatedTimestamp(bytes.subspan(basic.size), stream.timestampField)) {
        case RepeatedTimestamp::NeedMore:
            return Step::NeedMore;
        case RepeatedTimestamp::Present:
            repeats = true;
            headerSize += 4;
            break;
        case RepeatedTimestamp::Absent:
            break;
        }
    }

    const bool starts = !stream.insideMessage();
    const Step step = applyHeader(stream, basic, header);
    if (step != Step::Done) {
        return step;
    }
    if (starts) {
        const Step started = startMessage(stream, sink);
        if (started != Step::Done) {
            return started;
        }
    }

    const uint32_t chunkBytes = std::min(chunkSize_, stream.remaining);
    const size_t payloadAt = cursor.position + headerSize;
    const size_t room = cursor.limit > payloadAt ? cursor.limit - payloadAt : 0;
    const auto here = static_cast<uint32_t>(std::min<size_t>(chunkBytes, room));
    current_ = static_cast<uint16_t>(index);
    chunkRemaining_ = chunkBytes - here;
    stream.remaining -= here;
    cursor.position = payloadAt + here;

    switch (stream.fate) {
    case Fate::Pass:
    case Fate::Keep:
        sink.passChunk(stream,
                       {basic.format, basic.size, static_cast<uint8_t>(headerSize), starts, repeats,
                        cursor.transient, bytes.first(headerSize + here), chunkRemaining_ == 0});
        break;
    case Fate::Capture:
        return capture(stream, bytes.subspan(headerSize, here), sink);
    case Fate::Drop:
        break;
    }
    return Step::Done;
}

ChunkReader::Step ChunkReader::readPayload(Cursor& cursor, ChunkSink& sink) {
    ChunkStream& stream = streams_.at(current_);
    const size_t room = cursor.limit - cursor.position;
    const auto here = static_cast<uint32_t>(std::min<size_t>(chunkRemaining_, room));
    const std::span<uint8_t> bytes(cursor.data + cursor.position, here);
    cursor.position += here;
    chunkRemaining_ -= here;
    stream.remaining -= here;
    switch (stream.fate) {
    case Fate::Pass:
    case Fate::Keep:
        sink.passMore(stream, bytes, cursor.transient, chunkRemaining_ == 0);
        break;
    case Fate::Capture:
        return capture(stream, bytes, sink);
    case Fate::Drop:
        break;
    }
    return Step::Done;
}

ChunkReader::Step ChunkReader::applyHeader(ChunkStream& stream, const BasicHeader& basic,
                                           const MessageHeader& header) {
    if (stream.insideMessage()) {
        return basic.format == 3 ? Step::Done : fail(ChunkError::HeaderInsideMessage);
    }
    switch (basic.format) {
    case 0:
        stream.timestampMs = header.timestampField;
        stream.streamId = header.streamId;
        break;
    case 1:
    case 2:
        stream.timestampMs += header.timestampField;
        break;
    default:
        stream.timestampMs += stream.timestampField;
        break;
    }
    if (basic.format <= 1) {
        stream.length = header.length;
        stream.type = header.type;
    }
    if (basic.format <= 2) {
        stream.timestampField = header.timestampField;
        stream.extended = header.extended;
    }
    return Step::Done;
}

ChunkReader::Step ChunkReader::startMessage(ChunkStream& stream, ChunkSink& sink) {
    if (stream.length > limits_->maxMessageBytes) {
        return fail(ChunkError::MessageTooLong);
    }
    stream.fate = sink.startMessage(stream);
    stream.remaining = stream.length;
    if (stream.fate == Fate::Capture && stream.length > limits_->maxCapturedBytes &&
        isCapturedInRelay(stream.type)) {
        return fail(ChunkError::CapturedTooLong);
    }
    return Step::Done;
}

ChunkReader::Step ChunkReader::capture(ChunkStream& stream, std::span<const uint8_t> bytes,
                                       ChunkSink& sink) {
    uint32_t& total = capturedTotal(stream);
    const uint32_t limit = &total == &capturedLong_ ? LongTotalFactor * limits_->maxMessageBytes
                                                    : limits_->maxCapturedTotalBytes;
    if (bytes.size() > limit - total) {
        return fail(ChunkError::CapturedTotalTooLong);
    }
    if (!stream.insideMessage() && !stream.captured) {
        return finishCaptured(stream, bytes, sink); // in one piece: no copy
    }
    if (bytes.empty()) {
        return Step::Done; // the header came alone
    }
    total += static_cast<uint32_t>(bytes.size());
    // Memory follows the bytes that came, not the length that was announced.
    if (!stream.captured) {
        stream.captured = std::make_unique<std::vector<uint8_t>>();
    }
    stream.captured->insert(stream.captured->end(), bytes.begin(), bytes.end());
    if (stream.insideMessage()) {
        return Step::Done;
    }
    const std::unique_ptr<std::vector<uint8_t>> payload = std::move(stream.captured);
    total -= static_cast<uint32_t>(payload->size());
    return finishCaptured(stream, *payload, sink);
}

ChunkReader::Step ChunkReader::finishCaptured(ChunkStream& stream, std::span<const uint8_t> payload,
                                              ChunkSink& sink) {
    const Message message{stream.csid, stream.streamId, stream.timestampMs, stream.type, payload};
    const Step step = obey(message, sink);
    if (step != Step::Done) {
        return step;
    }
    return sink.captured(message) == Next::Stop ? Step::Stop : Step::Done;
}

ChunkReader::Step ChunkReader::obey(const Message& message, ChunkSink& sink) {
    const std::optional<uint32_t> number = parseControlNumber(message.payload);
    if (message.type == MessageType::SetChunkSize) {
        if (!number || *number == 0 || *number > 0x7FFFFFFF) {
            return fail(ChunkError::ChunkSizeInvalid);
        }
        chunkSize_ = std::min(*number, MaxMessageBytes); // beyond that no message is ever split
    } else if (message.type == MessageType::Abort && number) {
        const size_t index = streams_.find(*number);
        if (index == ChunkStreamTable::NotFound || !streams_.at(index).insideMessage()) {
            return Step::Done;
        }
        ChunkStream& stream = streams_.at(index);
        if (stream.fate == Fate::Pass || stream.fate == Fate::Keep) {
            sink.abortPassed(stream, message);
        }
        if (stream.captured) {
            capturedTotal(stream) -= static_cast<uint32_t>(stream.captured->size());
            stream.captured.reset();
        }
        stream.remaining = 0;
    }
    return Step::Done;
}

uint32_t& ChunkReader::capturedTotal(const ChunkStream& stream) {
    return stream.length > limits_->maxCapturedBytes ? capturedLong_ : capturedTotal_;
}

ChunkReader::Step ChunkReader::fail(ChunkError error) {
    error_ = error;
    return Step::Error;
}

} // namespace srsproxy::rtmp
