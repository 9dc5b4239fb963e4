#include "plugins/rtmp/loop_part.h"

#include <random>
#include <utility>

#include "plugins/rtmp/connection.h"

namespace srsproxy::rtmp {
namespace {

constexpr size_t ReadBufferBytes = 256 * 1024;

std::array<uint8_t, HandshakeRandomBytes> randomBytes() {
    std::array<uint8_t, HandshakeRandomBytes> bytes{};
    std::random_device device;
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(device());
    }
    return bytes;
}

} // namespace

/// Lets clients in at one listening socket: those of trusted load balancers with a PROXY header.
class LoopPart::Door final : private IAcceptHandler, private IProxyHeaderHandler {
public:
    Door(LoopPart& part, Listener listener)
        : part_(part), tls_(listener.tls),
          headers_(part.loop_, static_cast<IProxyHeaderHandler&>(*this), {}),
          acceptor_(std::move(listener.socket), part.loop_, static_cast<IAcceptHandler&>(*this)) {}

private:
    void accepted(Fd client, const SocketAddress& peer) override {
        setNoDelay(client.get());
        if (part_.config().proxyProtocolFrom.contains(peer)) {
            headers_.add(std::move(client), peer);
        } else {
            part_.serve(std::move(client), peer, tls_);
        }
    }
    void acceptFailed(int error) override {
        part_.log(LogError, 0, "accept failed",
                  "cannot accept connections: " + errorText(error) +
                      "; raise the limit of open files");
    }
    void headerRead(Fd socket, const ProxiedClient& client) override {
        part_.serve(std::move(socket), client.client, tls_);
    }
    void headerRefused(const SocketAddress& peer, const std::string& reason,
                       bool leftSilently) override {
        part_.log(leftSilently ? LogDebug : LogWarning, 0, "no PROXY header",
                  toString(peer) + " " + reason +
                      "; protocols.rtmp.proxy_protocol_from lists its network");
    }

    LoopPart& part_;
    const bool tls_;
    ProxyHeaderReader headers_;
    TcpAcceptor acceptor_;
};

LoopPart::LoopPart(Shared& shared, IEventLoop& loop, std::vector<Listener> listeners)
    : shared_(shared), loop_(loop), readBuffer_(ReadBufferBytes), random_(randomBytes()),
      blocks_(shared.blocks),
      asker_(loop, shared.book, *this, random_, readBuffer_, shared.config.offerTimeoutUs) {
    for (Listener& listener : listeners) {
        doors_.push_back(std::make_unique<Door>(*this, std::move(listener)));
    }
    if (shared_.tls && loop_.index() == 0) {
        reloadTimer_ = loop_.startTimer(config().tlsReloadUs, this);
    }
}

LoopPart::~LoopPart() {
    loop_.cancelTimer(reloadTimer_);
}

void LoopPart::drain(int64_t) noexcept {
    doors_.clear();
}

void LoopPart::destroy() noexcept {
    doors_.clear();
    while (!connections_.empty()) {
        connections_.back()->finish(CauseShutdown, SideProxy, "the proxy stops");
    }
    delete this;
}

void LoopPart::serve(Fd client, const SocketAddress& address, bool tls) {
    auto connection = std::make_unique<Connection>(*this, connections_.size());
    Connection& started = *connection;
    connections_.push_back(std::move(connection));
    std::unique_ptr<TlsStream> stream = tls ? shared_.tls->accept(client.get()) : nullptr;
    if (!started.start(std::move(client), address, std::move(stream))) {
        remove(started);
    }
}

void LoopPart::remove(Connection& connection) {
    const size_t place = connection.place();
    std::swap(connections_[place], connections_.back());
    connections_[place]->setPlace(place);
    connections_.pop_back();
}

/// The files are small and seldom read: looking at them blocks the loop for microseconds.
void LoopPart::expired(uint64_t) noexcept {
    const TlsReload reload = shared_.tls->reloadIfChanged();
    for (const std::string& file : reload.taken) {
        log(LogInfo, 0, "certificate", "new connections get the new certificate of " + file);
    }
    for (const std::string& problem : reload.problems) {
        log(LogError, 0, "certificate", problem + "; the old certificate stays in use");
    }
    reloadTimer_ = loop_.startTimer(config().tlsReloadUs, this);
}

std::unique_ptr<CapabilityInquiry> LoopPart::inquire(IOfferHandler& handler,
                                                     std::span<const uint8_t> connectObject,
                                                     const SocketAddress& client) {
    return std::make_unique<CapabilityInquiry>(asker_, services().origins, connectObject, client,
                                               !config().followRedirects, handler);
}

bool LoopPart::connect(const OriginTarget& origin, Hop& hop) {
    const SocketAddress peer = socketAddress(origin.address, origin.port);
    Fd socket = peer.size == 0 ? Fd() : startConnect(peer);
    if (!socket.valid()) {
        return false;
    }
    hop.openConnecting(std::move(socket));
    return true;
}

bool LoopPart::enter(const OriginTarget& origin, const SocketAddress& client, Hop& hop,
                     std::vector<uint8_t>& first) {
    const OriginDoor door = doors().find(origin.scheme, origin.kind, origin.clientAddress);
    return doors().enter(hop, door, "", {client, localAddress(hop.fd())}, first);
}

void LoopPart::log(int32_t level, uint64_t session, const char* topic, const std::string& message) {
    if (services().log->enabled(level) != 0) {
        services().log->write(level, session, toStr(topic), toStr(message));
    }
}

} // namespace srsproxy::rtmp
