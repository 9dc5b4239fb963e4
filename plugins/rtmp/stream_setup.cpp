/// A stream before media flows: it is named, an origin is found and asked.

#include <cerrno>
#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {
namespace {

/// We lack descriptors, memory or ports: that says nothing of the origin.
bool isShortageHere(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EADDRNOTAVAIL || error == EAGAIN;
}

} // namespace

void Stream::start(StreamRequest request) {
    id_ = request.streamId;
    role_ = static_cast<int8_t>(request.role);
    request_ = std::make_unique<StreamRequest>(std::move(request));
    const std::string url = streamUrl(connection_.tcUrl(), request_->streamName());
    struct Reasons final : IErrorSink {
        void error(Str message) noexcept override { text = toString(message); }
        std::string text;
    } reasons;
    const int32_t named = record_->identify(toStr(url), role_, &reasons);
    if (named != StatusOk) {
        phase_ = Phase::Routing;
        const bool limit = named == StatusLimit;
        const std::string_view code =
            role_ == RolePublish
                ? (limit ? "NetStream.Publish.Rejected" : "NetStream.Publish.BadName")
                : (limit ? "NetStream.Play.Failed" : "NetStream.Play.StreamNotFound");
        refuseAndEnd(code, reasons.text,
                     {limit ? CauseLimit : CauseProtocolError, SideClient, reasons.text});
        return;
    }
    askForOrigin();
}

void Stream::askForOrigin(uint32_t flags) {
    dropOrigin();
    detour_.reset();
    phase_ = Phase::Routing;
    deadline(connection_.part().config().originTimeoutUs);
    RouteRequest request{};
    request.structSize = sizeof request;
    request.flags = flags;
    record_->route(&request, this);
}

void Stream::routed(const RouteAnswer* answer) noexcept {
    Connection::Entry entry(connection_);
    if (phase_ != Phase::Routing || connection_.closing()) {
        return;
    }
    if (answer->code != RouteFound) {
        const std::string reason = toString(answer->reason);
        if (isResuming()) {
            backOff(reason);
        } else {
            refuseAndEnd(role_ == RolePublish ? "NetStream.Publish.Rejected"
                                              : "NetStream.Play.Failed",
                         reason,
                         {answer->code == RouteLimit       ? CauseLimit
                          : answer->code == RouteExhausted ? CauseOriginFailed
                                                           : CauseNoOrigin,
                          SideProxy, reason});
        }
    } else {
        originName_ = toString(answer->originId);
        door_ =
            connection_.part().doors().find(toString(answer->scheme), toString(answer->originKind),
                                            toString(answer->clientAddress));
        connectTo(socketAddress(toString(answer->address), static_cast<uint16_t>(answer->port)));
    }
    connection_.conclude();
}

void Stream::connectTo(const SocketAddress& peer) {
    if (peer.size == 0) {
        originFailed(OutcomeConnectRefused, "it has no usable address");
        return;
    }
    Fd socket = startConnect(peer);
    if (const int error = socket.valid() ? 0 : errno; isShortageHere(error)) {
        connection_.part().log(LogError, record_->id(), "no socket",
                               errorText("cannot connect to " + originName_, error) +
                                   "; raise the limit of open files, or "
                                   "net.ipv4.ip_local_port_range");
        askForOrigin(); // and nothing is held against this one
        return;
    } else if (error != 0) {
        originFailed(OutcomeConnectRefused, errorText("connect", error));
        return;
    }
    LoopPart& part = connection_.part();
    origin_.emplace(part.loop(), static_cast<IFdHandler&>(*this), part.config().limits);
    phase_ = Phase::Connecting;
    origin_->openConnecting(std::move(socket));
    deadline(part.config().connectTimeoutUs);
}

void Stream::onConnected() {
    if (const int error = connectError(origin_->fd()); error != 0) {
        originFailed(error == ETIMEDOUT ? OutcomeConnectTimeout : OutcomeConnectRefused,
                     errorText("connect", error));
        return;
    }
    phase_ = Phase::Asking;
    origin_->connected();
    LoopPart& part = connection_.part();
    std::vector<uint8_t>& first = part.scratch();
    if (!part.doors().enter(*origin_, door_, detour_ ? detour_->target().host : "",
                            connection_.addresses(), first)) {
        originHungUp(origin_->failure());
        return;
    }
    originSide_ = std::make_unique<OriginSide>(
        detour_ ? detour_->connectObject() : connection_.connectObject(),
        detour_ ? detour_->request() : *request_, origin_->reader, origin_->writer,
        part.handshakeRandom());
    originSide_->begin(first);
    deadline(part.config().originTimeoutUs);
    if (!origin_->send(first)) {
        originHungUp(origin_->failure());
    }
}

