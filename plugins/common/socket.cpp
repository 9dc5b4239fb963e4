#include "plugins/common/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace srsproxy {

void Fd::reset(int fd) {
    if (fd_ >= 0) {
        ::close(fd_);
    }
    fd_ = fd;
}

bool SocketAddress::operator==(const SocketAddress& other) const {
    return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

PackedAddress::PackedAddress(const SocketAddress& address)
    : family_(static_cast<uint8_t>(address.storage.ss_family)) {
    if (family_ == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.storage, sizeof v4);
        std::memcpy(bytes_.data(), &v4.sin_addr, sizeof v4.sin_addr);
        port_ = v4.sin_port;
    } else if (family_ == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address.storage, sizeof v6);
        std::memcpy(bytes_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
        scope_ = v6.sin6_scope_id;
        port_ = v6.sin6_port;
    }
}

SocketAddress PackedAddress::unpack() const {
    SocketAddress result;
    if (family_ == AF_INET) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = port_;
        std::memcpy(&v4.sin_addr, bytes_.data(), sizeof v4.sin_addr);
        std::memcpy(&result.storage, &v4, sizeof v4);
        result.size = sizeof v4;
    } else if (family_ == AF_INET6) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = port_;
        v6.sin6_scope_id = scope_;
        std::memcpy(&v6.sin6_addr, bytes_.data(), sizeof v6.sin6_addr);
        std::memcpy(&result.storage, &v6, sizeof v6);
        result.size = sizeof v6;
    }
    return result;
}

SocketAddress localAddress(int fd) {
    SocketAddress address;
    address.size = sizeof address.storage;
    return ::getsockname(fd, address.raw(), &address.size) == 0 ? address : SocketAddress{};
}

SocketAddress peerAddress(int fd) {
    SocketAddress address;
    address.size = sizeof address.storage;
    return ::getpeername(fd, address.raw(), &address.size) == 0 ? address : SocketAddress{};
}

std::string numericHost(const SocketAddress& address) {
    std::string text = toString(address);
    text.resize(std::min(text.rfind(':'), text.size()));
    return text.starts_with('[') ? text.substr(1, text.size() - 2) : text;
}

SocketAddress socketAddress(std::string_view address, uint16_t port) {
    const std::string text(address);
    SocketAddress result;
    sockaddr_in v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&result.storage, &v4, sizeof v4);
        result.size = sizeof v4;
        return result;
    }
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&result.storage, &v6, sizeof v6);
        result.size = sizeof v6;
    }
    return result;
}

std::string toString(const SocketAddress& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.storage, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
    }
    if (address.storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address.storage, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
            return std::string(text) + ":" + std::to_string(ntohs(v6.sin6_port));
        }
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
    }
    return "unknown";
}

uint16_t portOf(const SocketAddress& address) {
    // sin_port and sin6_port stand at the same place.
    sockaddr_in any{};
    std::memcpy(&any, &address.storage, sizeof any);
    return ntohs(any.sin_port);
}

Fd startConnect(const SocketAddress& peer) {
    Fd fd(::socket(peer.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
        return fd;
    }
    setNoDelay(fd.get());
    if (::connect(fd.get(), peer.raw(), peer.size) != 0 && errno != EINPROGRESS) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

int connectError(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void setNoDelay(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string errorText(int error) {
    return std::generic_category().message(error);
}

std::string errorText(std::string_view what, int error) {
    return std::string(what) + ": " + errorText(error);
}

} // namespace srsproxy
