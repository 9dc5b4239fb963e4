/// The phases of a session before media flows: the client's commands, and the origin's.

#include <cerrno>

#include "plugins/rtmp/session.h"

namespace srsproxy::rtmp {
namespace {

/// Before the relay the client has little to say, and what comes too early must be kept.
constexpr size_t SetupReadBytes = 16 * 1024;

/// We lack descriptors, memory or ports: that says nothing of the origin.
bool isShortageHere(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EADDRNOTAVAIL || error == EAGAIN;
}

} // namespace

// --- the client's handshake and commands ----------------------------------------------------

void Session::readClientSide() {
    const std::span<uint8_t> buffer = part_.readBuffer().first(SetupReadBytes);
    const Received received = client_.receive(buffer);
    switch (received.kind) {
    case Received::Nothing:
        return;
    case Received::Closed:
        finish(clientSaidAnything_ ? CauseReset : CauseNothingSent, SideClient,
               "the client left before it named a stream");
        return;
    case Received::Failed:
        finish(clientSaidAnything_ ? CauseReset : CauseNothingSent, SideClient,
               errorText("reading failed", received.error));
        return;
    case Received::Data:
        clientSaidAnything_ = true;
        feedClientSide(buffer.first(received.bytes));
        return;
    }
}

void Session::feedClientSide(std::span<uint8_t> input) {
    std::vector<uint8_t> answers;
    size_t consumed = 0;
    const ClientSide::Progress progress = clientSide_->feed(input, consumed, answers);
    if (!answers.empty() && !client_.send(answers)) {
        sendingFailed(client_, errno);
        return;
    }
    if (client_.unsentBytes() > MaxUnsentAnswers) {
        finish(CauseLimit, SideClient, "the client does not read its answers");
        return;
    }
    if (progress == ClientSide::Progress::Failed) {
        closeAfterLastWords(CauseProtocolError, SideClient, clientSide_->failure());
    } else if (progress == ClientSide::Progress::Requested) {
        const std::span<uint8_t> rest = input.subspan(consumed);
        clientLeftover_.assign(rest.begin(), rest.end());
        client_.setReading(false);
        const StreamRequest& request = clientSide_->request();
        role_ = request.role;
        const std::string url = request.url();
        struct Reasons final : IErrorSink {
            void error(Str message) noexcept override { text = toString(message); }
            std::string text;
        } reasons;
        const int32_t named = record_->identify(toStr(url), request.role, &reasons);
        if (named != StatusOk) {
            refuseClient(request.role == RolePublish ? "NetStream.Publish.BadName"
                                                     : "NetStream.Play.StreamNotFound",
                         reasons.text);
            closeAfterLastWords(named == StatusLimit ? CauseLimit : CauseProtocolError, SideClient,
                                reasons.text);
            return;
        }
        askForOrigin();
    }
}

// --- the origin -----------------------------------------------------------------------------

void Session::askForOrigin() {
    originSide_.reset();
    if (origin_) {
        earlierOrigins_.received += origin_->bytesReceived();
        earlierOrigins_.sent += origin_->bytesSent;
        origin_.reset();
    }
    phase_ = Phase::Routing;
    deadline(part_.config().originTimeoutUs);
    RouteRequest request{};
    request.structSize = sizeof request;
    record_->route(&request, this);
}

void Session::routed(const RouteAnswer* answer) noexcept {
    Entry entry(*this);
    if (finished_ || phase_ != Phase::Routing) {
        return;
    }
    if (answer->code != RouteFound) {
        const std::string reason = toString(answer->reason);
        const bool publish = role_ == RolePublish;
        refuseClient(publish ? "NetStream.Publish.Rejected" : "NetStream.Play.Failed", reason);
        closeAfterLastWords(answer->code == RouteLimit       ? CauseLimit
                            : answer->code == RouteExhausted ? CauseOriginFailed
                                                             : CauseNoOrigin,
                            SideProxy, reason);
        return;
    }
    originName_ = toString(answer->originId);
    const SocketAddress peer =
        socketAddress(toString(answer->address), static_cast<uint16_t>(answer->port));
    if (peer.size == 0) {
        originFailed(OutcomeConnectRefused, "it has no usable address");
        return;
    }
    Fd socket = startConnect(peer);
    if (const int error = socket.valid() ? 0 : errno; isShortageHere(error)) {
        part_.log(LogError, record_->id(), "no socket",
                  errorText("cannot connect to " + originName_, error) +
                      "; raise the limit of open files, or net.ipv4.ip_local_port_range");
        askForOrigin(); // and nothing is held against this one
        return;
    } else if (error != 0) {
        originFailed(OutcomeConnectRefused, errorText("connect", error));
        return;
    }
    origin_ =
        std::make_unique<Hop>(part_.loop(), static_cast<IFdHandler&>(*this), part_.config().limits);
    phase_ = Phase::Connecting;
    origin_->openConnecting(std::move(socket));
    deadline(part_.config().connectTimeoutUs);
}

void Session::onOriginConnected() {
    if (const int error = connectError(origin_->fd()); error != 0) {
        originFailed(error == ETIMEDOUT ? OutcomeConnectTimeout : OutcomeConnectRefused,
                     errorText("connect", error));
        return;
    }
    phase_ = Phase::Origin;
    originSide_ = std::make_unique<OriginSide>(clientSide_->request(), origin_->reader,
                                               origin_->writer, part_.handshakeRandom());
    std::vector<uint8_t> first;
    originSide_->begin(first);
    origin_->setReading(true);
    origin_->flush(); // connected: nothing waits, and writability is of no interest any more
    deadline(part_.config().originTimeoutUs);
    if (!origin_->send(first)) {
        sendingFailed(*origin_, errno);
    }
}

void Session::readOriginSide() {
    const std::span<uint8_t> buffer = part_.readBuffer();
    const Received received = origin_->receive(buffer);
    if (received.kind == Received::Nothing) {
        return;
    }
    if (received.kind != Received::Data) {
        originHungUp(received.kind == Received::Closed
                         ? "it closed the connection"
                         : errorText("connection lost", received.error));
        return;
    }
    std::vector<uint8_t> answers;
    size_t consumed = 0;
    const std::span<uint8_t> input = buffer.first(received.bytes);
    const OriginSide::Progress progress = originSide_->feed(input, consumed, answers);
    const bool goesOn =
        progress == OriginSide::Progress::Working || progress == OriginSide::Progress::Accepted;
    if (goesOn && !answers.empty() && !origin_->send(answers)) {
        sendingFailed(*origin_, errno);
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
        originDeclined(originSide_->refusal().code + " " + originSide_->refusal().description);
        return;
    case OriginSide::Progress::Accepted:
        startRelay(input.subspan(consumed));
        return;
    }
}

void Session::originHungUp(const std::string& how) {
    // Many refuse by hanging up: nginx-rtmp on an application that it does not know, and on a
    // stream. So from the client's first word on, nothing is held against the origin: a client
    // with a bad URL or token must not get it ejected.
    if (originSide_->asked()) {
        originDeclined(how);
    } else if (originSide_->connectSent()) {
        originFailed(OutcomeConnected, how + " on connect"); // another one may know better
    } else {
        originFailed(OutcomeProtocolError, how + " before it answered");
    }
}

void Session::originFailed(int32_t outcome, const std::string& detail) {
    part_.log(LogWarning, record_->id(), "origin failed", originName_ + ": " + detail);
    record_->report(outcome, toStr(detail));
    askForOrigin();
}

void Session::originDeclined(const std::string& detail) {
    record_->report(OutcomeDeclined, toStr(detail));
    const OriginSide::Refusal& refusal = originSide_->refusal();
    if (refusal.toldByStatus) {
        std::vector<uint8_t> words;
        writeHeld(originSide_->held().back(), words);
        client_.send(words);
    } else {
        const bool publish = role_ == RolePublish;
        refuseClient(!refusal.code.empty() ? refusal.code
                     : publish             ? "NetStream.Publish.Rejected"
                                           : "NetStream.Play.Failed",
                     refusal.description.empty() ? "refused by the origin" : refusal.description);
    }
    closeAfterLastWords(CauseOriginRefused, SideOrigin, detail);
}

void Session::writeHeld(const OriginSide::Held& held, std::vector<uint8_t>& toClient) {
    const uint32_t stream = clientSide_->request().streamId;
    if (held.type == MessageType::UserControl) {
        const auto event = parseUserControl(held.payload);
        client_.writer.write(makeUserControl(event->event, stream), toClient);
        return;
    }
    client_.writer.write(Message{CommandChunkStream, held.forStream ? stream : 0, held.timestampMs,
                                 held.type, held.payload},
                         toClient);
}

void Session::refuseClient(std::string_view code, std::string_view description) {
    std::vector<uint8_t> payload;
    appendOnStatus(payload, {"error", code, description});
    std::vector<uint8_t> words;
    client_.writer.write(Message{CommandChunkStream, clientSide_->request().streamId, 0,
                                 MessageType::CommandAmf0, payload},
                         words);
    client_.send(words);
}

} // namespace srsproxy::rtmp
