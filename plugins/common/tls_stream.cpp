#include "plugins/common/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "plugins/common/socket.h"
#include "plugins/common/tls_error.h"

namespace srsproxy {
namespace {

constexpr size_t RecordBytes = SSL3_RT_MAX_PLAIN_LENGTH; // 16 KiB of payload

std::string notTls(uint8_t byte) {
    constexpr char Digits[] = "0123456789abcdef";
    std::string text = "this is not TLS: it began with byte 0x";
    text += Digits[byte >> 4];
    text += Digits[byte & 15];
    if (byte == 3) {
        text += ", as plain RTMP does";
    } else if (byte >= 'A' && byte <= 'Z') {
        text += ", as plain HTTP does";
    }
    return text + "; a TLS handshake begins with 0x16";
}

/// Whom the certificate should have been for.
std::string expectedPeer(X509_VERIFY_PARAM* wanted) {
    if (const char* host = X509_VERIFY_PARAM_get0_host(wanted, 0)) {
        return host;
    }
    std::string address;
    if (char* text = X509_VERIFY_PARAM_get1_ip_asc(wanted)) {
        address = text;
        OPENSSL_free(text);
    }
    return address;
}

/// Walks over pieces of bytes.
class PieceCursor {
public:
    explicit PieceCursor(std::span<const iovec> pieces) : pieces_(pieces) { skip(0); }

    bool atEnd() const { return pieces_.empty(); }
    bool inLastPiece() const { return pieces_.size() == 1; }
    /// What is left of the piece it is in.
    std::span<const uint8_t> piece() const { return bytesOf(pieces_.front()).subspan(offset_); }

    void skip(size_t count) {
        offset_ += count;
        while (!pieces_.empty() && offset_ >= pieces_.front().iov_len) {
            offset_ -= pieces_.front().iov_len;
            pieces_ = pieces_.subspan(1);
        }
    }

    /// A copy of the next bytes, as many as there is room for. Does not move.
    std::span<const uint8_t> gather(std::span<uint8_t> room) const {
        size_t filled = 0;
        size_t from = offset_;
        for (const iovec& each : pieces_) {
            const auto bytes = bytesOf(each).subspan(from);
            const size_t count = std::min(bytes.size(), room.size() - filled);
            std::copy_n(bytes.begin(), count, room.begin() + static_cast<std::ptrdiff_t>(filled));
            filled += count;
            from = 0;
        }
        return room.first(filled);
    }

private:
    static std::span<const uint8_t> bytesOf(const iovec& piece) {
        return {static_cast<const uint8_t*>(piece.iov_base), piece.iov_len};
    }

