#include "plugins/common/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "plugins/common/socket.h"
#include "plugins/common/tls_context.h"
#include "plugins/common/tls_error.h"

namespace srsproxy {
namespace {

constexpr size_t MaxFileBytes = 1024 * 1024; // chains are some KiB

struct Free {
    void operator()(std::FILE* file) const { std::fclose(file); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(SSL* connection) const { SSL_free(connection); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};
template <typename Type> using Owned = std::unique_ptr<Type, Free>;

std::optional<std::string> readFile(const std::string& path, std::string& problem) {
    const Owned<std::FILE> file(std::fopen(path.c_str(), "re"));
    if (!file) {
        problem = errorText("cannot open " + path, errno) +
                  "; check the path, and that the proxy's user may read it";
        return std::nullopt;
    }
    std::string text(MaxFileBytes, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) {
        problem = errorText("cannot read " + path, errno);
        return std::nullopt;
    }
    return text;
}

Owned<BIO> reader(const std::string& text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Asked for a passphrase, and has none.
int noPassphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

Owned<EVP_PKEY> readKey(const std::string& path, std::string& problem) {
    const auto text = readFile(path, problem);
    if (!text) {
        return nullptr;
    }
    bool encrypted = false;
    Owned<EVP_PKEY> key(
        PEM_read_bio_PrivateKey(reader(*text).get(), nullptr, noPassphrase, &encrypted));
    if (encrypted) {
        problem = "the key " + path +
                  " is encrypted with a passphrase; write one without: openssl pkey -in " + path +
                  " -out plain.pem";
    } else if (!key) {
        problem = path + " holds no private key in PEM form (-----BEGIN PRIVATE KEY-----): " +
                  takeTlsError();
    }
    ERR_clear_error();
    return encrypted ? nullptr : std::move(key);
}

} // namespace

// --- files ----------------------------------------------------------------------------------

FileStamp::FileStamp(const std::string& path) {
    if (::stat(path.c_str(), &status_) != 0) {
        error_ = errno;
        status_ = {};
    }
}

bool FileStamp::operator==(const FileStamp& other) const {
    const auto same = [](const timespec& left, const timespec& right) {
        return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
    };
    // The change time tells of new permissions too: a file may have become readable.
    return error_ == other.error_ && status_.st_dev == other.status_.st_dev &&
           status_.st_ino == other.status_.st_ino && status_.st_size == other.status_.st_size &&
           same(status_.st_mtim, other.status_.st_mtim) &&
           same(status_.st_ctim, other.status_.st_ctim);
}

// --- certificates ---------------------------------------------------------------------------

struct TlsCertificate::Parts {
    Owned<X509> certificate;
    Owned<STACK_OF(X509)> chain{sk_X509_new_null()};
    Owned<EVP_PKEY> key;

    bool readCertificates(const std::string& path, std::string& problem) {
        const auto text = readFile(path, problem);
        if (!text) {
            return false;
        }
        const Owned<BIO> pem = reader(*text);
        certificate.reset(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
        if (!certificate) {
            problem = path + " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----): " +
                      takeTlsError();
            return false;
        }
        while (Owned<X509> next{PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)}) {
            if (sk_X509_push(chain.get(), next.get()) > 0) {
                [[maybe_unused]] const X509* kept = next.release(); // the chain's now
            }
        }
        const unsigned long end = ERR_peek_last_error();
        if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
            problem = "a certificate of the chain in " + path + " is damaged: " + takeTlsError();
            return false;
        }
        ERR_clear_error();
        return true;
    }
};

TlsCertificate::TlsCertificate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsCertificate::~TlsCertificate() = default;

std::shared_ptr<const TlsCertificate> TlsCertificate::load(const TlsFiles& files,
                                                           std::string& problem) {
    ERR_clear_error();
    auto parts = std::make_unique<Parts>();
    if (!parts->readCertificates(files.certificate, problem)) {
        return nullptr;
    }
    parts->key = readKey(files.key, problem);
    if (!parts->key) {
        return nullptr;
    }
    if (X509_check_private_key(parts->certificate.get(), parts->key.get()) != 1) {
        ERR_clear_error();
        problem = "the key " + files.key + " does not belong to the first certificate in " +
                  files.certificate +
                  "; give the two files of one pair, the server's own certificate before its chain";
        return nullptr;
    }
    std::shared_ptr<const TlsCertificate> loaded(new TlsCertificate(std::move(parts)));
    const SslContext context = makeSslContext(TlsRole::Server, TlsVersion::Tls12);
    const Owned<SSL> trial(SSL_new(context.get()));
    ERR_clear_error();
    if (!trial ||
        SSL_use_cert_and_key(trial.get(), loaded->parts_->certificate.get(),
                             loaded->parts_->key.get(), loaded->parts_->chain.get(), 0) != 1) {
        problem =
            "OpenSSL does not take the certificate " + files.certificate + ": " + takeTlsError();
        return nullptr;
    }
    return loaded;
}

bool TlsCertificate::isFor(const char* host, Match match) const {
    const unsigned flags =
        match == Match::Exact ? X509_CHECK_FLAG_NO_WILDCARDS : X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    const int found = X509_check_host(parts_->certificate.get(), host, 0, flags, nullptr);
    ERR_clear_error();
    return found == 1;
}

bool TlsCertificate::use(SSL* connection) const {
    const bool used = SSL_use_cert_and_key(connection, parts_->certificate.get(), parts_->key.get(),
                                           parts_->chain.get(), 0) == 1;
    ERR_clear_error();
    return used;
}

} // namespace srsproxy
