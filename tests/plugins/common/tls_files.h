#pragma once

/// Certificate authorities, certificates and keys made while a test runs, as PEM files in a folder
/// that goes with the test.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "plugins/common/tls_certificate.h"

namespace srsproxy::test {

class TempFolder {
public:
    TempFolder() {
        std::string name = std::filesystem::temp_directory_path() / "srsproxy_tls_XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    ~TempFolder() { std::filesystem::remove_all(path_); }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::string file(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline void writeFile(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct OpenSslFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename Type> using OpenSslPtr = std::unique_ptr<Type, OpenSslFree>;

/// A certificate and its key in memory.
struct TestPair {
    std::string name; ///< common name
    OpenSslPtr<X509> certificate;
    OpenSslPtr<EVP_PKEY> key;

    std::string certificatePem() const {
        const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), certificate.get());
        return textOf(bio.get());
    }
    /// With a passphrase, encrypted.
    std::string keyPem(const char* passphrase = nullptr) const {
        const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(),
                                      passphrase != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr,
                                      0, nullptr, const_cast<char*>(passphrase));
        return textOf(bio.get());
    }
    /// Writes both files into the folder.
    TlsFiles write(const TempFolder& folder) const {
        TlsFiles files{folder.file(name + ".crt"), folder.file(name + ".key")};
        writeFile(files.certificate, certificatePem());
        writeFile(files.key, keyPem());
        return files;
    }

private:
    static std::string textOf(BIO* bio) {
        char* text = nullptr;
        const long size = BIO_get_mem_data(bio, &text);
        return {text, static_cast<size_t>(size)};
    }
};

enum class KeyKind { Ec, Rsa, WeakRsa };

/// Signs certificates of peers.
class TestAuthority {
public:
    explicit TestAuthority(const std::string& name = "test CA") {
        pair_ = make(name, "", KeyKind::Ec, nullptr);
    }

    /// `alternatives` as OpenSSL writes them: `DNS:a.example,IP:127.0.0.1`.
    TestPair issue(const std::string& name, const std::string& alternatives,
                   KeyKind kind = KeyKind::Ec) const {
        return make(name, alternatives, kind, &pair_);
    }
    static TestPair selfSigned(const std::string& name, const std::string& alternatives) {
        return make(name, alternatives, KeyKind::Ec, nullptr);
    }
    const TestPair& own() const { return pair_; }
    std::string writeCa(const TempFolder& folder) const {
        const std::string path = folder.file(pair_.name + ".pem");
        writeFile(path, pair_.certificatePem());
        return path;
    }

private:
    static EVP_PKEY* makeKey(KeyKind kind) {
        switch (kind) {
        case KeyKind::Rsa:
            return EVP_RSA_gen(2048U);
        case KeyKind::WeakRsa:
            return EVP_RSA_gen(1024U);
        case KeyKind::Ec:
            break;
        }
        return EVP_EC_gen("P-256");
    }

    static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
        X509V3_CTX context{};
        X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
        const OpenSslPtr<X509_EXTENSION> extension(
            X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
        EXPECT_TRUE(extension) << value;
        X509_add_ext(certificate, extension.get(), -1);
    }

    static TestPair make(const std::string& name, const std::string& alternatives, KeyKind kind,
                         const TestPair* issuer) {
        TestPair pair{name, OpenSslPtr<X509>(X509_new()), OpenSslPtr<EVP_PKEY>(makeKey(kind))};
        X509* certificate = pair.certificate.get();
        static long serial = 0;
        X509_set_version(certificate, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_NAME* subject = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
        X509_set_issuer_name(certificate, X509_get_subject_name(signer));
        X509_set_pubkey(certificate, pair.key.get());
        if (issuer == nullptr) {
            extend(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
        }
        if (!alternatives.empty()) {
            extend(certificate, signer, NID_subject_alt_name, alternatives);
        }
        EVP_PKEY* signingKey = issuer != nullptr ? issuer->key.get() : pair.key.get();
        EXPECT_GT(X509_sign(certificate, signingKey, EVP_sha256()), 0);
        return pair;
    }

    TestPair pair_;
};

} // namespace srsproxy::test
