#pragma once

/// The server side of TLS: several certificates, chosen by the name that a client asks for, and
/// taken anew from their files while connections come and go. Made on the main thread; its
/// connections live on the loops, and it outlives them.
/// Sources: RFC 6066 §3 (SNI), RFC 6125 §6.4 (wildcards).

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "plugins/common/tls_certificate.h"
#include "plugins/common/tls_context.h"
#include "plugins/common/tls_stream.h"

namespace srsproxy {

struct TlsServerOptions {
    std::vector<TlsFiles> certificates; ///< at least one; the first serves all other names
    TlsVersion minVersion = TlsVersion::Tls12;
    /// Session tickets. TLS 1.3 sends them after the handshake, which clients that take the first
    /// bytes for those of their protocol do not survive (librtmp with GnuTLS).
    bool tickets = true;
};

/// What a look at the files led to.
struct TlsReload {
    std::vector<std::string> taken;    ///< certificate files that new connections get from now on
    std::vector<std::string> problems; ///< of pairs that changed and are no use; the old ones stay
};

class TlsServerContext {
public:
    /// Throws std::runtime_error naming the file and what to do. [main]
    explicit TlsServerContext(const TlsServerOptions& options);
    TlsServerContext(const TlsServerContext&) = delete;
    TlsServerContext& operator=(const TlsServerContext&) = delete;

    /// Looks at all files and loads the pairs of which one is not what it was. Each change is
    /// told once, good or bad. Reads files: seldom, and from one thread at a time.
    TlsReload reloadIfChanged();

    /// A connection on a socket that stays the caller's. `alreadyRead`: bytes of the client that
    /// were read before TLS was begun. [any]
    std::unique_ptr<TlsStream> accept(int fd, std::span<const uint8_t> alreadyRead = {}) const;

private:
    using Certificates = std::vector<std::shared_ptr<const TlsCertificate>>;
    struct Watched {
        TlsFiles files;
        FileStamp certificate;
        FileStamp key;
    };

    static int chooseCertificate(SSL* connection, int* alert, void* self) noexcept;
    std::shared_ptr<const Certificates> certificates() const;

    std::vector<Watched> watched_;
    SslContext context_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Certificates> certificates_; ///< guarded by mutex_; swapped whole
};

} // namespace srsproxy
