#include "plugins/rtmp/hop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace srsproxy::rtmp {
namespace {

constexpr size_t MaxPiecesPerCall = 512; // the kernel's bound is 1024

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

iovec pieceOf(std::span<const uint8_t> bytes) {
    return {const_cast<uint8_t*>(bytes.data()), bytes.size()}; // not written to by sending
}

/// Bytes that the socket took: 0 when it is full, -1 with errno when it failed.
ssize_t sendPlain(int fd, std::span<const iovec> pieces) {
    ssize_t sent = 0;
    while (!pieces.empty()) {
        const auto batch = pieces.first(std::min(pieces.size(), MaxPiecesPerCall));
        pieces = pieces.subspan(batch.size());
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(batch.data()); // not written to by sendmsg
        message.msg_iovlen = batch.size();
        const ssize_t taken = ::sendmsg(fd, &message, MSG_NOSIGNAL);
        if (taken < 0) {
            return wouldBlock() ? sent : -1;
        }
        sent += taken;
        if (pieces.empty()) {
            break;
        }
        size_t wanted = 0;
        for (const iovec& piece : batch) {
            wanted += piece.iov_len;
        }
        if (static_cast<size_t>(taken) < wanted) {
            break;
        }
    }
    return sent;
}

} // namespace

// --- life -----------------------------------------------------------------------------------

void Hop::open(Fd socket) {
    socket_ = std::move(socket);
    reading_ = true;
    loop_.watch(socket_.get(), EventRead, &owner_);
}

void Hop::openConnecting(Fd socket) {
    socket_ = std::move(socket);
    connecting_ = true;
    loop_.watch(socket_.get(), EventWrite, &owner_);
}

void Hop::connected() {
    connecting_ = false;
    reading_ = true;
    updateWatch();
}

void Hop::startTls(std::unique_ptr<TlsStream> tls) {
    tls_ = std::move(tls);
    if (unsent_) {
        unsent_->plainBytes = unsentBytes();
    } else {
        tls_->handshake(); // a failure is told by the next call
    }
    updateWatch();
}

void Hop::close() {
    if (!socket_.valid()) {
        return;
    }
    if (tls_ && !unsent_) {
        tls_->closeNotify();
    }
    tls_.reset();
    unsent_.reset();
    loop_.unwatch(socket_.get());
    socket_.reset();
    reading_ = false;
    connecting_ = false;
    writeEnded_ = false;
}

// --- reading --------------------------------------------------------------------------------

Received Hop::receive(std::span<uint8_t> buffer) {
    if (tls_) [[unlikely]] {
        const iovec room{buffer.data(), buffer.size()};
        return receiveTls({&room, 1});
    }
    return received(::recv(socket_.get(), buffer.data(), buffer.size(), 0));
}

Received Hop::receive(std::span<const iovec> room) {
    if (tls_) [[unlikely]] {
        return receiveTls(room);
    }
    return received(::readv(socket_.get(), room.data(), static_cast<int>(room.size())));
}

Received Hop::receiveBuffered(std::span<uint8_t> buffer) {
    const iovec room{buffer.data(), buffer.size()};
    return receiveTls({&room, 1}, TlsSource::Buffered);
}

Received Hop::received(ssize_t got) {
    if (got > 0) {
        countReceived(static_cast<size_t>(got));
        return {Received::Data, static_cast<size_t>(got), 0};
    }
    if (got == 0) {
        return {Received::Closed, 0, 0};
    }
    if (wouldBlock()) {
        return {};
    }
    error_ = errno;
    return {Received::Failed, 0, error_};
}

Received Hop::receiveTls(std::span<const iovec> room, TlsSource source) {
    if (plainFirst() && !flush()) {
        return {Received::Failed, 0, error_};
    }
    if (plainFirst()) {
        return {};
    }
    const bool waited = tls_->handshaking();
    const TlsResult result = tls_->read(room, source);
    if (waited && !tls_->handshaking()) {
        flush(); // what waited for the handshake; a failure is told by the next call
    } else {
        updateWatch();
    }
    switch (result.kind) {
    case TlsResult::Data:
        countReceived(result.bytes);
        return {Received::Data, result.bytes, 0};
    case TlsResult::Closed:
    case TlsResult::Truncated: // few RTMP peers take leave of TLS
        return {Received::Closed, 0, 0};
    case TlsResult::Failed:
        error_ = tls_->error();
        return {Received::Failed, 0, error_};
    case TlsResult::WantRead:
    case TlsResult::WantWrite:
        break;
    }
    return {};
}

