#include "plugins/common/tls_server.h"

#include <openssl/ssl.h>

#include <stdexcept>
#include <utility>

namespace srsproxy {

TlsServerContext::TlsServerContext(const TlsServerOptions& options)
    : context_(makeSslContext(TlsRole::Server, options.minVersion)) {
    if (options.certificates.empty()) {
        throw std::runtime_error("TLS needs a certificate and its key: name the files of one pair");
    }
    auto loaded = std::make_shared<Certificates>();
    for (const TlsFiles& files : options.certificates) {
        // Stamped before they are read: what changes meanwhile is loaded again.
        watched_.push_back({files, FileStamp(files.certificate), FileStamp(files.key)});
        std::string problem;
        loaded->push_back(TlsCertificate::load(files, problem));
        if (!loaded->back()) {
            throw std::runtime_error(problem);
        }
    }
    certificates_ = std::move(loaded);
    if (!options.tickets) {
        SSL_CTX_set_num_tickets(context_.get(), 0);
        SSL_CTX_set_options(context_.get(), SSL_OP_NO_TICKET);
    }
    SSL_CTX_set_tlsext_servername_callback(context_.get(), chooseCertificate);
    SSL_CTX_set_tlsext_servername_arg(context_.get(), this);
}

TlsReload TlsServerContext::reloadIfChanged() {
    TlsReload reload;
    auto loaded = std::make_shared<Certificates>(*certificates());
    for (size_t i = 0; i < watched_.size(); ++i) {
        const TlsFiles& files = watched_[i].files;
        const FileStamp certificate(files.certificate);
        const FileStamp key(files.key);
        if (certificate == watched_[i].certificate && key == watched_[i].key) {
            continue;
        }
        watched_[i].certificate = certificate;
        watched_[i].key = key;
        std::string problem;
        if (auto fresh = TlsCertificate::load(files, problem)) {
            (*loaded)[i] = std::move(fresh);
            reload.taken.push_back(files.certificate);
        } else {
            reload.problems.push_back(problem + "; the certificate loaded before stays in use");
        }
    }
    if (!reload.taken.empty()) {
        const std::lock_guard lock(mutex_);
        certificates_ = std::move(loaded);
    }
    return reload;
}

std::unique_ptr<TlsStream> TlsServerContext::accept(int fd,
                                                    std::span<const uint8_t> alreadyRead) const {
    return std::make_unique<TlsStream>(context_.get(), fd, alreadyRead);
}

int TlsServerContext::chooseCertificate(SSL* connection, int* alert, void* self) noexcept {
    const auto certificates = static_cast<const TlsServerContext*>(self)->certificates();
    // Called without a name too. Of several that match, one for each kind of key is offered: the
    // client's algorithms decide.
    if (const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name)) {
        for (const auto match : {TlsCertificate::Match::Exact, TlsCertificate::Match::Wildcard}) {
            bool used = false;
            for (const auto& certificate : *certificates) {
                used |= certificate->isFor(name, match) && certificate->use(connection);
            }
            if (used) {
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    if (certificates->front()->use(connection)) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<const TlsServerContext::Certificates> TlsServerContext::certificates() const {
    const std::lock_guard lock(mutex_);
    return certificates_;
}

} // namespace srsproxy
