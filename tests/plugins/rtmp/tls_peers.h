#pragma once

/// The peers of peers.h inside TLS, by OpenSSL itself on blocking sockets.

#include <openssl/ssl.h>

#include <memory>
#include <utility>

#include "tests/plugins/common/tls_files.h"
#include "tests/plugins/rtmp/peers.h"

namespace srsproxy::rtmp::test {

/// `Base`: Client or OriginPeer.
template <typename Base> class InTls final : public Base {
public:
    /// Shakes hands; `files` null: as a client.
    InTls(Fd socket, const TlsFiles* files)
        : Base(std::move(socket)), context_(SSL_CTX_new(TLS_method())),
          ssl_(SSL_new(context_.get())) {
        SSL_set_fd(ssl_.get(), Base::fd());
        if (files != nullptr) {
            SSL_use_certificate_chain_file(ssl_.get(), files->certificate.c_str());
            SSL_use_PrivateKey_file(ssl_.get(), files->key.c_str(), SSL_FILETYPE_PEM);
        }
        const int done = files != nullptr ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get());
        if (done != 1) {
            throw std::runtime_error("test peer: no TLS handshake");
        }
    }
    /// Says so before it leaves.
    void shutdown() { SSL_shutdown(ssl_.get()); }

private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    ssize_t put(const uint8_t* bytes, size_t size) override {
        return SSL_write(ssl_.get(), bytes, static_cast<int>(size));
    }
    ssize_t take(uint8_t* bytes, size_t size) override {
        const int got = SSL_read(ssl_.get(), bytes, static_cast<int>(size));
        return got <= 0 && SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN ? 0 : got;
    }

    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
};

} // namespace srsproxy::rtmp::test
