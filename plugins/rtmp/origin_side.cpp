#include "plugins/rtmp/origin_side.h"

#include <algorithm>

namespace srsproxy::rtmp {
namespace {

/// Transaction ids of ours, also for the client's own releaseStream and FCPublish: an answer to
/// these must not be taken for one to createStream, whatever ids the client chose.
constexpr double ConnectTransaction = 1;
constexpr double CreateStreamTransaction = 9'001;
constexpr double PreambleTransaction = 9'002; ///< and up
constexpr size_t MaxHeldBytes = 256 * 1024;

void keepBody(const Message& command, std::vector<uint8_t>& kept) {
    const std::span<const uint8_t> body = asAmf0(command.type, command.payload);
    kept.assign(body.begin(), body.end());
}

std::optional<Redirect> redirectIn(std::span<const uint8_t> payload) {
    const auto command = parseCommand(MessageType::CommandAmf0, payload);
    const auto answer = command ? parseAnswer(*command) : std::nullopt;
    return answer ? findRedirect(*answer) : std::nullopt;
}

} // namespace

void OriginSide::begin(std::vector<uint8_t>& out) {
    const size_t at = out.size();
    out.resize(at + C0C1Bytes);
    makeC0C1(random_, std::span<uint8_t, C0C1Bytes>(out.data() + at, C0C1Bytes));
}

OriginSide::Progress OriginSide::feed(std::span<uint8_t> input, size_t& consumed,
                                      std::vector<uint8_t>& out) {
    const size_t size = input.size();
    consumed = size;
    out_ = &out;
    if (step_ == Step::Handshake) {
        const std::span<const uint8_t> s0s1 = s0s1_.take(input, C0C1Bytes);
        if (s0s1.empty()) {
            return Progress::Working;
        }
        const size_t at = out.size();
        out.resize(at + C2Bytes);
        const HandshakeError error = answerS0S1(
            s0s1.first<C0C1Bytes>(), std::span<uint8_t, C2Bytes>(out.data() + at, C2Bytes));
        s0s1_.release();
        if (error != HandshakeError::None) {
            out.resize(at);
            fail(describe(error));
            return progress_;
        }
        step_ = Step::S2;
        sendConnect();
    }
    // S2 may come after the connect has gone out; the commands follow it.
    const size_t taken = std::min(input.size(), HandshakeBlockBytes - s2Bytes_);
    s2Bytes_ += taken;
    input = input.subspan(taken);
    if (s2Bytes_ < HandshakeBlockBytes) {
        return Progress::Working;
    }
    if (step_ == Step::S2) {
        step_ = Step::Connect;
    }
    const FeedResult result = reader_.feed(input, static_cast<MessageVisitor&>(*this));
    out_ = nullptr;
    consumed = size - input.size() + result.consumed;
    if (result.error != ChunkError::None) {
        fail(describe(result.error));
    }
    return progress_;
}

Next OriginSide::onMessage(const Message& message) {
    switch (message.type) {
    case MessageType::WindowAckSize:
        ackWindowBytes_ = parseControlNumber(message.payload).value_or(0);
        return Next::Continue;
    case MessageType::UserControl:
        return onUserControl(message);
    case MessageType::CommandAmf0:
    case MessageType::CommandAmf3:
        return onCommand(message);
    case MessageType::Audio:
    case MessageType::Video:
    case MessageType::Aggregate:
        if (step_ == Step::Start && request_.role == RolePlay) {
            // Media without a status before it: a yes all the same.
            if (hold(message) == Next::Continue) {
                progress_ = Progress::Accepted;
            }
            return Next::Stop;
        }
        return Next::Continue;
    case MessageType::DataAmf0:
    case MessageType::DataAmf3:
        return hold(message);
    default:
        return Next::Continue;
    }
}

Next OriginSide::onUserControl(const Message& message) {
    const auto event = parseUserControl(message.payload);
    if (!event) {
        return Next::Continue;
    }
    if (event->event == UserEvent::PingRequest) {
        writer_.write(makeUserControl(UserEvent::PingResponse, event->value), *out_);
    } else if (step_ == Step::Start && event->event <= UserEvent::StreamIsRecorded &&
               event->event != UserEvent::SetBufferLength) {
        return hold(message);
    }
    return Next::Continue;
}

Next OriginSide::onCommand(const Message& message) {
    const auto command = parseCommand(message.type, message.payload);
    if (!command) {
        return fail("the origin sent a command without a name");
    }
    if (const auto answer = parseAnswer(*command)) {
        return onAnswer(message, *answer);
    }
    if (command->name == "close") {
        return decline(message, Answer{});
    }
    if (step_ == Step::Start && command->name == "onFCPublish") {
        return hold(message);
    }
    return Next::Continue; // onBWDone and the like: nothing that the client waits for
}

Next OriginSide::onAnswer(const Message& message, const Answer& answer) {
    switch (answer.kind) {
    case AnswerKind::Result:
        if (step_ == Step::Connect && answer.transactionId == ConnectTransaction) {
            capabilities_ = parseCapabilities(answer.properties, answer.info);
            sendCreateStream();
        } else if (step_ == Step::CreateStream && answer.transactionId == CreateStreamTransaction) {
            if (!answer.streamId) {
                return fail("the origin's answer to createStream has no stream id");
            }
            streamId_ = *answer.streamId;
            sendStart();
        }
        return Next::Continue;
    case AnswerKind::Error:
        // An error to releaseStream or FCPublish is no refusal: publish will tell.
        if ((step_ == Step::Connect && answer.transactionId == ConnectTransaction) ||
            (step_ == Step::CreateStream && answer.transactionId == CreateStreamTransaction) ||
            (step_ == Step::Start && startTransaction_ != 0 &&
             answer.transactionId == startTransaction_)) {
            return decline(message, answer);
        }
        return Next::Continue;
    case AnswerKind::Status:
        return onStatus(message, answer);
    }
    return Next::Continue;
}

Next OriginSide::onStatus(const Message& message, const Answer& answer) {
    if (answer.level == "error") {
        if (step_ == Step::Start) {
            if (hold(message) == Next::Stop) {
                return Next::Stop;
            }
            refusal_.toldByStatus = true;
        }
        return decline(message, answer);
    }
    if (const auto redirect = findRedirect(answer);
        redirect && redirect->kind == RedirectKind::Reconnect) {
        keepBody(message, reconnectCommand_);
        return hold(message);
    }
    if (step_ != Step::Start) {
        return Next::Continue;
    }
    if (hold(message) == Next::Stop) {
        return Next::Stop;
    }
    const std::string_view accepted =
        request_.role == RolePublish ? "NetStream.Publish.Start" : "NetStream.Play.Start";
    if (answer.code != accepted) {
        return Next::Continue;
    }
    progress_ = Progress::Accepted;
    return Next::Stop;
}

Next OriginSide::decline(const Message& message, const Answer& answer) {
    refusal_.code = answer.code;
    refusal_.description = answer.description;
    keepBody(message, refusalCommand_);
    if (!refusal_.toldByStatus && findRedirect(answer)) {
        // The client's own connect was answered long ago: it is told as a status of the stream.
        Held& told = held_.emplace_back();
        told.type = MessageType::CommandAmf0;
        told.forStream = true;
        appendCall(told.payload, "onStatus", 0, answer.info);
        refusal_.toldByStatus = true;
    }
    progress_ = Progress::Declined;
    return Next::Stop;
}

std::optional<Redirect> OriginSide::redirect() const {
    return redirectIn(refusalCommand_);
}

std::optional<Redirect> OriginSide::reconnect() const {
    return redirectIn(reconnectCommand_);
}

Next OriginSide::fail(std::string_view why) {
    failure_ = why;
    progress_ = Progress::Failed;
    return Next::Stop;
}

Next OriginSide::hold(const Message& message) {
    heldBytes_ += sizeof(Held) + message.payload.size(); // an empty message costs memory, too
    if (heldBytes_ > MaxHeldBytes) {
        return fail("the origin sent too much before it accepted the stream");
    }
    held_.push_back({message.type,
                     message.streamId != 0,
                     message.timestampMs,
                     {message.payload.begin(), message.payload.end()}});
    return Next::Continue;
}

void OriginSide::sendConnect() {
    std::vector<uint8_t> payload;
    appendConnect(payload, ConnectTransaction, connectObject_);
    command(MessageType::CommandAmf0, 0, payload);
}

void OriginSide::sendCreateStream() {
    step_ = Step::CreateStream;
    double transaction = PreambleTransaction;
    for (std::vector<uint8_t> copy : request_.preamble) {
        if (const auto parsed = parseCommand(MessageType::CommandAmf0, copy)) {
            setTransactionId(copy, *parsed, transaction++);
        }
        command(MessageType::CommandAmf0, 0, copy);
    }
    std::vector<uint8_t> payload;
    appendCall(payload, "createStream", CreateStreamTransaction);
    command(MessageType::CommandAmf0, 0, payload);
}

void OriginSide::sendStart() {
    step_ = Step::Start;
    if (const auto parsed = parseCommand(request_.startType, request_.start)) {
        startTransaction_ = parsed->transactionId;
    }
    command(request_.startType, streamId_, request_.start);
    if (request_.bufferMs) {
        writer_.write(makeSetBufferLength(streamId_, *request_.bufferMs), *out_);
    }
}

void OriginSide::command(uint8_t type, uint32_t streamId, std::span<const uint8_t> payload) {
    writer_.write(Message{CommandChunkStream, streamId, 0, type, payload}, *out_);
}

} // namespace srsproxy::rtmp
