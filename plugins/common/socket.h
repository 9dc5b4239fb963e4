#pragma once

/// Non-blocking TCP sockets with their errors as values. No thread of its own: a socket is used
/// on the loop that owns it.

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace srsproxy {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset(std::exchange(other.fd_, -1));
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    void reset(int fd = -1);

private:
    int fd_ = -1;
};

/// An IPv4 or IPv6 address with a port.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
    bool operator==(const SocketAddress& other) const;
};

/// An address for keeping: the little that is needed of it.
class PackedAddress {
public:
    PackedAddress() = default;
    /// Of anything but IPv4 and IPv6 nothing is kept.
    explicit PackedAddress(const SocketAddress& address);
    SocketAddress unpack() const; ///< of size 0 when nothing was kept

private:
    std::array<uint8_t, 16> bytes_{}; ///< IPv4: the first four
    uint32_t scope_ = 0;
    uint16_t port_ = 0; ///< in network order
    uint8_t family_ = 0;
};

/// The socket's own end, and its peer; of size 0 when there is none.
SocketAddress localAddress(int fd);
SocketAddress peerAddress(int fd);
/// `1.2.3.4`, `::1`; empty when it is neither IPv4 nor IPv6.
std::string numericHost(const SocketAddress& address);

/// `address` is numeric, IPv6 without brackets. `size` is 0 when it is not an address.
SocketAddress socketAddress(std::string_view address, uint16_t port);
/// `1.2.3.4:80`, `[::1]:80`; an IPv4 address mapped into IPv6 is shown as IPv4.
std::string toString(const SocketAddress& address);
uint16_t portOf(const SocketAddress& address);

/// Starts to connect; the result is -1 with errno set when it failed at once. Completion shows
/// as writability; then ask connectError().
Fd startConnect(const SocketAddress& peer);
/// 0, or the errno with which a started connection failed.
int connectError(int fd);

/// No Nagle delay: the relay writes whole wake-ups, not bytes.
void setNoDelay(int fd);

/// The text of an errno, thread-safe.
std::string errorText(int error);
/// `what: text`.
std::string errorText(std::string_view what, int error);

} // namespace srsproxy