void Stream::readAnswer(bool bufferedOnly) {
    const std::span<uint8_t> buffer = connection_.part().readBuffer();
    const Received received =
        bufferedOnly ? origin_->receiveBuffered(buffer) : origin_->receive(buffer);
    if (received.kind == Received::Nothing) {
        return;
    }
    if (received.kind != Received::Data) {
        originHungUp(received.kind == Received::Closed ? "it closed the connection"
                                                       : origin_->failure());
        return;
    }
    std::vector<uint8_t>& answers = connection_.part().scratch();
    size_t consumed = 0;
    const std::span<uint8_t> input = buffer.first(received.bytes);
    const OriginSide::Progress progress = originSide_->feed(input, consumed, answers);
    const bool goesOn =
        progress == OriginSide::Progress::Working || progress == OriginSide::Progress::Accepted;
    if (goesOn && !answers.empty() && !origin_->send(answers)) {
        originHungUp(origin_->failure());
        return;
    }
    if (const auto reconnect = originSide_->reconnect(); reconnect && follow(*reconnect)) {
        goToDetour();
        return;
    }
    if (origin_->unsentBytes() > MaxUnsentAnswers) {
        originFailed(OutcomeProtocolError, "it does not read its answers");
        return;
    }
    switch (progress) {
    case OriginSide::Progress::Working:
        return;
    case OriginSide::Progress::Failed:
        originFailed(OutcomeProtocolError, originSide_->failure());
        return;
    case OriginSide::Progress::Declined:
        if (const auto redirect = originSide_->redirect(); redirect && follow(*redirect)) {
            goToDetour();
            return;
        }
        originDeclined(originSide_->refusal().code + " " + originSide_->refusal().description);
        return;
    case OriginSide::Progress::Accepted:
        startRelay(input.subspan(consumed));
        return;
    }
}

void Stream::originHungUp(const std::string& how) {
    // Many refuse by hanging up: nginx-rtmp on an application that it does not know, and on a
    // stream. So from the client's first word on, nothing is held against the origin: a client
    // with a bad URL or token must not get it ejected.
    if (originSide_ && originSide_->asked()) {
        originDeclined(how);
    } else if (originSide_ && originSide_->connectSent()) {
        originFailed(OutcomeConnected, how + " on connect"); // another one may know better
    } else {
        originFailed(OutcomeProtocolError, how + " before it answered");
    }
}

void Stream::originFailed(int32_t outcome, const std::string& detail) {
    // A search for another origin has one line of its own, at its end.
    connection_.part().log(isResuming() ? LogDebug : LogWarning, record_->id(), "origin failed",
                           originName_ + ": " + detail);
    // Where an origin sends its streams says nothing of the origin's own health.
    record_->report(detour_ ? OutcomeDeclined : outcome, toStr(detail));
    askForOrigin();
}

void Stream::originDeclined(const std::string& detail) {
    record_->report(OutcomeDeclined, toStr(detail));
    if (isResuming()) {
        askForOrigin(); // it may not have noticed yet that its own connection is gone
        return;
    }
    const OriginSide::Refusal& refusal = originSide_->refusal();
    const Ending ending{CauseOriginRefused, SideOrigin, detail};
    if (refusal.toldByStatus) {
        tellHeld(originSide_->held().back());
        endAfterWords(ending);
        return;
    }
    refuseAndEnd(!refusal.code.empty()  ? refusal.code
                 : role_ == RolePublish ? "NetStream.Publish.Rejected"
                                        : "NetStream.Play.Failed",
                 refusal.description.empty() ? "refused by the origin" : refusal.description,
                 ending);
}

void Stream::dropOrigin() {
    originSide_.reset();
    if (origin_) {
        countBytes();
        countedFromOrigin_ = 0;
        countedToOrigin_ = 0;
        origin_.reset();
    }
}

void Stream::tellHeld(const OriginSide::Held& held) {
    if (held.type == MessageType::UserControl) {
        const auto event = parseUserControl(held.payload);
        connection_.tellClient(makeUserControl(event->event, id_));
        return;
    }
    connection_.tellClient(Message{CommandChunkStream, held.forStream ? id_ : 0, held.timestampMs,
                                   held.type, held.payload});
}

void Stream::refuseAndEnd(std::string_view code, const std::string& description,
                          const Ending& ending) {
    std::vector<uint8_t> payload;
    appendOnStatus(payload, {"error", code, description});
    connection_.tellClient(Message{CommandChunkStream, id_, 0, MessageType::CommandAmf0, payload});
    endAfterWords(ending);
}

} // namespace srsproxy::rtmp
