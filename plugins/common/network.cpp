#include "plugins/common/network.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace srsproxy {
namespace {

constexpr uint32_t MappedBits = 96;

uint32_t allBits(int family) {
    return family == AF_INET ? 32 : 128;
}

bool equalBits(const std::array<uint8_t, 16>& left, const std::array<uint8_t, 16>& right,
               uint32_t bits) {
    const size_t whole = bits / 8;
    const auto mask = static_cast<uint8_t>(0xFF00u >> (bits % 8));
    return std::memcmp(left.data(), right.data(), whole) == 0 &&
           (bits % 8 == 0 || ((left[whole] ^ right[whole]) & mask) == 0);
}

} // namespace

SocketAddress unmapped(const SocketAddress& address) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    if (v6.sin6_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        return address;
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = v6.sin6_port;
    std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof v4.sin_addr);
    SocketAddress result;
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
    return result;
}

NetworkList::Network NetworkList::hostNetwork(const SocketAddress& address) {
    const SocketAddress plain = unmapped(address);
    Network network;
    network.family = plain.storage.ss_family;
    network.bits = allBits(network.family);
    if (network.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &plain.storage, sizeof v4);
        std::memcpy(network.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    } else if (network.family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &plain.storage, sizeof v6);
        std::memcpy(network.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    }
    return network;
}

std::string NetworkList::add(std::string_view text) {
    const size_t slash = text.find('/');
    const SocketAddress address = socketAddress(text.substr(0, slash), 0);
    Network network = hostNetwork(address);
    bool good = address.size != 0 && text.find('\0') == std::string_view::npos;
    if (good && slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const char* const end = digits.data() + digits.size();
        uint32_t bits = 0;
        const auto [stop, code] = std::from_chars(digits.data(), end, bits);
        // A prefix of a mapped address counts the mapping, too: ::ffff:10.0.0.0/104 is
        // 10.0.0.0/8. One that is shorter than the mapping names no IPv4 network.
        const bool mapped = address.storage.ss_family != network.family;
        const uint32_t skipped = mapped ? MappedBits : 0;
        good =
            code == std::errc{} && stop == end && bits >= skipped && bits - skipped <= network.bits;
        network.bits = bits - skipped;
    }
    if (!good) {
        return "\"" + std::string(text) +
               "\" is no network; wanted such as 10.0.0.0/8, 192.168.1.7 or fd00::/8";
    }
    networks_.push_back(network);
    return {};
}

bool NetworkList::contains(const SocketAddress& address) const {
    if (networks_.empty()) {
        return false;
    }
    const Network host = hostNetwork(address);
    return std::any_of(networks_.begin(), networks_.end(), [&host](const Network& network) {
        return network.family == host.family && equalBits(network.bytes, host.bytes, network.bits);
    });
}

} // namespace srsproxy
