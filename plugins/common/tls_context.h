#pragma once

/// What every TLS context of ours has in common: the oldest version spoken, and OpenSSL set up for
/// many non-blocking connections. OpenSSL's own choice of ciphers at each version stays.
/// Source: OpenSSL 3.0 manual, SSL_CTX_set_options(3), SSL_CTX_set_mode(3).

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace srsproxy {

enum class TlsVersion : uint8_t { Tls12, Tls13 };

/// `1.2` or `1.3`.
std::optional<TlsVersion> parseTlsVersion(std::string_view text);

struct SslContextFree {
    void operator()(SSL_CTX* context) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

enum class TlsRole : uint8_t { Server, Client };

/// Throws std::runtime_error when OpenSSL gives no context. [main]
SslContext makeSslContext(TlsRole role, TlsVersion minVersion);

} // namespace srsproxy
