#include "tests/plugins/rtmp/codec/relay_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace srsproxy::rtmp::test {
namespace {

// What has come of the messages that are not complete, for each chunk stream.
std::map<uint32_t, Bytes> unfinished(std::span<const uint8_t> input) {
    ChunkReader reader(CheckLimits);
    Collector collector;
    Bytes bytes(input.begin(), input.end());
    reader.feed(bytes, collector);
    std::map<uint32_t, Bytes> payloads;
    for (const ChunkStream& stream : reader.streams()) {
        if (stream.insideMessage() && stream.captured) {
            payloads[stream.csid] = *stream.captured;
        }
    }
    return payloads;
}

} // namespace

void RelayRun::run() {
    feedCommandPhase();
    newHop();
    while (goesOn() && error == ChunkError::None && complaint.empty()) {
        maybeInject();
        maybeFlip();
        if (chance(plan_.takeoverPercent) && !relay_->hasPending()) {
            takeOver();
        }
        if (plan_.padAt != 0 && paddings.empty() && consumed() >= plan_.padAt) {
            pad();
            if (plan_.dies) {
                die();
            }
        }
        relayPiece();
    }
    if (relay_->hasPending()) {
        pad(); // lets it go
    }
    atBoundary = relay_->atChunkBoundary();
    insidePassed = relay_->insidePassed();
}

void RelayRun::feedCommandPhase() {
    const size_t end = std::min(plan_.commandPhaseBytes, input_.size());
    Collector collector;
    while (position_ < end && error == ChunkError::None) {
        Bytes piece = cut(end);
        error = reader_->feed(piece, collector).error;
    }
    early = std::move(collector.messages);
}

Bytes RelayRun::cut(size_t end) {
    const size_t count = std::min<size_t>(1 + random_() % plan_.maxPieceBytes, end - position_);
    const auto piece = input_.subspan(position_, count);
    position_ += count;
    return Bytes(piece.begin(), piece.end());
}

void RelayRun::newHop() {
    hops.emplace_back();
    writer_ = std::make_unique<ChunkWriter>();
    if (plan_.outChunkSize != DefaultChunkSize) {
        writer_->write(makeSetChunkSize(plan_.outChunkSize), hops.back());
    }
    for (const OwnedMessage& message : std::exchange(kept_, {})) {
        writer_->write(message.view(), hops.back());
    }
    newRelay();
}

void RelayRun::newRelay() {
    MediaTap* const tap = plan_.tap ? this : nullptr;
    relay_ = std::make_unique<ChunkRelay>(*reader_, *writer_, tap);
    relay_->mapStream(plan_.inStream, plan_.outStream);
    if (!plan_.dropUnmapped) {
        relay_->setFallback(plan_.route(UINT32_MAX));
    }
    relay_->setTimestampOffset(plan_.offsetMs);
    maybeFlip();
}

void RelayRun::takeOver() {
    send();
    relay_.reset();
    for (size_t count = random_() % 3; count != 0 && goesOn() && error == ChunkError::None;
         --count) {
        piece_ = std::exchange(rest_, {});
        append(piece_, cut(input_.size()));
        MediaKeeper keeper(*reader_, *this, *this);
        const FeedResult result = keeper.feed(piece_);
        error = result.error;
        rest_.assign(piece_.begin() + static_cast<std::ptrdiff_t>(result.consumed), piece_.end());
    }
    newHop();
}

void RelayRun::pad() {
    send();
    const std::map<uint32_t, Bytes> begun = unfinished(input_.first(consumed()));
    Padding padding{hops.size() - 1, parse(hops.back(), SIZE_MAX, CheckLimits).messages.size(), {}};
    const auto expect = [&](const ChunkStream& stream) {
        Bytes payload = begun.contains(stream.csid) ? begun.at(stream.csid) : Bytes{};
        payload.resize(stream.length);
        padding.messages.push_back({stream.csid, plan_.route(stream.streamId).value_or(0),
                                    stream.timestampMs + plan_.offsetMs, stream.type, payload});
    };
    const ChunkStream* const current = reader_->currentChunk();
    if (current != nullptr && current->insidePassed()) {
        expect(*current);
    }
    for (const ChunkStream& stream : reader_->streams()) {
        if (stream.insidePassed() && &stream != current) {
            expect(stream);
        }
    }
    if (relay_->insidePassed() == padding.messages.empty()) {
        complaint = "insidePassed() is wrong";
    }
    relay_->padPassed(list_);
    if (relay_->insidePassed() || relay_->hasPending() || !relay_->atChunkBoundary()) {
        complaint = "something is left after padPassed()";
    }
    paddings.push_back(std::move(padding));
    send();
}

