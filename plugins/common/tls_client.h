#pragma once

/// The client side of TLS: whom to trust, and whom to expect. Made on the main thread; its
/// connections live on the loops.
/// Sources: RFC 6066 §3 (SNI carries no addresses), RFC 6125 §6.4, OpenSSL 3.0 manual
/// SSL_set1_host(3), X509_VERIFY_PARAM_set1_ip_asc(3).

#include <memory>
#include <string>

#include "plugins/common/tls_context.h"
#include "plugins/common/tls_stream.h"

namespace srsproxy {

struct TlsClientOptions {
    bool verify = true;
    std::string caFile;     ///< PEM; empty: the system's
    std::string serverName; ///< asked for and checked; empty: the address that is connected to
};

class TlsClientContext {
public:
    /// Throws std::runtime_error naming the file and what to do. [main]
    explicit TlsClientContext(const TlsClientOptions& options);

    /// A connection on a socket that stays the caller's. Without a serverName in the options the
    /// peer's certificate has to be for `address`: a numeric one, of which the peer is not told
    /// by SNI, or a host's name, which it is. [any]
    std::unique_ptr<TlsStream> connect(int fd, const std::string& address) const;

private:
    SslContext context_;
    std::string serverName_;
};

} // namespace srsproxy
