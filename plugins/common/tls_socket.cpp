#include "plugins/common/tls_socket.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace srsproxy {
namespace {

bool wouldBlock(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/// The first record is a handshake's or, from a server, an alert (RFC 8446 §5.1).
bool beginsTls(uint8_t byte) {
    return byte == 0x16 || byte == 0x15;
}

} // namespace

struct TlsSocket::Calls {
    static TlsSocket& socket(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* room, int size) {
        BIO_clear_retry_flags(bio);
        return socket(bio).read(bio, {reinterpret_cast<uint8_t*>(room), static_cast<size_t>(size)});
    }
    static int write(BIO* bio, const char* bytes, int size) {
        BIO_clear_retry_flags(bio);
        return socket(bio).write(
            bio, {reinterpret_cast<const uint8_t*>(bytes), static_cast<size_t>(size)});
    }
    static long control(BIO* bio, int command, long, void*) {
        switch (command) {
        case BIO_CTRL_FLUSH:
            return 1; // nothing is held back
        case BIO_CTRL_EOF:
            return socket(bio).ended() ? 1 : 0;
        default:
            return 0;
        }
    }

    struct Free {
        void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
    };
    static std::unique_ptr<BIO_METHOD, Free> makeTable() {
        std::unique_ptr<BIO_METHOD, Free> table(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "srsproxy socket"));
        if (table) {
            BIO_meth_set_read(table.get(), read);
            BIO_meth_set_write(table.get(), write);
            BIO_meth_set_ctrl(table.get(), control);
        }
        return table;
    }
};

BIO* TlsSocket::makeBio() {
    static const auto table = Calls::makeTable(); // never changes
    BIO* bio = table ? BIO_new(table.get()) : nullptr;
    if (bio != nullptr) {
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
    }
    return bio;
}

int TlsSocket::read(BIO* bio, std::span<uint8_t> room) {
    if (!mayRead_ || empty_) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = takeEarly(room);
    if (count == 0) {
        const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
        if (got < 0 && wouldBlock(errno)) {
            empty_ = true;
            BIO_set_retry_read(bio);
            return -1;
        }
        if (got <= 0) {
            error_ = got < 0 ? errno : 0;
            ended_ = got == 0;
            return static_cast<int>(got);
        }
        count = static_cast<size_t>(got);
        empty_ = count < room.size();
    }
    if (!started_) {
        started_ = true;
        if (!beginsTls(room[0])) {
            foreignByte_ = room[0];
            return -1;
        }
    }
    return static_cast<int>(count);
}

size_t TlsSocket::takeEarly(std::span<uint8_t> room) {
    const size_t count = std::min(room.size(), early_.size() - earlyOffset_);
    if (count > 0) {
        std::memcpy(room.data(), early_.data() + earlyOffset_, count);
        earlyOffset_ += count;
        if (earlyOffset_ == early_.size()) {
            std::vector<uint8_t>().swap(early_);
            earlyOffset_ = 0;
        }
    }
    return count;
}

int TlsSocket::write(BIO* bio, std::span<const uint8_t> bytes) {
    if (full_) {
        BIO_set_retry_write(bio);
        return -1;
    }
    const ssize_t taken = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0) {
        if (wouldBlock(errno)) {
            full_ = true;
            BIO_set_retry_write(bio);
        } else {
            error_ = errno;
        }
        return -1;
    }
    full_ = static_cast<size_t>(taken) < bytes.size();
    return static_cast<int>(taken);
}

} // namespace srsproxy
