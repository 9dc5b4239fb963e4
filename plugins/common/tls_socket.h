#pragma once

/// What OpenSSL reads from and writes to: a non-blocking socket, by a BIO of our own. OpenSSL's own
/// one writes with write(), which raises SIGPIPE; this one does not. It also saves the call that
/// would only say that the socket is empty. Owned by a TlsStream, used on its loop.
/// Source: OpenSSL 3.0 manual, BIO_meth_new(3), BIO_should_retry(3).

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace srsproxy {

class TlsSocket {
public:
    /// `alreadyRead` comes before what the socket gives.
    TlsSocket(int fd, std::span<const uint8_t> alreadyRead)
        : fd_(fd), early_(alreadyRead.begin(), alreadyRead.end()) {}
    TlsSocket(const TlsSocket&) = delete;
    TlsSocket& operator=(const TlsSocket&) = delete;

    /// Null without memory. *this outlives it.
    BIO* makeBio();

    /// Before each call into OpenSSL. With `mayRead` false the socket is not read: whatever lies
    /// in it goes on being announced as readable.
    void begin(bool mayRead) {
        mayRead_ = mayRead;
        empty_ = false;
        full_ = false;
    }

    int error() const { return error_; } ///< errno of a failed call, or 0
    bool ended() const { return ended_; }
    /// The first byte that came, when TLS cannot begin with it.
    std::optional<uint8_t> foreignByte() const { return foreignByte_; }

private:
    struct Calls; ///< OpenSSL's table of functions

    int read(BIO* bio, std::span<uint8_t> room);
    int write(BIO* bio, std::span<const uint8_t> bytes);
    size_t takeEarly(std::span<uint8_t> room);

    int fd_;
    int error_ = 0;
    bool mayRead_ = false;
    bool empty_ = false; ///< the last recv got less than there was room for
    bool full_ = false;  ///< the last send took less than there was
    bool ended_ = false;
    bool started_ = false;
    std::optional<uint8_t> foreignByte_;
    std::vector<uint8_t> early_;
    size_t earlyOffset_ = 0;
};

} // namespace srsproxy
