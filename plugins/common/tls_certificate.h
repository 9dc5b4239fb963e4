#pragma once

/// A certificate with its chain and private key, as a TLS server presents it, read from PEM files.
/// Immutable once loaded; used from any thread.
/// Sources: OpenSSL 3.0 manual, SSL_use_cert_and_key(3), X509_check_host(3); RFC 6125 §6.4.

#include <openssl/types.h>
#include <sys/stat.h>

#include <memory>
#include <string>

namespace srsproxy {

/// PEM files. The certificate's own comes first in its file, then its chain.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

/// Tells whether a file is still the one that was read.
class FileStamp {
public:
    FileStamp() = default;
    explicit FileStamp(const std::string& path);
    bool operator==(const FileStamp& other) const;

private:
    int error_ = 0; ///< errno of a file that cannot be looked at
    struct stat status_{};
};

class TlsCertificate {
public:
    /// Null when the files are no usable pair: `problem` then names the file and what to do.
    static std::shared_ptr<const TlsCertificate> load(const TlsFiles& files, std::string& problem);
    ~TlsCertificate();
    TlsCertificate(const TlsCertificate&) = delete;
    TlsCertificate& operator=(const TlsCertificate&) = delete;

    enum class Match { Exact, Wildcard };
    /// Whether the certificate is for that host: by name, or by a wildcard that is a whole label.
    bool isFor(const char* host, Match match) const;
    /// Offers it to the connection's peer. False when a certificate of the same kind of key has
    /// been offered already, or without memory.
    bool use(SSL* connection) const;

private:
    struct Parts;
    explicit TlsCertificate(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

} // namespace srsproxy
