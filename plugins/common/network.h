#pragma once

/// Networks of addresses (`10.0.0.0/8`, `fd00::/8`, or one address alone) and whether an address
/// is in one of them. Written once at start-up, then immutable and read by any thread. An IPv4
/// address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, on both sides: so `::/0`
/// holds every IPv6 address and no IPv4 address.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/socket.h"

namespace srsproxy {

/// The IPv4 address that is mapped into the IPv6 one, with its port; any other as it is.
SocketAddress unmapped(const SocketAddress& address);

class NetworkList {
public:
    /// Bits beyond the prefix are ignored. Returns what is wrong, naming the text seen and the
    /// forms wanted; empty when the network was added.
    std::string add(std::string_view text);

    bool empty() const { return networks_.empty(); }
    /// An empty list contains nothing; what is neither IPv4 nor IPv6 is nowhere. [any]
    bool contains(const SocketAddress& address) const;

private:
    struct Network {
        int family = 0;
        uint32_t bits = 0;
        std::array<uint8_t, 16> bytes{}; ///< an IPv4 address has the first four
    };
    static Network hostNetwork(const SocketAddress& address);

    std::vector<Network> networks_;
};

} // namespace srsproxy
