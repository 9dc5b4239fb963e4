/// A stream that its origin sends elsewhere, when redirects are followed.

#include <utility>

#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {

/// True when the stream goes where the answer says. The answer's bytes may go then.
bool Stream::follow(const Redirect& redirect) {
    LoopPart& part = connection_.part();
    const unsigned step = detour_ ? detour_->step() + 1 : 1;
    if (!part.config().followRedirects || redirectsEnded_ || !request_) {
        return false;
    }
    if (step > Detour::MaxSteps) {
        redirectsEnded_ = true;
        return false;
    }
    std::string_view error;
    std::optional<RedirectTarget> target = parseRedirect(redirect, originUrl(), error);
    if (!target) {
        redirectsEnded_ = true; // one line is enough
        part.log(LogWarning, record_->id(), "redirect",
                 originName_ + " redirects to a place that is no use: " + std::string(error));
        return false;
    }
    part.log(LogInfo, record_->id(), "redirect", originName_ + " redirects to " + target->tcUrl);
    detour_ =
        std::make_unique<Detour>(std::move(*target), step, connection_.connectObject(), *request_);
    return true;
}

/// The tcUrl by which the origin itself is reached: relative redirects start there.
std::string Stream::originUrl() const {
    if (detour_) {
        return detour_->target().tcUrl;
    }
    const std::string tcUrl = connection_.tcUrl();
    const size_t host = tcUrl.find("://");
    const size_t path = host == std::string::npos ? host : tcUrl.find('/', host + 3);
    return (door_.tls ? "rtmps://" : "rtmp://") + toString(peerAddress(origin_->fd())) +
           (path == std::string::npos ? "/" : tcUrl.substr(path));
}

void Stream::goToDetour() {
    dropOrigin();
    phase_ = Phase::Routing;
    LoopPart& part = connection_.part();
    deadline(part.config().originTimeoutUs);
    door_.tls = detour_->target().tls;
    detour_->find(part.resolver(), part.loop(),
                  [this](const SocketAddress& peer, const std::string& error) {
                      Connection::Entry entry(connection_);
                      if (phase_ != Phase::Routing || connection_.closing()) {
                          return;
                      }
                      if (peer.size == 0) {
                          originFailed(OutcomeConnectRefused, error);
                      } else {
                          connectTo(peer);
                      }
                      connection_.conclude();
                  });
}

} // namespace srsproxy::rtmp
