#include "plugins/common/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "plugins/common/tls_error.h"

namespace srsproxy {
namespace {

/// Whom the peer has to be. False without memory.
bool expectPeer(SSL* connection, const std::string& name) {
    const bool numeric =
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1;
    ERR_clear_error();
    if (numeric) {
        return true;
    }
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(connection, name.c_str()) == 1 &&
           SSL_set_tlsext_host_name(connection, name.c_str()) == 1;
}

} // namespace

TlsClientContext::TlsClientContext(const TlsClientOptions& options)
    : context_(makeSslContext(TlsRole::Client, TlsVersion::Tls12)),
      serverName_(options.serverName) {
    if (!options.verify) {
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
        return;
    }
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (options.caFile.empty()) {
        if (SSL_CTX_set_default_verify_paths(context_.get()) != 1) {
            throw std::runtime_error("cannot load the system's certificate authorities: " +
                                     takeTlsError() + "; name a CA file instead");
        }
    } else if (SSL_CTX_load_verify_file(context_.get(), options.caFile.c_str()) != 1) {
        throw std::runtime_error("cannot load certificate authorities from " + options.caFile +
                                 ": " + takeTlsError() +
                                 "; a readable file of certificates in PEM form is wanted");
    }
    ERR_clear_error();
}

std::unique_ptr<TlsStream> TlsClientContext::connect(int fd, const std::string& address) const {
    SSL* connection = SSL_new(context_.get());
    if (connection != nullptr &&
        !expectPeer(connection, serverName_.empty() ? address : serverName_)) {
        SSL_free(connection);
        connection = nullptr; // a stream without a connection says so
    }
    ERR_clear_error();
    return std::make_unique<TlsStream>(connection, fd);
}

} // namespace srsproxy
