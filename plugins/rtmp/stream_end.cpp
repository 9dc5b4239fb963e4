/// The end of a running stream, from either side: what is still said, and to whom.

#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {
namespace {

/// How long an origin may still say something of a stream that the client has closed.
constexpr int64_t LeavingUs = 1'000'000;

} // namespace

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
    connection_.countBytes();
    sendUpNow(mapped);
    const bool sent = pushUp();
    phase_ = Phase::Leaving; // its relays stay: this may be within one of them
    if (!sent) {
        end({CauseDone, SideClient, "closed the stream"});
    } else {
        deadline(LeavingUs);
        down_->captureAll(true); // another stream may pass bytes to the client from now on
        if (origin_->unsentBytes() == 0) {
            origin_->shutdownWrite();
        }
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

/// Lets the client's half message end, so that it understands what comes next. False when too
/// much of it is missing.
bool Stream::padDown() {
    if (!down_ || !down_->insidePassed()) {
        return true;
    }
    if (down_->missingBytes() > MaxPaddingBytes) {
        return false;
    }
    down_->padPassed(connection_.part().toClient());
    return true;
}

void Stream::tellEnd(const std::string& why) {
    if (!padDown()) {
        return; // nothing can be said any more
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
