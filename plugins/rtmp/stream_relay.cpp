/// The running stream: how it starts, and the client's bytes on their way to the origin.

#include <cerrno>
#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {

void Stream::startRelay(std::span<uint8_t> originInput) {
    record_->report(OutcomeAccepted, toStr(""));
    const std::unique_ptr<OriginSide> side = std::move(originSide_);
    if (wantsEnhanced(connection_.connectObject()) && !detour_) {
        connection_.part().book().learned(originName_, connection_.part().loop().nowUs(),
                                          side->capabilities());
    }
    const bool again = isResuming();
    originId_ = side->streamId();
    originEnded_ = false;
    origin_->setAckWindow(side->ackWindowBytes());
    if (!again) {
        for (const OriginSide::Held& held : side->held()) {
            tellHeld(held);
        }
    }
    down_.emplace(origin_->reader, connection_.client().writer);
    down_->mapStream(originId_, id_);
    down_->setFallback(id_);
    phase_ = Phase::Relay;
    deadline(connection_.part().config().idleTimeoutUs);
    if (!keepsRequest()) {
        request_.reset();
        originName_ = {};
    }
    connection_.streamsChanged();
    if (again) {
        resumed(*side);
        if (!isRunning() || connection_.closing()) {
            return; // lost again
        }
    }
    if (!originInput.empty()) {
        relayDown(originInput);
    }
    if (early_) {
        const std::unique_ptr<Early> early = std::move(early_);
        for (const Early::Kept& kept : early->messages) {
            Message message = kept.message;
            message.payload = kept.payload;
            sendUp(message);
        }
    }
    if (phase_ == Phase::Relay && !connection_.closing()) {
        connection_.resumeFeeding();
    }
}

// --- from the client to the origin ----------------------------------------------------------

void Stream::passUp() {
    Hop& client = connection_.client();
    up_.emplace(client.reader, origin_->writer, replay_.get());
    up_->mapStream(id_, originId_);
    // Encoders are known that send media on another stream than the one they publish on.
    up_->setFallback(originId_);
}

void Stream::setWhole(bool whole) {
    whole_ = whole;
    if (up_) {
        up_->captureAll(whole || (gate_ != nullptr && role_ == RolePublish));
        if (!whole && !replay_ && role_ == RolePublish && keepsRequest()) {
            LoopPart& part = connection_.part();
            replay_ = std::make_unique<ReplayBuffer>(part.blocks(), part.config().resumeBytes);
        }
        up_->setTap(whole ? nullptr : replay_.get());
    }
    if (down_) {
        down_->captureAll(whole || (gate_ != nullptr && role_ == RolePlay));
    }
}

std::span<const iovec> Stream::space() {
    return replay_ ? replay_->space() : std::span<const iovec>();
}

FeedResult Stream::relayUp(std::span<uint8_t> input, MessageVisitor& visitor) {
    if (role_ == RolePublish || connection_.client().unsentBytes() == 0) {
        deadline(connection_.part().config().idleTimeoutUs);
    }
    return up_->relay(input, visitor, connection_.part().toOrigin());
}

void Stream::sendUp(const Message& message) {
    if (isSettingUp()) {
        early_ = early_ ? std::move(early_) : std::make_unique<Early>();
        early_->bytes += message.payload.size() + sizeof(Early::Kept);
        early_->messages.push_back({message, {message.payload.begin(), message.payload.end()}});
        return;
    }
    if (isResuming() && replay_ && isMedia(message.type)) {
        show(*replay_, message);
    }
    if (!isRunning()) {
        return;
    }
    deadline(connection_.part().config().idleTimeoutUs);
    if (whole_) {
        countClientBytes(message.payload.size(), 0);
    }
    if (replay_ && isMedia(message.type)) {
        show(*replay_, message); // the relay has not
    }
    if (gate_ && role_ == RolePublish && isMedia(message.type) && !opensGate(message)) {
        return;
    }
    Message mapped = message;
    mapped.streamId = message.streamId == 0 ? 0 : originId_;
    if (!sendUpNow(mapped)) {
        endAfterWords(
            {CauseProtocolError, SideClient, "commands pile up that the other side does not take"});
    }
}

/// Of a publish that went on without its key frame: false for what has to wait for the next one.
bool Stream::opensGate(const Message& message) {
    const KeyFrameGate::Verdict verdict = gate_->show(message);
    const bool opens = verdict.open || gateIsOverdue();
    if (opens) {
        gate_.reset();
        up_->captureAll(whole_);
    }
    return verdict.pass || opens;
}

/// There are encoders that never send a key frame after the first one.
bool Stream::gateIsOverdue() const {
    LoopPart& part = connection_.part();
    return part.loop().nowUs() - resume_->resumedUs > part.config().resumeTimeoutUs;
}

void Stream::sendBufferLength(uint32_t bufferMs) {
    if (isRunning()) {
        sendUpNow(makeSetBufferLength(originId_, bufferMs).message());
    } else if (request_) {
        request_->bufferMs = bufferMs;
    }
}

/// `message` has the origin's stream number.
bool Stream::sendUpNow(const Message& message) {
    OutputList& out = connection_.part().toOrigin();
    if (up_) {
        return up_->inject(message, out);
    }
    std::vector<uint8_t> bytes;
    origin_->writer.write(message, bytes);
    origin_->send(bytes); // a failure shows when the origin is read next
    return true;
}

void Stream::flushUp() {
    if (!pushUp()) {
        originLost(OutcomeLost, origin_->failure(), false);
    }
}

/// False when the connection to the origin failed. The list is that of the stream that passes up.
bool Stream::pushUp() {
    OutputList& out = connection_.part().toOrigin();
    if (!passesUp() || out.empty()) {
        return true;
    }
    const bool sent = !origin_->isOpen() || origin_->send(out);
    out.clear();
    return sent;
}

bool Stream::takesInput() const {
    const Config& config = connection_.part().config();
    if (isResuming()) {
        return !replay_ || !replay_->keeping() || replay_->bytes() < config.resumeBytes / 4 * 3;
    }
    if (isRunning()) {
        return origin_->unsentBytes() == 0;
    }
    return !early_ || early_->bytes < config.maxPrepublishBytes;
}

} // namespace srsproxy::rtmp
