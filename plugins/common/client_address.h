#pragma once

/// The ways in which an origin can be told a client's address at the start of a connection, and
/// the bytes of each. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "plugins/common/socket.h"

namespace srsproxy {

enum class ClientAddressWay : uint8_t { None, SrsHeader, ProxyV1, ProxyV2 };

/// "none", "srs", "proxy_v1", "proxy_v2": as the configuration and a registration spell them.
std::optional<ClientAddressWay> parseClientAddressWay(std::string_view text);
std::string_view nameOf(ClientAddressWay way);

/// Appends what goes before the first byte of the protocol: one whole header, or nothing. `local`
/// is the address that the client connected to.
///
/// SrsHeader is 0xF3, a 16-bit length, and four bytes (SRS, read_c0c1): IPv4 only, so nothing is
/// sent for a client with an IPv6 address; one mapped into IPv6 counts as IPv4. It stands right
/// before C0, so within TLS if there is TLS. A PROXY header goes before TLS; what its versions do
/// with mixed families is in proxy_protocol.h. Send it in one piece with what follows: nginx-rtmp
/// refuses a connection whose first read has only part of the header.
void appendClientAddress(ClientAddressWay way, const SocketAddress& client,
                         const SocketAddress& local, std::vector<uint8_t>& out);

} // namespace srsproxy
