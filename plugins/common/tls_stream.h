#pragma once

/// One TLS connection on a non-blocking socket. Never waits, never raises SIGPIPE, leaves the
/// thread's OpenSSL error queue empty, renegotiates with nobody. The handshake goes on by itself
/// inside read() and write(). Made by a TlsServerContext or TlsClientContext, which outlives it;
/// used on the loop of the socket, which stays the owner's. On the server's side some hundred bytes
/// until the client says something, then 15 KiB, and 17 KiB more for each direction in which a
/// record is under way.
/// Sources: RFC 8446, RFC 5246; OpenSSL 3.0 manual, SSL_read(3), SSL_get_error(3), SSL_shutdown(3).

#include <openssl/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "plugins/common/tls_context.h"
#include "plugins/common/tls_socket.h"

namespace srsproxy {

/// What came of one call.
struct TlsResult {
    enum Kind {
        Data,      ///< `bytes` were read or taken
        WantRead,  ///< nothing to be done before the socket is readable
        WantWrite, ///< nothing to be done before the socket is writable
        Closed,    ///< the peer said that no more will come
        Truncated, ///< the peer's TCP ended without saying so
        Failed,    ///< error() and failure() say how
    } kind = WantRead;
    size_t bytes = 0;
};

/// From where read() may take: the socket, or only what was taken from it before.
enum class TlsSource : uint8_t { Socket, Buffered };

class TlsStream {
public:
    /// The server's side, made of `context`. `alreadyRead` comes before what the socket gives.
    TlsStream(SSL_CTX* context, int fd, std::span<const uint8_t> alreadyRead);
    /// The client's side: takes over `connection`. Null stands for one that could not be made:
    /// every call fails then.
    TlsStream(SSL* connection, int fd);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    /// Goes on with the handshake as far as that is possible without reading.
    TlsResult handshake();
    /// The handshake is not over. Payload that is read or taken is behind it.
    bool handshaking() const { return handshaking_; }

    /// Fills the room, piece by piece, as long as there is something.
    TlsResult read(std::span<const iovec> room, TlsSource source = TlsSource::Socket);
    /// There is something to be read (bytes, or the end) that no readiness of the socket will
    /// announce. Changes in read(), write() and handshake().
    bool hasBuffered() const { return unannounced_ && !(handshaking_ && wantsWrite_); }

    /// Takes from the front of the pieces what the socket can take; small pieces share records.
    /// Requires: what was not taken comes again, at the front of the next write.
    TlsResult write(std::span<const iovec> pieces);
    /// Something waits for the socket to become writable.
    bool wantsWrite() const { return wantsWrite_; }

    /// Tells the peer that no more will come (close_notify). False when it has to be called again
    /// once the socket is writable. Requires: all that was to be written was taken.
    bool closeNotify();

    int error() const { return error_; } ///< errno; EPROTO when TLS itself failed
    /// For the log: why the connection failed or was truncated. Empty while it was not.
    const std::string& failure() const { return failure_; }

private:
    struct SslFree {
        void operator()(SSL* connection) const;
    };

    void adopt(SSL* connection);
    void begin(bool mayRead);
    void handshakeDone();
    /// What OpenSSL says of a call that returned `returned`; keeps what has to be kept.
    TlsResult::Kind outcome(int returned);
    TlsResult::Kind lost();
    std::string peerFailure() const;
    TlsResult writeOne(std::span<const uint8_t> bytes);

    TlsSocket socket_;
    SSL_CTX* context_ = nullptr;               ///< of the server's side
    std::unique_ptr<SSL, SslFree> connection_; ///< none before the client says something
    bool handshaking_ = true;
    bool wantsWrite_ = false;
    bool unannounced_ = false;
    bool closeNotified_ = false;
    TlsResult::Kind end_ = TlsResult::Data; ///< Closed, Truncated or Failed once it is so
    int error_ = 0;
    std::string failure_;
};

} // namespace srsproxy
