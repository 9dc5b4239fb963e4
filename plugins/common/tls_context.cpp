#include "plugins/common/tls_context.h"

#include <openssl/ssl.h>

#include <stdexcept>

#include "plugins/common/tls_error.h"

namespace srsproxy {

std::optional<TlsVersion> parseTlsVersion(std::string_view text) {
    if (text == "1.2") {
        return TlsVersion::Tls12;
    }
    if (text == "1.3") {
        return TlsVersion::Tls13;
    }
    return std::nullopt;
}

void SslContextFree::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}

SslContext makeSslContext(TlsRole role, TlsVersion minVersion) {
    SslContext context(
        SSL_CTX_new(role == TlsRole::Server ? TLS_server_method() : TLS_client_method()));
    const int oldest = minVersion == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (!context || SSL_CTX_set_min_proto_version(context.get(), oldest) != 1) {
        throw std::runtime_error("OpenSSL gives no TLS context: " + takeTlsError());
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Idle connections hold no record buffers; what is not taken yet may move in memory.
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    // One recv for as many records as came, not two for each.
    SSL_CTX_set_read_ahead(context.get(), 1);
    // Tickets resume sessions without memory or a lock of ours.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

} // namespace srsproxy