    std::span<const iovec> pieces_;
    size_t offset_ = 0; ///< in the first of them
};

} // namespace

void TlsStream::SslFree::operator()(SSL* connection) const {
    SSL_free(connection);
}

TlsStream::TlsStream(SSL_CTX* context, int fd, std::span<const uint8_t> alreadyRead)
    : socket_(fd, alreadyRead), context_(context), unannounced_(!alreadyRead.empty()) {}

TlsStream::TlsStream(SSL* connection, int fd) : socket_(fd, {}) {
    adopt(connection);
}

void TlsStream::adopt(SSL* connection) {
    connection_.reset(connection);
    BIO* bio = connection != nullptr ? socket_.makeBio() : nullptr;
    if (bio == nullptr) {
        ERR_clear_error();
        connection_.reset();
        end_ = TlsResult::Failed;
        error_ = ENOMEM;
        failure_ = "no memory for a TLS connection";
        return;
    }
    SSL_set_bio(connection, bio, bio); // takes it over
    if (context_ != nullptr) {
        SSL_set_accept_state(connection);
    } else {
        SSL_set_connect_state(connection);
    }
}

TlsStream::~TlsStream() = default;

void TlsStream::handshakeDone() {
    if (handshaking_) {
        handshaking_ = false;
        wantsWrite_ = false;
    }
}

void TlsStream::begin(bool mayRead) {
    ERR_clear_error();
    socket_.begin(mayRead);
}

TlsResult TlsStream::handshake() {
    if (end_ == TlsResult::Failed) {
        return {TlsResult::Failed};
    }
    if (!connection_) {
        return {TlsResult::WantRead}; // the client speaks first
    }
    begin(false);
    const int returned = SSL_do_handshake(connection_.get());
    if (returned != 1) {
        return {outcome(returned)};
    }
    wantsWrite_ = false;
    handshaking_ = false;
    return {TlsResult::Data};
}

TlsResult TlsStream::read(std::span<const iovec> room, TlsSource source) {
    unannounced_ = false;
    if (!connection_ && end_ == TlsResult::Data) {
        adopt(SSL_new(context_));
    }
    if (end_ != TlsResult::Data) {
        return {end_};
    }
    begin(source == TlsSource::Socket);
    size_t total = 0;
    for (const iovec& piece : room) {
        auto* bytes = static_cast<uint8_t*>(piece.iov_base);
        size_t left = piece.iov_len;
        while (left > 0) {
            size_t got = 0;
            const int returned = SSL_read_ex(connection_.get(), bytes, left, &got);
            if (returned != 1) {
                const TlsResult::Kind kind = outcome(returned);
                if (total == 0) {
                    unannounced_ = unannounced_ && kind == TlsResult::WantWrite;
                    return {kind};
                }
                return {TlsResult::Data, total};
            }
            handshakeDone();
            bytes += got;
            left -= got;
            total += got;
        }
    }
    unannounced_ = SSL_has_pending(connection_.get()) == 1;
    return {TlsResult::Data, total};
}

TlsResult TlsStream::write(std::span<const iovec> pieces) {
    std::array<uint8_t, RecordBytes> record; // not initialised: only what is gathered is read
    PieceCursor cursor(pieces);
    size_t total = 0;
    while (!cursor.atEnd()) {
        // Whole records go from where they lie, what is shorter shares records.
        std::span<const uint8_t> bytes = cursor.piece();
        if (!cursor.inLastPiece()) {
            bytes = bytes.size() < RecordBytes
                        ? cursor.gather(record)
                        : bytes.first(bytes.size() - bytes.size() % RecordBytes);
        }
        const TlsResult result = writeOne(bytes);
        total += result.bytes;
        if (result.bytes < bytes.size()) {
            return total > 0 ? TlsResult{TlsResult::Data, total} : result;
        }
        cursor.skip(bytes.size());
    }
    return {TlsResult::Data, total};
}

TlsResult TlsStream::writeOne(std::span<const uint8_t> bytes) {
    if (end_ == TlsResult::Failed) {
        return {TlsResult::Failed};
    }
    if (!connection_) {
        return {TlsResult::WantRead};
    }
    begin(false);
    size_t total = 0;
    while (total < bytes.size()) {
        size_t taken = 0;
        const int returned =
            SSL_write_ex(connection_.get(), bytes.data() + total, bytes.size() - total, &taken);
        if (returned != 1) {
            return {outcome(returned), total};
        }
        handshaking_ = false;
        total += taken;
    }
    wantsWrite_ = false;
    return {TlsResult::Data, total};
}

bool TlsStream::closeNotify() {
    if (closeNotified_ || handshaking_ || end_ == TlsResult::Failed) {
        return true;
    }
    begin(false);
    const int returned = SSL_shutdown(connection_.get());
    wantsWrite_ =
        returned < 0 && SSL_get_error(connection_.get(), returned) == SSL_ERROR_WANT_WRITE;
    closeNotified_ = !wantsWrite_;
    ERR_clear_error();
    return closeNotified_;
}

TlsResult::Kind TlsStream::outcome(int returned) {
    const int error = SSL_get_error(connection_.get(), returned);
    if (SSL_is_init_finished(connection_.get()) == 1) {
        handshakeDone();
    }
    switch (error) {
    case SSL_ERROR_WANT_READ:
        wantsWrite_ = wantsWrite_ && !handshaking_; // payload may wait, a handshake does not
        return TlsResult::WantRead;
    case SSL_ERROR_WANT_WRITE:
        wantsWrite_ = true;
        unannounced_ = SSL_has_pending(connection_.get()) == 1;
        return TlsResult::WantWrite;
    case SSL_ERROR_ZERO_RETURN:
        end_ = TlsResult::Closed;
        break;
    default:
        end_ = lost();
        break;
    }
    unannounced_ = true; // until a read has told it
    return end_;
}

TlsResult::Kind TlsStream::lost() {
    wantsWrite_ = false;
    auto kind = TlsResult::Failed;
    if (const auto byte = socket_.foreignByte()) {
        error_ = EPROTO;
        failure_ = notTls(*byte);
    } else if (socket_.ended()) {
        kind = TlsResult::Truncated;
        error_ = EPIPE;
        failure_ = handshaking_ ? "the peer closed the connection in the TLS handshake"
                                : "the peer closed the connection";
    } else if (socket_.error() != 0) {
        error_ = socket_.error();
        failure_ = errorText(error_);
    } else {
        error_ = EPROTO;
        failure_ = peerFailure();
    }
    ERR_clear_error();
    return kind;
}

std::string TlsStream::peerFailure() const {
    std::string text = takeTlsError();
    const long verified = SSL_get_verify_result(connection_.get());
    if (context_ == nullptr && verified != X509_V_OK && handshaking_) {
        text += std::string(": ") + X509_verify_cert_error_string(verified);
        if (verified == X509_V_ERR_HOSTNAME_MISMATCH ||
            verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
            text += ", it is not for " + expectedPeer(SSL_get0_param(connection_.get()));
        }
    }
    return text;
}

} // namespace srsproxy
