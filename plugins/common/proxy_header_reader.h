#pragma once

/// Takes accepted connections that must begin with a PROXY header, reads exactly that header, and
/// gives the connection on with the client's address: what follows the header is still in the
/// socket. Only for connections from networks that are trusted to say it. One for each loop,
/// owned by a loop part and used on its loop; serves any protocol over TCP.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugins/common/socket.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

/// Whose connection it is, by its PROXY header.
struct ProxiedClient {
    SocketAddress client; ///< the connection's own peer when the header names nobody
    SocketAddress local;  ///< what the client connected to; size 0 when the header does not say
};

/// Called once for each connection, perhaps before add() returns; not when the reader is
/// destroyed first. May not destroy the reader.
class IProxyHeaderHandler {
public:
    virtual void headerRead(Fd socket, const ProxiedClient& client) = 0; ///< [loop]
    /// The connection from `peer` is closed. `reason` is a phrase: "does not begin with a PROXY
    /// header". A peer that left silently, without a byte, is most likely a health check. [loop]
    virtual void headerRefused(const SocketAddress& peer, const std::string& reason,
                               bool leftSilently) = 0;

protected:
    ~IProxyHeaderHandler() = default;
};

class ProxyHeaderReader {
public:
    struct Limits {
        int64_t timeoutUs = 5'000'000; ///< for the whole header; a TCP retransmit takes up to 3 s
        size_t maxWaiting = 1024;      ///< connections whose header is not complete
    };

    /// `loop` and `handler` outlive it.
    ProxyHeaderReader(IEventLoop& loop, IProxyHeaderHandler& handler, const Limits& limits);
    ~ProxyHeaderReader(); ///< closes what still waits [loop]
    ProxyHeaderReader(const ProxyHeaderReader&) = delete;
    ProxyHeaderReader& operator=(const ProxyHeaderReader&) = delete;

    /// `socket` does not block. [loop]
    void add(Fd socket, const SocketAddress& peer);

    size_t waiting() const { return waiting_.size(); }

private:
    class Waiter;
    void remove(Waiter& waiter);

    IEventLoop& loop_;
    IProxyHeaderHandler& handler_;
    const Limits limits_;
    std::vector<std::unique_ptr<Waiter>> waiting_; ///< each knows its place
};

} // namespace srsproxy
