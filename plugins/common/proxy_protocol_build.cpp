#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "plugins/common/network.h"
#include "plugins/common/proxy_protocol.h"

namespace srsproxy {
namespace {

/// Version 2: signature, then version and command; and the families with their block's length.
constexpr std::array<uint8_t, 13> Start{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A,
                                        0x51, 0x55, 0x49, 0x54, 0x0A, 0x21};
constexpr std::array<uint8_t, 3> Unspec{0x00, 0, 0};
constexpr std::array<uint8_t, 3> Tcp4{0x11, 0, 12};
constexpr std::array<uint8_t, 3> Tcp6{0x21, 0, 36};

template <typename Bytes> void append(std::vector<uint8_t>& out, const Bytes& bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

bool isInet(const SocketAddress& address) {
    return address.storage.ss_family == AF_INET || address.storage.ss_family == AF_INET6;
}

void appendInet(const SocketAddress& address, std::vector<uint8_t>& out) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&v4.sin_addr);
    out.insert(out.end(), bytes, bytes + sizeof v4.sin_addr);
}

void appendInet6(const SocketAddress& address, std::vector<uint8_t>& out) {
    if (address.storage.ss_family == AF_INET) {
        constexpr std::array<uint8_t, 12> Mapping{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        append(out, Mapping);
        appendInet(address, out);
        return;
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    append(out, std::to_array(v6.sin6_addr.s6_addr));
}

void append16(std::vector<uint8_t>& out, uint16_t value) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
}

} // namespace

void appendProxyV1(const SocketAddress& source, const SocketAddress& destination,
                   std::vector<uint8_t>& out) {
    const SocketAddress from = unmapped(source);
    const SocketAddress to = unmapped(destination);
    if (!isInet(from) || !isInet(to)) {
        append(out, std::string_view("PROXY UNKNOWN\r\n"));
        return;
    }
    const bool v4 = from.storage.ss_family == AF_INET && to.storage.ss_family == AF_INET;
    const auto text = [v4](const SocketAddress& address) {
        const bool mapped = !v4 && address.storage.ss_family == AF_INET;
        return (mapped ? "::ffff:" : "") + numericHost(address);
    };
    append(out, (v4 ? "PROXY TCP4 " : "PROXY TCP6 ") + text(from) + " " + text(to) + " " +
                    std::to_string(portOf(from)) + " " + std::to_string(portOf(to)) + "\r\n");
}

void appendProxyV2(const SocketAddress& source, const SocketAddress& destination,
                   std::vector<uint8_t>& out) {
    const SocketAddress from = unmapped(source);
    const SocketAddress to = unmapped(destination);
    append(out, Start);
    if (!isInet(from) || !isInet(to)) {
        append(out, Unspec);
        return;
    }
    if (from.storage.ss_family == AF_INET && to.storage.ss_family == AF_INET) {
        append(out, Tcp4);
        appendInet(from, out);
        appendInet(to, out);
    } else {
        append(out, Tcp6);
        appendInet6(from, out);
        appendInet6(to, out);
    }
    append16(out, portOf(from));
    append16(out, portOf(to));
}

} // namespace srsproxy
