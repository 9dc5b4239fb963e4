#include "plugins/rtmp/client_side.h"

#include <algorithm>
#include <utility>

namespace srsproxy::rtmp {
namespace {

/// What SRS announces, so clients behave as they do towards it.
constexpr uint32_t WindowBytes = 2'500'000;
/// Some clients cannot read a command that spans chunks, so this comes before any command.
constexpr uint32_t CommandChunkBytes = 60'000;
constexpr size_t MaxPreamble = 8;

/// The views of a command point into it.
struct StoredConnect {
    explicit StoredConnect(std::span<const uint8_t> object) {
        appendConnect(payload, 0, object);
        if (const auto command = parseCommand(MessageType::CommandAmf0, payload)) {
            parsed = parseConnect(*command);
        }
    }
    std::vector<uint8_t> payload;
    std::optional<ConnectCommand> parsed;
};

} // namespace

std::string_view StreamRequest::streamName() const {
    const auto command = parseCommand(startType, start);
    if (!command) {
        return {};
    }
    return stringArgument(*command, 1).value_or(std::string_view{});
}

std::string streamUrl(std::string_view tcUrl, std::string_view streamName) {
    // A query of tcUrl (`rtmp://h/app?vhost=v`) belongs behind the name, not between.
    const size_t mark = std::min(tcUrl.find('?'), tcUrl.size());
    std::string url(tcUrl.substr(0, mark));
    std::string_view query = tcUrl.substr(mark);
    // The default instance of an application says nothing, and would be taken for a stream there.
    constexpr std::string_view DefaultInstance = "/_definst_";
    if (query.ends_with(DefaultInstance)) {
        query.remove_suffix(DefaultInstance.size());
    }
    while (url.ends_with('/')) {
        url.pop_back();
    }
    url.append("/").append(streamName);
    if (query.size() > 1) {
        url += streamName.find('?') == std::string_view::npos ? '?' : '&';
        url += query.substr(1);
    }
    return url;
}

std::string ClientSide::tcUrl() const {
    const StoredConnect connect(connectObject_);
    return connect.parsed ? std::string(connect.parsed->tcUrl) : std::string();
}

Next ClientSide::fail(const char* why) {
    failure_ = why;
    return Next::Stop;
}

Next ClientSide::onCommand(const Message& message) {
    const auto command = parseCommand(message.type, message.payload);
    if (!command) {
        return fail("a command without a name");
    }
    if (command->name == "connect") {
        return onConnect(*command);
    }
    if (!connected()) {
        return fail("a command before connect");
    }
    if (command->name == "publish") {
        return onStart(message, RolePublish);
    }
    if (command->name == "play") {
        return onStart(message, RolePlay);
    }
    if (command->name == "deleteStream") {
        const uint32_t streamId = parseDeleteStream(*command).value_or(message.streamId);
        created_ -= created_ == 0 ? 0 : 1;
        return requests_.leave(streamId, message);
    }
    if (command->name == "closeStream") {
        return requests_.leave(message.streamId, message);
    }
    if (command->name == "createStream") {
        onCreateStream(*command);
    } else {
        onOther(message, *command);
    }
    return Next::Continue;
}

Next ClientSide::onConnect(const Command& command) {
    const auto connect = parseConnect(command);
    if (connected() || !connect || connect->tcUrl.empty()) {
        const char* why = connected() ? "a second connect" : "a connect without tcUrl";
        std::vector<uint8_t> payload;
        appendError(payload, command.transactionId,
                    {"error", "NetConnection.Connect.Rejected", why});
        send(0, payload);
        return fail(why);
    }
    connectObject_.assign(connect->object.begin(), connect->object.end());
    connectTransaction_ = command.transactionId;
    if (wantsEnhanced(connectObject_)) {
        return requests_.offerWanted();
    }
    answerConnect({});
    return Next::Continue;
}

void ClientSide::answerConnect(const Capabilities& offer) {
    const StoredConnect connect(connectObject_);
    requests_.answer(makeWindowAckSize(WindowBytes).message());
    requests_.answer(makeSetPeerBandwidth(WindowBytes, BandwidthLimit::Dynamic).message());
    requests_.answer(makeSetChunkSize(CommandChunkBytes).message());
    std::vector<uint8_t> payload;
    appendConnectResult(payload, connectTransaction_,
                        connect.parsed ? connect.parsed->objectEncoding : 0, offer);
    send(0, payload);
}

void ClientSide::onCreateStream(const Command& command) {
    std::vector<uint8_t> payload;
    if (created_ >= maxStreams_) {
        appendError(payload, command.transactionId,
                    {"error", "NetConnection.Call.Failed",
                     "this connection has as many streams as max_streams allows"});
    } else {
        ++created_;
        appendCreateStreamResult(payload, command.transactionId, ++lastStreamId_);
    }
    send(0, payload);
}

void ClientSide::onOther(const Message& message, const Command& command) {
    if (command.name == "releaseStream" || command.name == "FCPublish") {
        // They name a stream that is yet to come; many origins never answer them.
        if (preamble_.size() < MaxPreamble) {
            const std::span<const uint8_t> body = asAmf0(message.type, message.payload);
            preamble_.emplace_back(body.begin(), body.end());
        }
    } else if (requests_.forward(message, command)) {
        return;
    }
    if (command.transactionId != 0) { // else it asks for no answer
        std::vector<uint8_t> payload;
        appendEmptyResult(payload, command.transactionId);
        send(0, payload);
    }
}

Next ClientSide::onStart(const Message& message, int32_t role) {
    StreamRequest request;
    request.role = role;
    request.streamId = message.streamId;
    request.startType = message.type;
    request.start.assign(message.payload.begin(), message.payload.end());
    request.preamble = std::exchange(preamble_, {});
    request.bufferMs = std::exchange(bufferMs_, std::nullopt);
    return requests_.start(std::move(request));
}

void ClientSide::send(uint32_t streamId, std::span<const uint8_t> payload) {
    requests_.answer(Message{CommandChunkStream, streamId, 0, MessageType::CommandAmf0, payload});
}

} // namespace srsproxy::rtmp
