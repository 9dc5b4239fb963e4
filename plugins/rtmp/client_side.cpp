#include "plugins/rtmp/client_side.h"

#include <algorithm>

namespace srsproxy::rtmp {
namespace {

/// What SRS announces, so clients behave as they do towards it.
constexpr uint32_t WindowBytes = 2'500'000;
/// Some clients cannot read a command that spans chunks, so this comes before any command.
constexpr uint32_t CommandChunkBytes = 60'000;
constexpr size_t MaxPreamble = 8;
constexpr uint32_t MaxStreamsCreated = 16;

} // namespace

std::string StreamRequest::url() const {
    // A query of tcUrl (`rtmp://h/app?vhost=v`) belongs behind the name, not between.
    const size_t mark = std::min(tcUrl.find('?'), tcUrl.size());
    std::string url = tcUrl.substr(0, mark);
    const std::string query = tcUrl.substr(mark);
    while (url.ends_with('/')) {
        url.pop_back();
    }
    url += "/" + streamName;
    if (query.size() > 1) {
        url += (streamName.find('?') == std::string::npos ? '?' : '&') + query.substr(1);
    }
    return url;
}

ClientSide::Progress ClientSide::fail(std::string_view why) {
    failure_ = why;
    return Progress::Failed;
}

ClientSide::Progress ClientSide::feed(std::span<uint8_t> input, size_t& consumed,
                                      std::vector<uint8_t>& out) {
    const size_t size = input.size();
    consumed = size;
    if (step_ != Step::Commands) {
        if (readHandshake(input, out) == Progress::Failed) {
            return Progress::Failed;
        }
        if (step_ != Step::Commands) {
            return Progress::Working;
        }
    }
    out_ = &out;
    const FeedResult result = reader_.feed(input, static_cast<MessageVisitor&>(*this));
    out_ = nullptr;
    consumed = size - input.size() + result.consumed;
    if (result.error != ChunkError::None) {
        return fail(describe(result.error));
    }
    if (!failure_.empty()) {
        return Progress::Failed;
    }
    return request_.role == RoleUnknown ? Progress::Working : Progress::Requested;
}

ClientSide::Progress ClientSide::readHandshake(std::span<uint8_t>& input,
                                               std::vector<uint8_t>& out) {
    if (step_ == Step::C0C1) {
        if (block_.empty() && !input.empty()) {
            if (const HandshakeError error = checkVersion(input[0]);
                error != HandshakeError::None) {
                return fail(describe(error));
            }
        }
        const size_t taken = std::min(input.size(), C0C1Bytes - block_.size());
        block_.insert(block_.end(), input.begin(),
                      input.begin() + static_cast<std::ptrdiff_t>(taken));
        input = input.subspan(taken);
        if (block_.size() < C0C1Bytes) {
            return Progress::Working;
        }
        const size_t at = out.size();
        out.resize(at + S0S1S2Bytes);
        const HandshakeAnswer answer =
            answerC0C1(std::span<const uint8_t, C0C1Bytes>(block_), random_,
                       std::span<uint8_t, S0S1S2Bytes>(out.data() + at, S0S1S2Bytes));
        std::vector<uint8_t>().swap(block_);
        if (answer.error != HandshakeError::None) {
            out.resize(at);
            return fail(describe(answer.error));
        }
        step_ = Step::C2;
    }
    const size_t taken = std::min(input.size(), C2Bytes - c2Bytes_);
    c2Bytes_ += taken;
    input = input.subspan(taken);
    if (c2Bytes_ == C2Bytes) {
        step_ = Step::Commands;
    }
    return Progress::Working;
}

Next ClientSide::onMessage(const Message& message) {
    if (isControl(message.type)) {
        onControl(message);
        return Next::Continue;
    }
    // Media or data before publish is nobody's: some encoders send metadata early.
    return isCommand(message.type) ? onCommand(message) : Next::Continue;
}

void ClientSide::onControl(const Message& message) {
    if (message.type == MessageType::WindowAckSize) {
        request_.ackWindowBytes = parseControlNumber(message.payload).value_or(0);
    }
    if (message.type != MessageType::UserControl) {
        return;
    }
    const auto event = parseUserControl(message.payload);
    if (!event) {
        return;
    }
    if (event->event == UserEvent::PingRequest) {
        writer_.write(makeUserControl(UserEvent::PingResponse, event->value), *out_);
    } else if (event->event == UserEvent::SetBufferLength && event->hasExtra) {
        request_.bufferMs = event->extra;
    }
}

Next ClientSide::onCommand(const Message& message) {
    const auto command = parseCommand(message.type, message.payload);
    if (!command) {
        failure_ = "a command without a name";
        return Next::Stop;
    }
    if (command->name == "connect") {
        return onConnect(*command);
    }
    if (!connected_) {
        failure_ = "a command before connect";
        return Next::Stop;
    }
    if (command->name == "publish") {
        const auto publish = parsePublish(*command);
        return onStart(message, publish ? publish->streamName : "", RolePublish);
    }
    if (command->name == "play") {
        const auto play = parsePlay(*command);
        return onStart(message, play ? play->streamName : "", RolePlay);
    }

    std::vector<uint8_t> payload;
    if (command->name == "createStream") {
        if (nextStreamId_ > MaxStreamsCreated) {
            failure_ = "too many createStream commands";
            return Next::Stop;
        }
        appendCreateStreamResult(payload, command->transactionId, nextStreamId_++);
    } else {
        if ((command->name == "releaseStream" || command->name == "FCPublish") &&
            message.type == MessageType::CommandAmf0 && request_.preamble.size() < MaxPreamble) {
            request_.preamble.emplace_back(message.payload.begin(), message.payload.end());
        }
        if (command->transactionId == 0) {
            return Next::Continue; // asks for no answer
        }
        appendEmptyResult(payload, command->transactionId);
    }
    answer(payload);
    return Next::Continue;
}

Next ClientSide::onConnect(const Command& command) {
    const auto connect = parseConnect(command);
    std::vector<uint8_t> payload;
    if (connected_ || !connect || connect->tcUrl.empty()) {
        failure_ = connected_ ? "a second connect" : "a connect without tcUrl";
        appendError(payload, command.transactionId,
                    {"error", "NetConnection.Connect.Rejected", failure_});
        answer(payload);
        return Next::Stop;
    }
    connected_ = true;
    request_.tcUrl = connect->tcUrl;
    request_.connectObject.assign(connect->object.begin(), connect->object.end());

    writer_.write(makeWindowAckSize(WindowBytes), *out_);
    writer_.write(makeSetPeerBandwidth(WindowBytes, BandwidthLimit::Dynamic), *out_);
    writer_.write(makeSetChunkSize(CommandChunkBytes), *out_);
    appendConnectResult(payload, command.transactionId, {}, connect->objectEncoding);
    answer(payload);
    return Next::Continue;
}

Next ClientSide::onStart(const Message& message, std::string_view streamName, int32_t role) {
    request_.role = role;
    request_.streamName = streamName;
    request_.streamId = message.streamId;
    request_.startType = message.type;
    request_.start.assign(message.payload.begin(), message.payload.end());
    return Next::Stop;
}

void ClientSide::answer(const std::vector<uint8_t>& payload, uint32_t streamId) {
    writer_.write(Message{CommandChunkStream, streamId, 0, MessageType::CommandAmf0, payload},
                  *out_);
}

} // namespace srsproxy::rtmp
