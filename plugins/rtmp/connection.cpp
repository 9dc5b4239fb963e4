/// A connection's life: its start, its deadlines and its end.

#include "plugins/rtmp/connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace srsproxy::rtmp {
namespace {

/// How long last words may take to reach their reader.
constexpr int64_t ClosingUs = 1'000'000;

} // namespace

Connection::Connection(LoopPart& part, size_t place)
    : part_(part), place_(static_cast<uint32_t>(place)),
      client_(part.loop(), *this, part.config().limits),
      clientSide_(*this, part.config().maxStreams) {}

Connection::~Connection() {
    part_.loop().cancelTimer(timer_);
}

bool Connection::start(Fd client, const SocketAddress& address, std::unique_ptr<TlsStream> tls) {
    address_ = PackedAddress(address);
    if (addStream() == nullptr) {
        return false;
    }
    handshake_ = std::make_unique<ClientHandshake>(part_.handshakeRandom());
    client_.open(std::move(client));
    if (tls) {
        client_.startTls(std::move(tls));
    }
    deadlineUs_ = part_.loop().nowUs() + part_.config().handshakeTimeoutUs;
    rearm();
    return true;
}

Stream* Connection::addStream() {
    Stream& stream = streams_.emplace_front(*this);
    const std::string name = toString(address_.unpack());
    SessionInfo info{};
    info.structSize = sizeof info;
    info.protocol = toStr("rtmp");
    info.client = toStr(name);
    ISession* record = part_.services().sessions->open(&part_.loop(), &info, &stream);
    if (record == nullptr) {
        streams_.pop_front();
        return nullptr; // over a limit or draining: the core has counted it
    }
    stream.adopt(*record);
    return &stream;
}

void Connection::finish(int32_t cause, int32_t side, std::string_view detail) {
    if (finished_) {
        return;
    }
    Entry entry(*this);
    finished_ = true;
    const Ending ending = ending_ ? *ending_ : Ending{cause, side, std::string(detail)};
    inquiry_.reset();
    client_.close();
    for (Stream& each : streams_) {
        each.end(ending);
    }
}

void Connection::leaveCall() {
    // What has lost its reader must not reach that of another connection.
    part_.toClient().clear();
    part_.toOrigin().clear();
    if (finished_) {
        part_.remove(*this);
        return;
    }
    streams_.remove_if([](const Stream& each) { return each.hasEnded(); });
}

// --- events ---------------------------------------------------------------------------------

void Connection::ready(int32_t, uint32_t events) noexcept {
    Entry entry(*this);
    if ((events & EventWrite) != 0 && !client_.flush()) {
        clientGone(false, client_.failure());
    } else if (closing()) {
        readClosing(client_);
    } else if ((events & (EventRead | EventHangup)) != 0 || client_.hasBuffered()) {
        readClient();
    }
    conclude();
}

void Connection::conclude() {
    if (finished_ || entries_ != 1) {
        return;
    }
    flushClient();
    if (finished_) {
        return;
    }
    countBytes();
    for (Stream& each : streams_) {
        if (!each.hasEnded()) {
            each.settle();
        }
    }
    updateReading();
    rearm();
}

/// The bytes of the client's side are its only stream's; beside others a stream counts messages.
void Connection::countBytes() {
    const uint64_t received = client_.bytesReceived() - countedReceived_;
    const uint64_t sent = client_.bytesSent - countedSent_;
    countedReceived_ += received;
    countedSent_ += sent;
    if (Stream* only = theOnly()) {
        only->countClientBytes(received, sent);
    }
}

/// An earlier timer goes on by itself; only a nearer deadline needs a new one.
void Connection::rearm() {
    int64_t due = deadlineUs_;
    for (const Stream& each : streams_) {
        const int64_t other = closing() ? 0 : each.deadlineUs();
        due = due == 0 || (other != 0 && other < due) ? other : due;
    }
    if (timer_ != 0 && (due == 0 || due >= timerDueUs_)) {
        return;
    }
    part_.loop().cancelTimer(timer_);
    timer_ = 0;
    if (due != 0) {
        timerDueUs_ = due;
        timer_ = part_.loop().startTimer(std::max<int64_t>(due - part_.loop().nowUs(), 0), this);
    }
}

void Connection::expired(uint64_t) noexcept {
    Entry entry(*this);
    timer_ = 0;
    const int64_t now = part_.loop().nowUs();
    if (deadlineUs_ != 0 && deadlineUs_ <= now) {
        deadlineUs_ = 0;
        if (closing()) {
            finish(ending_->cause, ending_->side, ending_->detail);
        } else {
            const bool silent = client_.bytesReceived() == 0 && !client_.handshaking();
            finish(silent ? CauseNothingSent : CauseTimeout, SideClient,
                   client_.handshaking() ? "TLS handshake not finished in time"
                   : handshake_          ? "handshake not finished in time"
                                         : "no publish or play command in time");
        }
    }
    for (Stream& each : streams_) {
        const int64_t due = each.deadlineUs();
        if (due != 0 && due <= now && !finished_ && !closing()) {
            each.expired();
        }
    }
    conclude();
}

// --- the end --------------------------------------------------------------------------------

void Connection::clientGone(bool orderly, const std::string& how) {
    if (closing()) {
        client_.close();
        goOnClosing();
        return;
    }
    const bool running = std::any_of(streams_.begin(), streams_.end(), [](const Stream& each) {
        return each.isRunning() || each.isResuming() || each.isLeaving();
    });
    if (running || streams_.empty()) {
        closeAfterLastWords(orderly ? CauseDone : CauseReset, SideClient, how);
    } else if (!orderly && client_.handshaking()) {
        finish(CauseProtocolError, SideClient, how);
    } else if (client_.bytesReceived() == 0) {
        finish(CauseNothingSent, SideClient, how);
    } else {
        const bool named = streams_.front().phase() != Stream::Phase::Unnamed;
        finish(CauseReset, SideClient,
               named ? "the client left before the stream started"
                     : "the client left before it named a stream");
    }
}

void Connection::closeAfterLastWords(int32_t cause, int32_t side, std::string detail) {
    if (finished_ || closing()) {
        return;
    }
    flushClient();
    if (finished_ || closing()) {
        return;
    }
    if (Stream* stream = primary()) {
        stream->flushUp();
    }
    // The side that ended has nothing to read any more; the other one gets what is unsent.
    const bool clientLeft = side == SideClient && (cause == CauseDone || cause == CauseReset);
    ending_ = std::make_unique<const Ending>(Ending{cause, side, std::move(detail)});
    inquiry_.reset();
    for (Stream& each : streams_) {
        if (Hop* origin = each.closingOrigin(side != SideOrigin)) {
            origin->setReading(true);
        }
    }
    if (clientLeft) {
        client_.close();
    } else if (client_.isOpen()) {
        client_.setReading(true);
    }
    deadlineUs_ = part_.loop().nowUs() + ClosingUs;
    readClosing(client_);
}

void Connection::readClosing(Hop& hop) {
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

void Connection::goOnClosing() {
    const auto goOn = [](Hop& hop) {
        if (hop.isOpen() && hop.unsentBytes() == 0) {
            hop.shutdownWrite();
        }
        return hop.isOpen();
    };
    bool open = goOn(client_);
    for (Stream& each : streams_) {
        Hop* origin = each.closingOrigin(true);
        open = (origin != nullptr && goOn(*origin)) || open;
    }
    if (!open) {
        finish(ending_->cause, ending_->side, ending_->detail);
    }
}

} // namespace srsproxy::rtmp
