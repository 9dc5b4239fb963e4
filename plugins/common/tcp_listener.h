#pragma once

/// TCP listeners shared by all loops through SO_REUSEPORT: one socket for each loop and address,
/// bound on the main thread at start-up, accepted from on the loops.

#include <vector>

#include "plugins/common/listen_address.h"
#include "plugins/common/socket.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

/// The bound sockets of one address, one for each loop.
struct ListenerSockets {
    SocketAddress address; ///< as bound: with the port that the kernel chose for port 0
    std::vector<Fd> sockets;
};

/// Binds and listens. Throws std::runtime_error naming the address and the reason: also when
/// another process holds the port, even one that would share it. [main]
ListenerSockets bindListeners(const ListenAddress& address, uint32_t loops);

/// Takes accepted connections.
class IAcceptHandler {
public:
    virtual void accepted(Fd client, const SocketAddress& peer) = 0; ///< [loop]
    /// accept failed for want of descriptors or memory; the listener rests for a moment. [loop]
    virtual void acceptFailed(int error) = 0;

protected:
    ~IAcceptHandler() = default;
};

/// Accepts on one socket of one loop until it is destroyed.
class TcpAcceptor final : public IFdHandler, private ITimerHandler {
public:
    /// Starts at once; `loop` and `handler` outlive it. [loop]
    TcpAcceptor(Fd socket, IEventLoop& loop, IAcceptHandler& handler);
    ~TcpAcceptor(); ///< [loop]
    TcpAcceptor(const TcpAcceptor&) = delete;
    TcpAcceptor& operator=(const TcpAcceptor&) = delete;

private:
    void ready(int32_t fd, uint32_t events) noexcept override;
    void expired(uint64_t timer) noexcept override;

    Fd socket_;
    IEventLoop& loop_;
    IAcceptHandler& handler_;
    uint64_t restTimer_ = 0;
};

} // namespace srsproxy
