/// The running stream: bytes and messages from one side to the other, and the stream's end.

#include <cerrno>
#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {
namespace {

/// How long an origin may still say something of a stream that the client has closed.
constexpr int64_t LeavingUs = 1'000'000;

} // namespace

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
    deadlineUs_ = connection_.part().loop().nowUs() + connection_.part().config().idleTimeoutUs;
    return up_->relay(input, visitor, connection_.part().toOrigin());
}

void Stream::sendUp(const Message& message) {
    if (isSettingUp()) {
        early_ = early_ ? std::move(early_) : std::make_unique<Early>();
        early_->bytes += message.payload.size() + sizeof(Early::Kept);
        early_->messages.push_back({message, {message.payload.begin(), message.payload.end()}});
        return;
    }
    if (!isRunning()) {
        return;
    }
    deadline(connection_.part().config().idleTimeoutUs);
    if (replay_ && isMedia(message.type)) {
        show(*replay_, message); // the relay has not
    }
    if (gate_ && isMedia(message.type) && !opensGate(message)) {
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
    if (!origin_->send(bytes)) {
        originLost(OutcomeLost, origin_->failure(), false);
    }
    return true;
}

void Stream::flushUp() {
    OutputList& out = connection_.part().toOrigin();
    if (out.empty()) {
        return;
    }
    const bool sent = !origin_ || !origin_->isOpen() || origin_->send(out);
    out.clear();
    if (!sent) {
        originLost(OutcomeLost, origin_->failure(), false);
    }
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

// --- from the origin to the client ----------------------------------------------------------

void Stream::ready(int32_t, uint32_t events) noexcept {
    Connection::Entry entry(connection_);
    if (phase_ == Phase::Connecting) {
        onConnected();
    } else if ((events & EventWrite) != 0 && !origin_->flush()) {
        sendingFailed();
    } else if (connection_.closing()) {
        connection_.readClosing(*origin_);
    } else if ((events & (EventRead | EventHangup)) != 0 || origin_->hasBuffered()) {
        readOrigin();
    } else if (phase_ == Phase::Leaving && origin_->unsentBytes() == 0) {
        origin_->shutdownWrite();
    }
    connection_.conclude();
}

void Stream::readOrigin() {
    do {
        if (phase_ == Phase::Asking) {
            readAnswer();
        } else {
            readRelay();
        }
        connection_.conclude(); // before the buffer is filled again
    } while (origin_ && origin_->isOpen() && origin_->hasBuffered() && origin_->isReading() &&
             !connection_.closing());
}

void Stream::readRelay() {
    if (connection_.isClientTaken(*this)) {
        return;
    }
    LoopPart& part = connection_.part();
    const std::span<uint8_t> buffer = part.readBuffer();
    const Received received = origin_->receive(buffer);
    if (received.kind == Received::Data) {
        if (phase_ == Phase::Relay && role_ == RolePlay) {
            // An origin that pings an encoder which has long vanished says nothing of it.
            deadline(part.config().idleTimeoutUs);
        }
        relayDown(buffer.first(received.bytes));
    } else if (received.kind != Received::Nothing) {
        const bool orderly = received.kind == Received::Closed;
        originLost(OutcomeLost, orderly ? "closed the connection" : origin_->failure(), orderly);
    }
}

void Stream::relayDown(std::span<uint8_t> input) {
    const Detour* before = detour_.get();
    const FeedResult result = down_->relay(input, *this, connection_.part().toClient());
    if (phase_ != Phase::Relay && phase_ != Phase::Leaving) {
        return; // a message has ended the stream
    }
    if (detour_.get() != before) {
        startResume("the origin asked to go elsewhere", true);
        return;
    }
    if (fault_ != nullptr) {
        originLost(OutcomeProtocolError, std::exchange(fault_, nullptr), false);
        return;
    }
    if (const auto sequence = origin_->takeDueAck()) {
        sendUpNow(makeAcknowledgement(*sequence).message());
    }
    if (result.error != ChunkError::None) {
        originLost(OutcomeProtocolError, std::string(describe(result.error)), false);
    } else {
        flushUp();
    }
}

Next Stream::onMessage(const Message& message) {
    switch (message.type) {
    case MessageType::WindowAckSize:
        origin_->setAckWindow(parseControlNumber(message.payload).value_or(0));
        return Next::Continue;
    case MessageType::UserControl:
        onOriginUserControl(message);
        return Next::Continue;
    case MessageType::CommandAmf0:
    case MessageType::CommandAmf3:
        return onOriginCommand(message);
    default:
        return isControl(message.type) ? Next::Continue : onOriginMedia(message);
    }
}

void Stream::onOriginUserControl(const Message& message) {
    const auto event = parseUserControl(message.payload);
    if (!event) {
        return;
    }
    switch (event->event) {
    case UserEvent::PingRequest:
        sendUpNow(makeUserControl(UserEvent::PingResponse, event->value).message());
        return;
    case UserEvent::StreamEof:
        originEnded_ = originEnded_ || role_ == RolePlay;
        connection_.tellClient(makeUserControl(event->event, id_));
        return;
    case UserEvent::StreamBegin:
        originEnded_ = false;
        connection_.tellClient(makeUserControl(event->event, id_));
        return;
    case UserEvent::StreamDry:
    case UserEvent::StreamIsRecorded:
        connection_.tellClient(makeUserControl(event->event, id_));
        return;
    default:
        return; // ping responses, and events of players long gone
    }
}

Next Stream::onOriginCommand(const Message& message) {
    const auto command = parseCommand(message.type, message.payload);
    if (!command) {
        fault_ = "a command without a name";
        return Next::Stop;
    }
    if (const auto answer = parseAnswer(*command); answer && answer->kind == AnswerKind::Status) {
        const auto redirect = findRedirect(*answer);
        if (redirect && mayResume() && follow(*redirect)) {
            return Next::Stop;
        }
        noteStatus(*answer);
    }
    originEnded_ = originEnded_ || command->name == "close";
    Message mapped = message;
    mapped.streamId = message.streamId == 0 ? 0 : id_;
    if (!connection_.tellClient(mapped)) {
        fault_ = "commands pile up that the client does not take";
        return Next::Stop;
    }
    return Next::Continue;
}

/// An origin that says that the stream is over has not died.
void Stream::noteStatus(const Answer& answer) {
    static constexpr std::string_view Over[] = {
        "NetStream.Unpublish.Success",  "NetStream.Play.UnpublishNotify",
        "NetStream.Play.Stop",          "NetStream.Play.Complete",
        "NetConnection.Connect.Closed", "NetStream.Play.StreamNotFound"};
    for (const std::string_view code : Over) {
        originEnded_ = originEnded_ || answer.code == code;
    }
    originEnded_ = originEnded_ || answer.level == "error";
    if (answer.code == "NetStream.Play.PublishNotify" || answer.code == "NetStream.Play.Start") {
        originEnded_ = false;
    }
}

/// Media and data messages come here when they do not pass as bytes.
Next Stream::onOriginMedia(const Message& message) {
    Message mapped = message;
    mapped.streamId = id_;
    if (gate_) {
        const KeyFrameGate::Verdict verdict = gate_->show(message);
        const bool opens = verdict.open || gateIsOverdue();
        if (!verdict.pass && !opens) {
            return Next::Continue;
        }
        mapped.timestampMs += verdict.offsetMs;
        if (opens) {
            down_->setTimestampOffset(verdict.offsetMs);
            down_->captureAll(whole_);
            gate_.reset();
        }
    }
    if (!connection_.tellClient(mapped)) {
        fault_ = "messages pile up that the client does not take";
        return Next::Stop;
    }
    return Next::Continue;
}

void Stream::updateReading(bool clientTakes) {
    if ((phase_ == Phase::Relay || phase_ == Phase::Leaving) && origin_->isOpen()) {
        const bool wasReading = origin_->isReading();
        const bool reads = clientTakes && origin_->unsentBytes() <= MaxUnsentAnswers &&
                           !connection_.isClientTaken(*this);
        origin_->setReading(reads);
        if (reads && !wasReading && origin_->hasBuffered()) {
            readOrigin(); // nobody else would tell us of bytes that TLS has taken in
        }
    }
}

// --- the end --------------------------------------------------------------------------------

void Stream::leave(const Message& command) {
    if (!isRunning()) {
        end({CauseDone, SideClient, "the client gave the stream up"});
        connection_.streamsChanged();
        return;
    }
    std::vector<uint8_t> payload(command.payload.begin(), command.payload.end());
    if (const auto parsed = parseCommand(command.type, payload)) {
        if (parseDeleteStream(*parsed)) {
            setNumberArgument(payload, *parsed, 1, originId_);
        }
    }
    Message mapped = command;
    mapped.payload = payload;
    mapped.streamId = command.streamId == 0 ? 0 : originId_;
    sendUpNow(mapped);
    phase_ = Phase::Leaving; // its relays stay: this may be within one of them
    deadline(LeavingUs);
    flushUp();
    if (isLeaving() && origin_->unsentBytes() == 0) {
        origin_->shutdownWrite();
    }
    connection_.streamsChanged();
}

void Stream::endAfterWords(const Ending& ending) {
    if (connection_.isOnly(*this)) {
        connection_.closeAfterLastWords(ending.cause, ending.side, ending.detail);
        return;
    }
    end(ending);
    connection_.streamsChanged();
}

void Stream::tellEnd(const std::string& why) {
    if (down_) {
        down_->padPassed(connection_.part().toClient());
    }
    std::vector<uint8_t> payload;
    if (role_ == RolePublish) {
        appendOnStatus(payload, {"error", "NetConnection.Connect.Closed", why});
    } else {
        connection_.tellClient(makeUserControl(UserEvent::StreamEof, id_));
        appendOnStatus(payload, {"status", "NetStream.Play.UnpublishNotify", why});
    }
    connection_.tellClient(Message{CommandChunkStream, id_, 0, MessageType::CommandAmf0, payload});
}

void Stream::sendingFailed() {
    if (connection_.closing()) {
        origin_->close();
        connection_.readClosing(*origin_);
    } else if (phase_ == Phase::Asking) {
        originHungUp(origin_->failure());
    } else {
        originLost(OutcomeLost, origin_->failure(), false);
    }
}

Hop* Stream::closingOrigin(bool deliver) {
    if (!origin_ || !origin_->isOpen()) {
        return nullptr;
    }
    if (!deliver || (phase_ != Phase::Relay && phase_ != Phase::Leaving)) {
        origin_->close();
        return nullptr;
    }
    return &*origin_;
}

} // namespace srsproxy::rtmp
