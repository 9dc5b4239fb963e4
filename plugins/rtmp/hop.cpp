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

} // namespace

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

void Hop::close() {
    if (socket_.valid()) {
        loop_.unwatch(socket_.get());
        socket_.reset();
    }
}

Received Hop::receive(std::span<uint8_t> buffer) {
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
        countReceived(static_cast<size_t>(got));
        return {Received::Data, static_cast<size_t>(got), 0};
    }
    if (got == 0) {
        return {Received::Closed, 0, 0};
    }
    return wouldBlock() ? Received{} : Received{Received::Failed, 0, errno};
}

void Hop::countReceived(size_t bytes) {
    if (const auto sequence = acknowledger_.received(bytes)) {
        dueAck_ = sequence;
    }
}

bool Hop::send(const OutputList& output) {
    size_t sent = 0;
    if (unsent_.empty()) {
        const std::span<const iovec> pieces = output.pieces();
        for (size_t at = 0; at < pieces.size(); at += MaxPiecesPerCall) {
            const size_t count = std::min(pieces.size() - at, MaxPiecesPerCall);
            size_t wanted = 0;
            for (const iovec& piece : pieces.subspan(at, count)) {
                wanted += piece.iov_len;
            }
            msghdr message{};
            message.msg_iov = const_cast<iovec*>(pieces.data() + at); // not written to by sendmsg
            message.msg_iovlen = count;
            const ssize_t taken = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
            if (taken < 0 && !wouldBlock()) {
                return false;
            }
            const size_t went = taken > 0 ? static_cast<size_t>(taken) : 0;
            sent += went;
            bytesSent += went;
            if (went < wanted) {
                break;
            }
        }
    }
    if (sent < output.size()) {
        output.copyFrom(sent, unsent_);
        updateWatch();
    }
    return true;
}

bool Hop::send(std::span<const uint8_t> bytes) {
    if (unsent_.empty() && !connecting_) {
        const ssize_t taken = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (taken < 0 && !wouldBlock()) {
            return false;
        }
        if (taken > 0) {
            bytesSent += static_cast<uint64_t>(taken);
            bytes = bytes.subspan(static_cast<size_t>(taken));
        }
    }
    if (!bytes.empty()) {
        unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
        updateWatch();
    }
    return true;
}

bool Hop::flush() {
    connecting_ = false;
    while (unsentOffset_ < unsent_.size()) {
        const ssize_t taken = ::send(socket_.get(), unsent_.data() + unsentOffset_,
                                     unsent_.size() - unsentOffset_, MSG_NOSIGNAL);
        if (taken < 0) {
            if (!wouldBlock()) {
                return false;
            }
            // A peer that never lets this run empty must not make it grow for ever.
            if (unsentOffset_ > unsent_.size() / 2) {
                unsent_.erase(unsent_.begin(),
                              unsent_.begin() + static_cast<std::ptrdiff_t>(unsentOffset_));
                unsentOffset_ = 0;
            }
            return true;
        }
        bytesSent += static_cast<uint64_t>(taken);
        unsentOffset_ += static_cast<size_t>(taken);
    }
    std::vector<uint8_t>().swap(unsent_); // no buffer while idle
    unsentOffset_ = 0;
    updateWatch();
    return true;
}

void Hop::setReading(bool on) {
    if (on != reading_) {
        reading_ = on;
        updateWatch();
    }
}

void Hop::shutdownWrite() {
    ::shutdown(socket_.get(), SHUT_WR);
}

void Hop::updateWatch() {
    const bool writing = connecting_ || !unsent_.empty();
    loop_.modify(socket_.get(), (reading_ ? EventRead : 0u) | (writing ? EventWrite : 0u));
}

} // namespace srsproxy::rtmp
