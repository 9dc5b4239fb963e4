#include "plugins/rtmp/session.h"

#include <cerrno>

namespace srsproxy::rtmp {
namespace {

/// How long last words may take to reach their reader.
constexpr int64_t ClosingUs = 1'000'000;

} // namespace

Session::Session(LoopPart& part, size_t place)
    : part_(part), place_(place), client_(part.loop(), *this, part.config().limits) {}

Session::~Session() {
    part_.loop().cancelTimer(timer_);
}

void Session::start(Fd client, ISession& record) {
    record_ = &record;
    clientSide_ =
        std::make_unique<ClientSide>(client_.reader, client_.writer, part_.handshakeRandom());
    client_.open(std::move(client));
    deadline(part_.config().handshakeTimeoutUs);
}

void Session::finish(int32_t cause, int32_t side, std::string_view detail) {
    if (finished_) {
        return;
    }
    Entry entry(*this);
    finished_ = true;
    countBytes();
    record_->cancelRoute();
    client_.close();
    if (origin_) {
        origin_->close();
    }
    const Ending end = ending_.value_or(Ending{cause, side, std::string(detail)});
    record_->close(end.cause, end.side, toStr(end.detail));
    record_ = nullptr;
}

void Session::kicked(int32_t cause, Str reason) noexcept {
    Entry entry(*this);
    if (finished_ || phase_ == Phase::Closing) {
        return;
    }
    const std::string why = toString(reason);
    if (phase_ == Phase::Client) {
        finish(cause, SideProxy, why);
    } else if (phase_ == Phase::Relay) {
        tellEnd(why);
        closeAfterLastWords(cause, SideProxy, why);
    } else {
        refuseClient("NetConnection.Connect.Closed", why);
        closeAfterLastWords(cause, SideProxy, why);
    }
}

// --- events ---------------------------------------------------------------------------------

void Session::ready(int32_t fd, uint32_t events) noexcept {
    Entry entry(*this);
    if (client_.owns(fd)) {
        onClient(events);
    } else if (origin_ && origin_->owns(fd)) {
        onOrigin(events);
    }
    if (!finished_) {
        countBytes();
    }
}

void Session::onClient(uint32_t events) {
    if ((events & EventWrite) != 0 && !client_.flush()) {
        sendingFailed(client_, errno);
        return;
    }
    if (phase_ == Phase::Closing) {
        readClosing(client_);
    } else if ((events & (EventRead | EventHangup)) != 0) {
        switch (phase_) {
        case Phase::Client:
            readClientSide();
            break;
        case Phase::Routing:
        case Phase::Connecting:
        case Phase::Origin:
            // It is not read now, so this is the end of the connection.
            finish(CauseReset, SideClient, "the client left before the stream started");
            return;
        case Phase::Relay:
            readRelay(client_);
            break;
        case Phase::Closing:
            break;
        }
    }
    if (!finished_) {
        applyBackPressure();
    }
}

void Session::onOrigin(uint32_t events) {
    if (phase_ == Phase::Connecting) {
        onOriginConnected();
        return;
    }
    if ((events & EventWrite) != 0 && !origin_->flush()) {
        sendingFailed(*origin_, errno);
        return;
    }
    if (phase_ == Phase::Closing) {
        readClosing(*origin_);
    } else if ((events & (EventRead | EventHangup)) != 0) {
        if (phase_ == Phase::Origin) {
            readOriginSide();
        } else {
            readRelay(*origin_);
        }
    }
    if (!finished_) {
        applyBackPressure();
    }
}

void Session::expired(uint64_t) noexcept {
    Entry entry(*this);
    timer_ = 0;
    const int64_t left = deadlineUs_ - part_.loop().nowUs();
    if (left > 0) {
        timer_ = part_.loop().startTimer(left, this);
        return;
    }
    switch (phase_) {
    case Phase::Client:
        finish(clientSaidAnything_ ? CauseTimeout : CauseNothingSent, SideClient,
               clientSide_->handshakeDone() ? "no publish or play command in time"
                                            : "handshake not finished in time");
        return;
    case Phase::Routing:
        refuseClient("NetConnection.Connect.Failed", "no origin was found in time");
        closeAfterLastWords(CauseTimeout, SideProxy, "routing took too long");
        return;
    case Phase::Connecting:
        originFailed(OutcomeConnectTimeout, "no connection in time");
        return;
    case Phase::Origin:
        originFailed(OutcomeSilent, "no answer in time");
        return;
    case Phase::Relay:
        tellEnd("no byte from either side for too long");
        closeAfterLastWords(CauseIdle, SideProxy, "no byte from either side");
        return;
    case Phase::Closing:
        finish(ending_->cause, ending_->side, ending_->detail);
        return;
    }
}

void Session::deadline(int64_t fromNowUs) {
    // An earlier timer goes on by itself; only a nearer deadline needs a new one.
    const int64_t wanted = part_.loop().nowUs() + fromNowUs;
    if (timer_ != 0 && wanted < deadlineUs_) {
        part_.loop().cancelTimer(timer_);
        timer_ = 0;
    }
    deadlineUs_ = wanted;
    if (timer_ == 0) {
        timer_ = part_.loop().startTimer(fromNowUs, this);
    }
}

// --- the end --------------------------------------------------------------------------------

void Session::sendingFailed(Hop& hop, int error) {
    if (phase_ == Phase::Relay) {
        relayEnded(hop, {Received::Failed, 0, error});
    } else if (phase_ == Phase::Closing) {
        hop.close();
        goOnClosing();
    } else if (&hop == &client_) {
        finish(CauseReset, SideClient, errorText("sending failed", error));
    } else {
        originHungUp(errorText("sending failed", error));
    }
}

void Session::closeAfterLastWords(int32_t cause, int32_t side, std::string detail) {
    if (finished_ || phase_ == Phase::Closing) {
        return;
    }
    // The side that ended has nothing to read any more; the other one gets what is unsent.
    if (origin_ && (phase_ != Phase::Relay || side == SideOrigin)) {
        origin_->close();
    }
    if (side == SideClient && (cause == CauseDone || cause == CauseReset)) {
        client_.close();
    }
    record_->cancelRoute();
    phase_ = Phase::Closing;
    ending_ = Ending{cause, side, std::move(detail)};
    for (Hop* hop : {&client_, origin_.get()}) {
        if (hop != nullptr && hop->isOpen()) {
            hop->setReading(true);
        }
    }
    deadline(ClosingUs);
    readClosing(client_);
}

void Session::readClosing(Hop& hop) {
    // What is still read is thrown away: a socket closed with unread bytes sends a reset, and what
    // the kernel had not sent by then is lost. So the peer closes first, or the deadline passes.
    if (hop.isOpen()) {
        const Received received = hop.receive(part_.readBuffer());
        if (received.kind == Received::Closed || received.kind == Received::Failed) {
            hop.close();
        }
    }
    goOnClosing();
}

void Session::goOnClosing() {
    for (Hop* each : {&client_, origin_.get()}) {
        if (each != nullptr && each->isOpen() && each->unsentBytes() == 0) {
            each->shutdownWrite();
        }
    }
    const bool originOpen = origin_ && origin_->isOpen();
    if (!client_.isOpen() && !originOpen) {
        finish(ending_->cause, ending_->side, ending_->detail);
    }
}

void Session::countBytes() {
    SessionCounters* counters = record_->counters();
    srsproxy::countBytes(&counters->fromClient, client_.bytesReceived() - counters->fromClient);
    srsproxy::countBytes(&counters->toClient, client_.bytesSent - counters->toClient);
    const uint64_t received = earlierOrigins_.received + (origin_ ? origin_->bytesReceived() : 0);
    const uint64_t sent = earlierOrigins_.sent + (origin_ ? origin_->bytesSent : 0);
    srsproxy::countBytes(&counters->fromOrigin, received - counters->fromOrigin);
    srsproxy::countBytes(&counters->toOrigin, sent - counters->toOrigin);
}

} // namespace srsproxy::rtmp
