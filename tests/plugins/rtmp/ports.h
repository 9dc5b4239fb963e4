#pragma once

/// Ports of this machine for the tests over loopback: where origins are found, or are not.

#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

#include "tests/plugins/rtmp/peers.h"

namespace srsproxy::rtmp::test {

/// Connects to a port of this machine. `receiveBytes` 0: the system's buffer.
inline Fd connectTo(uint16_t port, int receiveBytes = 0) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receiveBytes != 0) {
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof receiveBytes);
    }
    const SocketAddress address = socketAddress("127.0.0.1", port);
    if (::connect(fd.get(), address.raw(), address.size) != 0) {
        throw std::runtime_error(errorText("test client: connect", errno));
    }
    return fd;
}

/// A listening socket of this machine.
class OpenPort {
public:
    explicit OpenPort(int backlog = 64)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        SocketAddress address = socketAddress("127.0.0.1", 0);
        if (::bind(socket_.get(), address.raw(), address.size) != 0 ||
            ::listen(socket_.get(), backlog) != 0 ||
            ::getsockname(socket_.get(), address.raw(), &address.size) != 0) {
            throw std::runtime_error(errorText("test origin: listen", errno));
        }
        port_ = portOf(address);
    }
    uint16_t port() const { return port_; }
    Fd acceptSocket() {
        pollfd wanted{socket_.get(), POLLIN, 0};
        if (::poll(&wanted, 1, DeadlineMs) != 1) {
            throw std::runtime_error("test origin: nobody connected");
        }
        return Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    /// Whether somebody connects within that time.
    bool waitForOne(int milliseconds) {
        pollfd wanted{socket_.get(), POLLIN, 0};
        return ::poll(&wanted, 1, milliseconds) == 1;
    }
    OriginPeer accept() { return OriginPeer(acceptSocket()); }
    OriginPeer accept(Stage stage) {
        OriginPeer peer = accept();
        peer.goTo(stage);
        return peer;
    }

private:
    Fd socket_;
    uint16_t port_ = 0;
};

/// A port where connections are neither made nor refused: its queue is full.
class DeafPort {
public:
    DeafPort() : listener_(0), filler_(connectTo(listener_.port())) {}
    uint16_t port() const { return listener_.port(); }

private:
    OpenPort listener_;
    Fd filler_;
};

} // namespace srsproxy::rtmp::test
