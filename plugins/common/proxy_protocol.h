#pragma once

/// The PROXY protocol, versions 1 and 2, both ways: reading the header that a load balancer puts
/// in front of a client's bytes, and making one for an origin. Pure; any thread.
///
/// Source: haproxy doc/proxy-protocol.txt, §2.1 (version 1) and §2.2 (version 2). Where it leaves
/// a choice: UNKNOWN, LOCAL, UNSPEC and UNIX mean the real peer. Of LOCAL and UNSPEC the block
/// is skipped unread, since where its addresses end nobody says; of the others every TLV must
/// lie within the header, and a checksum must be right. UDP families are read as the TCP ones.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "plugins/common/socket.h"

namespace srsproxy {

/// The line of version 1, CRLF included.
inline constexpr size_t MaxProxyLineBytes = 107;
/// A header of version 2 with its TLVs. The protocol allows 64 KiB and recommends what fits one
/// TCP segment; TLS details fit well, certificates mostly.
inline constexpr size_t MaxProxyHeaderBytes = 4096;

struct ProxyHeader {
    enum State { NeedMore, Done, Failed } state = NeedMore;
    size_t bytes = 0; ///< Done: the header's length; what follows is the client's
    /// Done: who connected, and to which address. Of size 0: use those of the connection.
    SocketAddress source;
    SocketAddress destination;
    std::string_view error; ///< Failed: what is wrong, as in "the connection …"
};

/// `bytes` is all that came so far. Failed as soon as no header can begin like that, and never
/// NeedMore with MaxProxyHeaderBytes or more.
ProxyHeader parseProxyHeader(std::span<const uint8_t> bytes);

/// A header that says `source` connected to `destination`. IPv4 addresses mapped into IPv6 count
/// as IPv4; of two families, the IPv4 one is mapped into IPv6. When one is no IP address, version
/// 1 says UNKNOWN and version 2 UNSPEC. There are no TLVs.
void appendProxyV1(const SocketAddress& source, const SocketAddress& destination,
                   std::vector<uint8_t>& out);
void appendProxyV2(const SocketAddress& source, const SocketAddress& destination,
                   std::vector<uint8_t>& out);

} // namespace srsproxy
