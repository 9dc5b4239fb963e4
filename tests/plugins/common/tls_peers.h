#pragma once

/// Two ends of a TLS connection in one thread: our streams, or OpenSSL used straight as a client
/// that is none of ours.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugins/common/socket.h"
#include "plugins/common/tls_client.h"
#include "plugins/common/tls_server.h"
#include "tests/plugins/common/tls_files.h"

namespace srsproxy::test {

struct SocketPair {
    explicit SocketPair(int bufferBytes = 0) {
        int ends[2] = {-1, -1};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
        for (const int end : ends) {
            if (bufferBytes > 0) {
                ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bufferBytes, sizeof bufferBytes);
            }
        }
        server.reset(ends[0]);
        client.reset(ends[1]);
    }
    Fd server;
    Fd client;
};

/// One reading of at most `most` bytes, appended to `bytes`.
inline TlsResult readInto(TlsStream& stream, std::vector<uint8_t>& bytes, size_t most = 65536) {
    const size_t before = bytes.size();
    bytes.resize(before + most);
    const iovec room{bytes.data() + before, most};
    const TlsResult result = stream.read({&room, 1});
    bytes.resize(before + result.bytes);
    EXPECT_EQ(ERR_peek_error(), 0u);
    return result;
}

inline TlsResult writeFrom(TlsStream& stream, std::span<const uint8_t> bytes) {
    const iovec piece{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    const TlsResult result = stream.write({&piece, 1});
    EXPECT_EQ(ERR_peek_error(), 0u);
    return result;
}

/// Lets both sides shake hands, up to the end or until one cannot go on; what came of the last
/// reading of each.
struct Handshake {
    Handshake(TlsStream& server, TlsStream& client) {
        std::vector<uint8_t> nothing;
        for (int round = 0; round < 100 && (server.handshaking() || client.handshaking());
             ++round) {
            client.handshake();
            EXPECT_EQ(ERR_peek_error(), 0u);
            onServer = readInto(server, nothing).kind;
            onClient = readInto(client, nothing).kind;
            if (onServer >= TlsResult::Closed && onClient >= TlsResult::Closed) {
                break;
            }
        }
        done = !server.handshaking() && !client.handshaking();
    }
    bool done = false;
    TlsResult::Kind onServer = TlsResult::WantRead;
    TlsResult::Kind onClient = TlsResult::WantRead;
};

/// OpenSSL as a client, without anything of ours.
class RawClient {
public:
    RawClient(int fd, const char* serverName, const char* ciphers = nullptr,
              int maxVersion = TLS1_3_VERSION)
        : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
        SSL_set_max_proto_version(ssl_.get(), maxVersion);
        if (ciphers != nullptr) {
            EXPECT_EQ(SSL_set_cipher_list(ssl_.get(), ciphers), 1);
        }
        if (serverName != nullptr) {
            SSL_set_tlsext_host_name(ssl_.get(), serverName);
        }
        SSL_set_fd(ssl_.get(), fd);
        SSL_set_connect_state(ssl_.get());
    }
    SSL* ssl() { return ssl_.get(); }

    /// Shakes hands with the stream; false when it does not come about.
    bool connect(TlsStream& server) {
        std::vector<uint8_t> nothing;
        for (int round = 0; round < 100; ++round) {
            const bool done = SSL_do_handshake(ssl_.get()) == 1;
            ERR_clear_error();
            if (readInto(server, nothing).kind >= TlsResult::Closed) {
                return false;
            }
            if (done && !server.handshaking()) {
                return true;
            }
        }
        return false;
    }
    /// The common name of the server's certificate.
    std::string peerName() {
        const OpenSslPtr<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
        char name[256] = "";
        if (certificate) {
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                                      name, sizeof name);
        }
        return name;
    }

private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
};

/// The name of the certificate that a new client is shown which asks for `serverName`.
inline std::string shownTo(const TlsServerContext& context, const char* serverName,
                           const char* ciphers = nullptr, int maxVersion = TLS1_3_VERSION) {
    const SocketPair sockets;
    const auto server = context.accept(sockets.server.get());
    RawClient client(sockets.client.get(), serverName, ciphers, maxVersion);
    return client.connect(*server) ? client.peerName() : "no handshake: " + server->failure();
}

} // namespace srsproxy::test
