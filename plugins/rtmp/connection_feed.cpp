/// What the client says: read, taken apart as far as needed, and led to where it belongs.

#include <algorithm>
#include <cerrno>
#include <utility>

#include "plugins/rtmp/connection.h"

namespace srsproxy::rtmp {
namespace {

/// Without an origin what comes must be kept: in small steps, as there is a limit to that. And
/// before the relay the client has little to say.
constexpr size_t SetupReadBytes = 16 * 1024;

} // namespace

void Connection::readClient() {
    readOnce(false);
    // What TLS has taken in already is not announced again.
    while (!finished_ && !closing() && client_.hasBuffered() && client_.isReading()) {
        conclude();
        if (!finished_ && !closing() && client_.hasBuffered() && client_.isReading()) {
            readOnce(true);
        }
    }
}

void Connection::readOnce(bool bufferedOnly) {
    Stream* only = theOnly();
    const bool resuming = only != nullptr && only->isResuming();
    const std::span<const iovec> space =
        only != nullptr && !resuming && !bufferedOnly ? only->space() : std::span<const iovec>();
    const std::span<uint8_t> buffer = part_.readBuffer().first(
        isWaiting() || isNaming() || resuming ? SetupReadBytes : part_.readBuffer().size());
    const Received received = bufferedOnly    ? client_.receiveBuffered(buffer)
                              : space.empty() ? client_.receive(buffer)
                                              : client_.receive(space);
    if (received.kind == Received::Nothing) {
        return;
    }
    if (received.kind != Received::Data) {
        clientGone(received.kind == Received::Closed,
                   received.kind == Received::Closed ? "closed the connection" : client_.failure());
        return;
    }
    if (space.empty()) {
        feed(buffer.first(received.bytes));
    } else {
        only->received(received.bytes);
        size_t left = received.bytes;
        for (const iovec& piece : space) {
            const size_t size = std::min(left, piece.iov_len);
            left -= size;
            feed({static_cast<uint8_t*>(piece.iov_base), size});
        }
    }
    if (const auto sequence = client_.takeDueAck(); sequence && !finished_ && !closing()) {
        tellClient(makeAcknowledgement(*sequence));
    }
    if (Stream* stream = primary()) {
        stream->flushUp();
    }
    if (isNaming() && client_.bytesReceived() > part_.config().maxPrepublishBytes) {
        closeAfterLastWords(CauseLimit, SideClient,
                            "more than max_prepublish before a publish or play");
    }
}

bool Connection::isNaming() {
    const Stream* only = theOnly();
    return only != nullptr && only->phase() == Stream::Phase::Unnamed;
}

/// The client's next bytes are for later: its connect or its only stream waits for an answer.
bool Connection::isWaiting() {
    const Stream* only = theOnly();
    return inquiry_ != nullptr || (only != nullptr && only->isSettingUp());
}

void Connection::resumeFeeding() {
    std::vector<uint8_t> input;
    input.swap(leftover_);
    feed(input);
    if (Stream* stream = primary()) {
        stream->flushUp();
    }
}

void Connection::feed(std::span<uint8_t> input) {
    while (!input.empty() && !finished_ && !closing()) {
        if (isWaiting()) {
            leftover_.insert(leftover_.end(), input.begin(), input.end());
            return;
        }
        changed_ = false;
        input = input.subspan(feedOnce(input));
        if (clientSide_.failure() != nullptr) {
            closeAfterLastWords(CauseProtocolError, SideClient, clientSide_.failure());
        }
    }
}

/// Feeds as far as the one who reads now goes.
size_t Connection::feedOnce(std::span<uint8_t> input) {
    const size_t size = input.size();
    if (handshake_) {
        feedHandshake(input);
        return size - input.size();
    }
    Stream* only = theOnly();
    Stream* stream = primary();
    FeedResult result;
    if (stream != nullptr) {
        result = stream->relayUp(input, *this);
    } else if (only != nullptr && only->isResuming()) {
        result = only->keep(input, *this);
    } else {
        result = client_.reader.feed(input, static_cast<MessageVisitor&>(*this));
    }
    if (result.error != ChunkError::None) {
        closeAfterLastWords(CauseProtocolError, SideClient, std::string(describe(result.error)));
    }
    return result.consumed;
}

void Connection::feedHandshake(std::span<uint8_t>& input) {
    std::vector<uint8_t>& answer = part_.scratch();
    const bool sound = handshake_->feed(input, answer);
    if (!sound) {
        closeAfterLastWords(CauseProtocolError, SideClient, handshake_->failure());
        return;
    }
    if (!answer.empty() && !client_.send(answer)) {
        clientGone(false, client_.failure());
        return;
    }
    if (handshake_->done()) {
        handshake_.reset();
    }
}

// --- messages -------------------------------------------------------------------------------

Next Connection::onMessage(const Message& message) {
    switch (message.type) {
    case MessageType::WindowAckSize:
        client_.setAckWindow(parseControlNumber(message.payload).value_or(0));
        return Next::Continue;
    case MessageType::UserControl:
        onUserControl(message);
        return Next::Continue;
    case MessageType::CommandAmf0:
    case MessageType::CommandAmf3: {
        const Next next = clientSide_.onCommand(message);
        return changed_ || finished_ || closing() ? Next::Stop : next;
    }
    default:
        return isControl(message.type) ? Next::Continue : onMedia(message);
    }
}

void Connection::onUserControl(const Message& message) {
    const auto event = parseUserControl(message.payload);
    if (!event) {
        return;
    }
    if (event->event == UserEvent::PingRequest) {
        tellClient(makeUserControl(UserEvent::PingResponse, event->value));
    } else if (event->event == UserEvent::SetBufferLength && event->hasExtra) {
        Stream* stream = find(event->value);
        stream = stream != nullptr ? stream : theOnly();
        if (stream != nullptr && (stream->isRunning() || stream->isSettingUp())) {
            stream->sendBufferLength(event->extra);
        } else {
            clientSide_.onBufferLength(event->extra);
        }
    }
}

/// Media and data messages come here when they do not pass as bytes.
Next Connection::onMedia(const Message& message) {
    Stream* stream = find(message.streamId);
    // Encoders are known that send media on another stream than the one they publish on.
    stream = stream != nullptr ? stream : theOnly();
    if (stream != nullptr && stream->phase() != Stream::Phase::Unnamed) {
        stream->sendUp(message);
    }
    return changed_ || finished_ || closing() ? Next::Stop : Next::Continue;
}

void Connection::answer(const Message& message) {
    tellClient(message);
}

Next Connection::offerWanted() {
    changed_ = true;
    deadlineUs_ = part_.loop().nowUs() + part_.config().handshakeTimeoutUs;
    inquiry_ = part_.inquire(*this, clientSide_.connectObject(), address_.unpack());
    return Next::Stop;
}

void Connection::offered(const Capabilities& offer) {
    Entry entry(*this);
    inquiry_.reset();
    clientSide_.answerConnect(offer);
    resumeFeeding();
    conclude();
}

Next Connection::start(StreamRequest request) {
    Stream* stream = find(request.streamId);
    if (stream != nullptr && !stream->isLeaving()) {
        if (request.role == RolePublish) {
            std::vector<uint8_t> payload;
            appendOnStatus(payload, {"error", "NetStream.Publish.BadName",
                                     "this stream is published or played already"});
            answer(Message{CommandChunkStream, request.streamId, 0, MessageType::CommandAmf0,
                           payload});
            return Next::Continue;
        }
        stream->end({CauseDone, SideClient, "another play on the same stream"});
        stream = nullptr;
        streamsChanged();
    }
    if (isNaming()) {
        stream = theOnly();
    } else {
        // Those that ended in this very event count too: so many starts at a time, and no more.
        const auto streams = std::distance(streams_.begin(), streams_.end());
        stream = streams < part_.config().maxStreams ? addStream() : nullptr;
    }
    changed_ = true;
    if (stream == nullptr) {
        std::vector<uint8_t> payload;
        appendOnStatus(payload, {"error",
                                 request.role == RolePublish ? "NetStream.Publish.Rejected"
                                                             : "NetStream.Play.Failed",
                                 "no more streams are taken on this connection now"});
        answer(Message{CommandChunkStream, request.streamId, 0, MessageType::CommandAmf0, payload});
        return Next::Stop;
    }
    deadlineUs_ = 0;
    streamsChanged();
    stream->start(std::move(request));
    return Next::Stop;
}

Next Connection::leave(uint32_t streamId, const Message& command) {
    Stream* stream = find(streamId);
    if (stream == nullptr || stream->isLeaving()) {
        return Next::Continue; // many say it in two ways
    }
    changed_ = true;
    stream->leave(command);
    return Next::Stop;
}

bool Connection::forward(const Message& message, const Command&) {
    Stream* stream = message.streamId == 0 ? nullptr : find(message.streamId);
    if (stream == nullptr) {
        const auto running = [](const Stream& each) { return each.isRunning(); };
        const auto first = std::find_if(streams_.begin(), streams_.end(), running);
        const auto count = std::count_if(streams_.begin(), streams_.end(), running);
        stream = count == 1 ? &*first : nullptr;
    }
    if (stream == nullptr || !(stream->isRunning() || stream->isSettingUp())) {
        return false;
    }
    stream->sendUp(message);
    return true;
}

// --- the way to the client ------------------------------------------------------------------

bool Connection::tellClient(const Message& message) {
    if (!client_.isOpen()) {
        return true;
    }
    OutputList& out = part_.toClient();
    if (Stream* stream = passing()) {
        return stream->tellClient(message, out);
    }
    client_.writer.encode(message, out.own(client_.writer.encodedSize(message)));
    return true;
}

void Connection::flushClient() {
    OutputList& out = part_.toClient();
    const bool sent = out.empty() || !client_.isOpen() || client_.send(out);
    out.clear();
    if (!sent) {
        clientGone(false, client_.failure());
    } else if (client_.unsentBytes() > MaxUnsentAnswers && !closing() &&
               std::none_of(streams_.begin(), streams_.end(),
                            [](const Stream& each) { return each.isRunning(); })) {
        finish(CauseLimit, SideClient, "the client does not read its answers");
    }
}

/// The stream whose relay knows where a message to the client may stand.
Stream* Connection::passing() {
    Stream* first = nullptr;
    for (Stream& each : streams_) {
        if (each.isInsidePassed()) {
            return &each;
        }
        first = first == nullptr && each.hasDown() ? &each : first;
    }
    return first;
}

bool Connection::isClientTaken(const Stream& asking) const {
    return std::any_of(streams_.begin(), streams_.end(), [&asking](const Stream& each) {
        return &each != &asking && each.isInsidePassed();
    });
}

// --- streams --------------------------------------------------------------------------------

Stream* Connection::theOnly() {
    Stream* only = nullptr;
    for (Stream& each : streams_) {
        if (!each.hasEnded() && !each.isLeaving()) {
            if (only != nullptr) {
                return nullptr;
            }
            only = &each;
        }
    }
    return only;
}

Stream* Connection::find(uint32_t streamId) {
    for (Stream& each : streams_) {
        if (each.id() == streamId && each.phase() != Stream::Phase::Unnamed && !each.hasEnded()) {
            return &each;
        }
    }
    return nullptr;
}

Stream* Connection::primary() {
    for (Stream& each : streams_) {
        if (each.passesUp()) {
            return &each;
        }
    }
    return nullptr;
}

bool Connection::isOnly(const Stream& stream) const {
    return std::all_of(streams_.begin(), streams_.end(), [&stream](const Stream& each) {
        return &each == &stream || each.hasEnded() || each.isLeaving();
    });
}

void Connection::streamsChanged() {
    changed_ = true;
    const auto live = std::count_if(streams_.begin(), streams_.end(), [](const Stream& each) {
        return !each.hasEnded() && !each.isLeaving();
    });
    if (primary() == nullptr) {
        // Whatever an earlier one had half of has lost its reader.
        const auto next = std::find_if(streams_.begin(), streams_.end(),
                                       [](const Stream& each) { return each.isRunning(); });
        if (next != streams_.end()) {
            next->passUp();
        }
    }
    for (Stream& each : streams_) {
        if (each.isRunning()) {
            each.setWhole(live > 1);
        }
    }
    if (live == 0 && !closing()) {
        deadlineUs_ = part_.loop().nowUs() + part_.config().handshakeTimeoutUs;
    }
}

void Connection::updateReading() {
    if (closing()) {
        return;
    }
    const bool takes = client_.unsentBytes() <= MaxUnsentAnswers &&
                       (!isWaiting() || leftover_.size() < part_.config().maxPrepublishBytes) &&
                       std::all_of(streams_.begin(), streams_.end(),
                                   [](const Stream& each) { return each.takesInput(); });
    const bool wasReading = client_.isReading();
    client_.setReading(takes);
    for (Stream& each : streams_) {
        each.updateReading();
    }
    if (takes && !wasReading && client_.hasBuffered()) {
        readOnce(true); // nobody else would tell us of bytes that TLS has taken in
        conclude();
    }
}

} // namespace srsproxy::rtmp