void RelayRun::die() {
    diedAt = consumed();
    position_ = 0;
    rest_.clear();
    arriving_.clear();
    relay_.reset();
    reader_ = std::make_unique<ChunkReader>(CheckLimits);
    newRelay();
}

void RelayRun::relayPiece() {
    piece_ = std::exchange(rest_, {});
    const bool padsLater = paddings.empty() && plan_.padAt > position_;
    append(piece_, cut(padsLater ? std::min(plan_.padAt, input_.size()) : input_.size()));
    const FeedResult result = relay_->relay(piece_, *this, list_);
    error = result.error;
    if (result.stopped) {
        rest_.assign(piece_.begin() + static_cast<std::ptrdiff_t>(result.consumed), piece_.end());
    } else if (error == ChunkError::None && result.consumed != piece_.size()) {
        complaint = "input left over without a stop";
    }
    send();
}

Next RelayRun::onMessage(const Message& message) {
    if (isCapturedInRelay(message.type)) {
        captured.push_back(own(message));
    } else if (plan_.route(message.streamId)) {
        if (isMedia(message.type)) {
            media.push_back(own(message));
        }
        resend(own(message));
    }
    maybeInject();
    maybeFlip();
    return random_() % 8 == 0 ? Next::Stop : Next::Continue;
}

// To the next hop as a whole, or later when there is none.
void RelayRun::resend(OwnedMessage message) {
    message.streamId = plan_.route(message.streamId).value_or(0);
    message.timestampMs += plan_.offsetMs;
    if (!relay_) {
        kept_.push_back(std::move(message));
    } else if (!relay_->inject(message.view(), list_)) {
        complaint = "a message of the stream was not taken";
    }
}

void RelayRun::chunk(const ChunkStream& stream, const ChunkView& view) {
    if (!isMedia(stream.type)) {
        complaint = "the tap sees what is no media";
    }
    if (view.startsMessage) {
        arriving_[stream.csid] = {
            stream.csid, stream.streamId, stream.timestampMs, stream.type, {}};
    }
    collect(stream, view.bytes.subspan(view.headerSize), view.transient);
}

void RelayRun::more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient) {
    collect(stream, bytes, transient);
}

void RelayRun::collect(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient) {
    const bool inside =
        bytes.empty() || (bytes.data() >= piece_.data() &&
                          bytes.data() + bytes.size() <= piece_.data() + piece_.size());
    if (!transient && !inside) {
        complaint = "bytes that are not transient lie outside the input";
    }
    if (!arriving_.contains(stream.csid)) {
        complaint = "the tap sees a message without its beginning";
        return;
    }
    OwnedMessage& message = arriving_.at(stream.csid);
    append(message.payload, bytes);
    if (message.payload.size() + stream.remaining != stream.length) {
        complaint = "the tap misses bytes";
    }
    if (stream.remaining == 0) {
        OwnedMessage whole = std::move(message);
        arriving_.erase(stream.csid);
        if (plan_.route(whole.streamId)) {
            media.push_back(whole);
            if (stream.fate != Fate::Pass) {
                resend(std::move(whole));
            }
        }
    }
}

void RelayRun::aborted(const ChunkStream& stream) {
    if (arriving_.erase(stream.csid) == 0) {
        complaint = "the tap hears of the end of what it did not see";
    }
}

void RelayRun::maybeInject() {
    if (!relay_ || !chance(plan_.injectPercent)) {
        return;
    }
    marksWaiting_ = relay_->hasPending() ? marksWaiting_ + 1 : 0;
    if (marksWaiting_ > 50) {
        return; // leaves room for what matters
    }
    static constexpr uint32_t ChunkStreams[] = {2, 3, 4, 5, 6, 70, 400};
    const Bytes payload(random_() % 300, 0xAB);
    Message message;
    message.type = MarkType;
    message.csid = ChunkStreams[random_() % std::size(ChunkStreams)];
    message.timestampMs = static_cast<uint32_t>(random_() % 9 + random_() % 2 * 0xFFFFFF);
    message.payload = payload;
    injected += relay_->inject(message, list_) ? 1 : 0;
}

void RelayRun::maybeFlip() {
    if (relay_ && chance(plan_.flipPercent)) {
        relay_->captureAll(random_() % 2 == 0);
    }
}

// As the socket would: everything, or part of it with the rest saved.
void RelayRun::send() {
    if (list_.empty()) {
        return;
    }
    size_t total = 0;
    for (const iovec& piece : list_.pieces()) {
        total += piece.iov_len;
    }
    if (total != list_.size()) {
        complaint = "OutputList::size() is wrong";
    }
    Bytes& output = hops.back();
    const size_t taken = random_() % list_.size();
    Bytes all;
    list_.copyFrom(0, all);
    output.insert(output.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(taken));
    list_.copyFrom(taken, output);
    list_.clear();
}

} // namespace srsproxy::rtmp::test
