#include "plugins/rtmp/relay_pair.h"

#include <vector>

namespace srsproxy::rtmp {

RelayPair::Direction::Direction(RelayPair& pair, Hop& from, uint32_t fromStream, Hop& to,
                                uint32_t toStream)
    : pair_(pair), from_(from), to_(to), fromStream_(fromStream), toStream_(toStream),
      chunks_(from.reader, to.writer) {
    chunks_.mapStream(fromStream, toStream);
    // Encoders are known that send media on another stream than the one they publish on.
    chunks_.setFallback(toStream);
}

bool RelayPair::Direction::relay(std::span<uint8_t> input, OutputList& toOther, OutputList& back) {
    toOther_ = &toOther;
    back_ = &back;
    const FeedResult result = chunks_.relay(input, *this, toOther);
    if (const auto sequence = from_.takeDueAck()) {
        pair_.opposite(*this).chunks_.inject(makeAcknowledgement(*sequence), back);
    }
    toOther_ = nullptr;
    back_ = nullptr;
    if (result.error != ChunkError::None) {
        pair_.failure_ = describe(result.error);
        return false;
    }
    return pair_.failure_.empty();
}

Next RelayPair::Direction::onMessage(const Message& message) {
    switch (message.type) {
    case MessageType::WindowAckSize:
        from_.setAckWindow(parseControlNumber(message.payload).value_or(0));
        return Next::Continue;
    case MessageType::UserControl:
        onUserControl(message);
        return Next::Continue;
    case MessageType::CommandAmf0:
    case MessageType::CommandAmf3:
        return onCommand(message);
    default:
        return Next::Continue; // the hop's own business, done
    }
}

void RelayPair::Direction::onUserControl(const Message& message) {
    const auto event = parseUserControl(message.payload);
    if (!event) {
        return;
    }
    switch (event->event) {
    case UserEvent::PingRequest:
        pair_.opposite(*this).chunks_.inject(makeUserControl(UserEvent::PingResponse, event->value),
                                             *back_);
        return;
    case UserEvent::SetBufferLength:
        chunks_.inject(makeSetBufferLength(toStream_, event->extra), *toOther_);
        return;
    case UserEvent::StreamBegin:
    case UserEvent::StreamEof:
    case UserEvent::StreamDry:
    case UserEvent::StreamIsRecorded:
        chunks_.inject(makeUserControl(event->event, toStream_), *toOther_);
        return;
    default:
        return; // ping responses, and events of players long gone
    }
}

Next RelayPair::Direction::onCommand(const Message& message) {
    const auto command = parseCommand(message.type, message.payload);
    if (!command) {
        pair_.failure_ = "a command without a name";
        return Next::Stop;
    }
    if (command->name == "createStream" || command->name == "publish" || command->name == "play") {
        refuse(message, *command);
        return Next::Continue;
    }
    std::vector<uint8_t> payload(message.payload.begin(), message.payload.end());
    if (const auto deleted = parseDeleteStream(*command); deleted && *deleted == fromStream_) {
        setNumberArgument(payload, *command, 1, toStream_);
    }
    const uint32_t streamId = message.streamId == 0 ? 0 : toStream_;
    if (!chunks_.inject(Message{message.csid, streamId, message.timestampMs, message.type, payload},
                        *toOther_)) {
        pair_.failure_ = "commands pile up that the other side does not take";
        return Next::Stop;
    }
    return Next::Continue;
}

void RelayPair::Direction::refuse(const Message& message, const Command& command) {
    constexpr std::string_view Why = "this proxy carries one stream for each connection";
    std::vector<uint8_t> payload;
    if (command.name == "createStream") {
        appendError(payload, command.transactionId, {"error", "NetConnection.Call.Failed", Why});
    } else if (command.name == "publish") {
        appendOnStatus(payload, {"error", "NetStream.Publish.Rejected", Why});
    } else {
        appendOnStatus(payload, {"error", "NetStream.Play.Failed", Why});
    }
    pair_.opposite(*this).chunks_.inject(
        Message{CommandChunkStream, message.streamId, 0, MessageType::CommandAmf0, payload},
        *back_);
}

RelayPair::RelayPair(Hop& client, uint32_t clientStream, Hop& origin, uint32_t originStream)
    : clientStream_(clientStream), up_(*this, client, clientStream, origin, originStream),
      down_(*this, origin, originStream, client, clientStream) {}

bool RelayPair::fromClient(std::span<uint8_t> input, OutputList& toOther, OutputList& back) {
    return up_.relay(input, toOther, back);
}

bool RelayPair::fromOrigin(std::span<uint8_t> input, OutputList& toOther, OutputList& back) {
    return down_.relay(input, toOther, back);
}

void RelayPair::tellEnd(std::string_view level, std::string_view code, std::string_view description,
                        OutputList& toClient) {
    if (!down_.chunks().atChunkBoundary()) {
        return;
    }
    std::vector<uint8_t> payload;
    appendOnStatus(payload, {level, code, description});
    down_.chunks().inject(makeUserControl(UserEvent::StreamEof, clientStream_), toClient);
    down_.chunks().inject(
        Message{CommandChunkStream, clientStream_, 0, MessageType::CommandAmf0, payload}, toClient);
}

} // namespace srsproxy::rtmp
