/// The running stream: what its origin says, on its way to the client.

#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {

void Stream::ready(int32_t, uint32_t events) noexcept {
    Connection::Entry entry(connection_);
    if (phase_ == Phase::Connecting) {
        onConnected();
    } else if ((events & EventWrite) != 0 && !origin_->flush()) {
        sendingFailed();
    } else if (connection_.closing()) {
        connection_.readClosing(*origin_);
    } else if ((events & EventHangup) != 0 && connection_.isClientTaken(*this)) {
        originLost(OutcomeLost, "hung up", false); // it cannot be read now, nor be ignored
    } else if ((events & (EventRead | EventHangup)) != 0 || origin_->hasBuffered()) {
        readOrigin();
    } else if (phase_ == Phase::Leaving && origin_->unsentBytes() == 0) {
        origin_->shutdownWrite();
    }
    connection_.conclude();
}

void Stream::readOrigin() {
    readOnce(false);
    connection_.conclude(); // before the buffer is filled again
    // What TLS has taken in already is not announced again.
    while (origin_ && origin_->isOpen() && origin_->hasBuffered() && origin_->isReading() &&
           !connection_.closing()) {
        readOnce(true);
        connection_.conclude();
    }
}

void Stream::readOnce(bool bufferedOnly) {
    if (phase_ == Phase::Asking) {
        readAnswer(bufferedOnly);
    } else {
        readRelay(bufferedOnly);
    }
}

void Stream::readRelay(bool bufferedOnly) {
    if (connection_.isClientTaken(*this)) {
        return;
    }
    LoopPart& part = connection_.part();
    const std::span<uint8_t> buffer = part.readBuffer();
    const Received received =
        bufferedOnly ? origin_->receiveBuffered(buffer) : origin_->receive(buffer);
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
        padDown();
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
        if (redirect && mayResume() &&
            (!down_->insidePassed() || down_->missingBytes() <= MaxPaddingBytes) &&
            follow(*redirect)) {
            return Next::Stop;
        }
        noteStatus(*answer);
    }
    originEnded_ = originEnded_ || command->name == "close";
    if (!connection_.speaksFor(*this)) {
        return Next::Continue; // another stream has its number now
    }
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
    const bool ofTheStream =
        answer.code.starts_with(role_ == RolePublish ? "NetStream.Publish." : "NetStream.Play.") ||
        answer.code.starts_with("NetConnection.");
    originEnded_ = originEnded_ || (ofTheStream && answer.level == "error");
    if (answer.code == "NetStream.Play.PublishNotify" || answer.code == "NetStream.Play.Start") {
        originEnded_ = false;
    }
}

/// Media and data messages come here when they do not pass as bytes.
Next Stream::onOriginMedia(const Message& message) {
    if (!connection_.speaksFor(*this)) {
        return Next::Continue;
    }
    Message mapped = message;
    mapped.streamId = id_;
    if (gate_ && role_ == RolePlay) {
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
    if (whole_) {
        countClientBytes(0, message.payload.size());
    }
    if (!connection_.tellClient(mapped)) {
        fault_ = "messages pile up that the client does not take";
        return Next::Stop;
    }
    return Next::Continue;
}

void Stream::updateReading() {
    if ((phase_ == Phase::Relay || phase_ == Phase::Leaving) && origin_->isOpen()) {
        const bool wasReading = origin_->isReading();
        const bool reads = connection_.client().unsentBytes() == 0 &&
                           origin_->unsentBytes() <= MaxUnsentAnswers &&
                           !connection_.isClientTaken(*this);
        origin_->setReading(reads);
        if (reads && !wasReading && origin_->hasBuffered()) {
            readOnce(true); // nobody else would tell us of bytes that TLS has taken in
            connection_.conclude();
        }
    }
}

} // namespace srsproxy::rtmp