std::optional<uint32_t> Hop::takeDueAck() {
    if (!std::exchange(dueAck_, false)) {
        return std::nullopt;
    }
    return static_cast<uint32_t>(acknowledger_.totalBytes());
}

// --- sending --------------------------------------------------------------------------------

bool Hop::send(std::span<const iovec> pieces) {
    const ssize_t taken = unsent_ || connecting_ ? 0 : put(pieces);
    if (taken < 0) {
        return failed(errno);
    }
    bytesSent += static_cast<uint64_t>(taken);
    keep(pieces, static_cast<size_t>(taken));
    return true;
}

bool Hop::send(std::span<const uint8_t> bytes) {
    const iovec piece = pieceOf(bytes);
    return send(std::span(&piece, 1));
}

ssize_t Hop::put(std::span<const iovec> pieces) {
    if (!tls_) [[likely]] {
        return sendPlain(socket_.get(), pieces);
    }
    const TlsResult result = tls_->write(pieces);
    switch (result.kind) {
    case TlsResult::Data:
        return static_cast<ssize_t>(result.bytes);
    case TlsResult::WantRead:
    case TlsResult::WantWrite:
        return 0;
    case TlsResult::Closed:
    case TlsResult::Truncated:
    case TlsResult::Failed:
        break;
    }
    errno = tls_->error();
    return -1;
}

void Hop::keep(std::span<const iovec> pieces, size_t from) {
    size_t wanted = 0;
    for (const iovec& piece : pieces) {
        wanted += piece.iov_len;
    }
    if (from >= wanted) {
        return;
    }
    if (!unsent_) {
        unsent_ = std::make_unique<Unsent>();
    }
    for (const iovec& piece : pieces) {
        const size_t skipped = std::min(from, piece.iov_len);
        const auto* bytes = static_cast<const uint8_t*>(piece.iov_base);
        unsent_->bytes.insert(unsent_->bytes.end(), bytes + skipped, bytes + piece.iov_len);
        from -= skipped;
    }
    updateWatch();
}

bool Hop::flush() {
    while (unsent_) {
        const ssize_t taken = putUnsent();
        if (taken < 0) {
            return failed(errno);
        }
        if (taken == 0) {
            break;
        }
    }
    if (tls_ && !unsent_ && tls_->handshake().kind >= TlsResult::Truncated) {
        return failed(tls_->error());
    }
    if (writeEnded_ && !unsent_) {
        shutdownWrite();
    }
    updateWatch();
    return true;
}

ssize_t Hop::putUnsent() {
    auto& [bytes, offset, plainBytes] = *unsent_;
    const std::span<const uint8_t> rest = std::span(bytes).subspan(offset);
    const iovec piece = pieceOf(plainBytes > 0 ? rest.first(plainBytes) : rest);
    const ssize_t taken = plainBytes > 0 ? sendPlain(socket_.get(), {&piece, 1}) : put({&piece, 1});
    if (taken > 0) {
        const auto count = static_cast<size_t>(taken);
        bytesSent += count;
        offset += count;
        plainBytes -= std::min(plainBytes, count);
        if (offset == bytes.size()) {
            unsent_.reset();
        }
    } else if (taken == 0 && offset > bytes.size() / 2) {
        // A peer that never lets this run empty must not make it grow for ever.
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        offset = 0;
    }
    return taken;
}

void Hop::shutdownWrite() {
    writeEnded_ = true;
    if (unsent_) {
        return; // flush() comes here again
    }
    if (tls_ && !tls_->closeNotify()) {
        updateWatch();
        return;
    }
    ::shutdown(socket_.get(), SHUT_WR);
}

// --- watching -------------------------------------------------------------------------------

void Hop::setReading(bool on) {
    if (on != reading_) {
        reading_ = on;
        updateWatch();
    }
}

void Hop::updateWatch() {
    bool reading = reading_ && !connecting_;
    bool writing = unsent_ != nullptr || connecting_;
    if (tls_) [[unlikely]] {
        if (plainFirst()) {
            reading = false;
        } else {
            writing = tls_->wantsWrite();
        }
    }
    loop_.modify(socket_.get(), (reading ? EventRead : 0u) | (writing ? EventWrite : 0u));
}

bool Hop::failed(int error) {
    error_ = error;
    errno = error;
    return false;
}

std::string Hop::failure() const {
    return tls_ && !tls_->failure().empty() ? tls_->failure() : errorText(error_);
}

} // namespace srsproxy::rtmp
