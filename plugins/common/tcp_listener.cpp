#include "plugins/common/tcp_listener.h"

#include <netinet/in.h>

#include <cerrno>
#include <stdexcept>

namespace srsproxy {
namespace {

constexpr int Backlog = 1024;
/// Connections taken in one wake-up, so that a flood of them does not starve the sessions.
constexpr int AcceptsPerWakeUp = 64;
constexpr int64_t RestUs = 100'000;

/// A socket bound to `address`, not listening yet; invalid with errno set on failure.
Fd bindSocket(const SocketAddress& address, bool shared) {
    const int family = address.storage.ss_family;
    Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
        return fd;
    }
    const int on = 1;
    const int off = 0;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared) {
        ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (family == AF_INET6) {
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (::bind(fd.get(), address.raw(), address.size) != 0) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

[[noreturn]] void refuse(const ListenAddress& address, int error) {
    std::string message = "cannot listen on " + toString(address) + ": " + errorText(error);
    if (error == EADDRINUSE) {
        message += "; end the program that holds the port, or change `listen`";
    } else if (error == EACCES) {
        message += "; ports below 1024 need CAP_NET_BIND_SERVICE";
    }
    throw std::runtime_error(message);
}

} // namespace

ListenerSockets bindListeners(const ListenAddress& address, uint32_t loops) {
    SocketAddress wanted = socketAddress(address.host.empty() ? "::" : address.host, address.port);
    // SO_REUSEPORT would let a second proxy of the same user share the port unnoticed, so a
    // socket without it asks first whether the port is free.
    Fd probe = bindSocket(wanted, false);
    if (!probe.valid() && errno == EAFNOSUPPORT && address.host.empty()) {
        wanted = socketAddress("0.0.0.0", address.port);
        probe = bindSocket(wanted, false);
    }
    if (!probe.valid() || ::listen(probe.get(), Backlog) != 0) {
        refuse(address, errno);
    }
    SocketAddress bound;
    bound.size = sizeof bound.storage;
    ::getsockname(probe.get(), bound.raw(), &bound.size);
    probe.reset();

    ListenerSockets result{bound, {}};
    for (uint32_t i = 0; i < loops; ++i) {
        Fd fd = bindSocket(bound, true);
        if (!fd.valid() || ::listen(fd.get(), Backlog) != 0) {
            refuse(address, errno);
        }
        result.sockets.push_back(std::move(fd));
    }
    return result;
}

TcpAcceptor::TcpAcceptor(Fd socket, IEventLoop& loop, IAcceptHandler& handler)
    : socket_(std::move(socket)), loop_(loop), handler_(handler) {
    loop_.watch(socket_.get(), EventRead, this);
}

TcpAcceptor::~TcpAcceptor() {
    loop_.cancelTimer(restTimer_);
    loop_.unwatch(socket_.get());
}

void TcpAcceptor::ready(int32_t, uint32_t) noexcept {
    for (int i = 0; i < AcceptsPerWakeUp; ++i) {
        SocketAddress peer;
        peer.size = sizeof peer.storage;
        Fd client(::accept4(socket_.get(), peer.raw(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client.valid()) {
            handler_.accepted(std::move(client), peer);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The connection stays in the queue and would wake us for ever.
            handler_.acceptFailed(errno);
            loop_.modify(socket_.get(), 0);
            restTimer_ = loop_.startTimer(RestUs, this);
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
        // ECONNABORTED, EINTR and the like concern one connection only.
    }
}

void TcpAcceptor::expired(uint64_t) noexcept {
    restTimer_ = 0;
    loop_.modify(socket_.get(), EventRead);
}

} // namespace srsproxy
