#include "plugins/common/client_address.h"

#include <array>
#include <cstring>

#include "plugins/common/network.h"
#include "plugins/common/proxy_protocol.h"

namespace srsproxy {
namespace {

/// In the order of the enumeration.
constexpr struct {
    std::string_view name;
    ClientAddressWay way;
} Ways[] = {{"none", ClientAddressWay::None},
            {"srs", ClientAddressWay::SrsHeader},
            {"proxy_v1", ClientAddressWay::ProxyV1},
            {"proxy_v2", ClientAddressWay::ProxyV2}};

void appendSrsHeader(const SocketAddress& client, std::vector<uint8_t>& out) {
    const SocketAddress plain = unmapped(client);
    if (plain.storage.ss_family != AF_INET) {
        return;
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &plain.storage, sizeof v4);
    std::array<uint8_t, 7> header{0xF3, 0, 4};
    std::memcpy(header.data() + 3, &v4.sin_addr, sizeof v4.sin_addr);
    out.insert(out.end(), header.begin(), header.end());
}

} // namespace

std::string_view nameOf(ClientAddressWay way) {
    return Ways[static_cast<size_t>(way)].name;
}

std::optional<ClientAddressWay> parseClientAddressWay(std::string_view text) {
    for (const auto& known : Ways) {
        if (known.name == text) {
            return known.way;
        }
    }
    return std::nullopt;
}

void appendClientAddress(ClientAddressWay way, const SocketAddress& client,
                         const SocketAddress& local, std::vector<uint8_t>& out) {
    switch (way) {
    case ClientAddressWay::None:
        return;
    case ClientAddressWay::SrsHeader:
        return appendSrsHeader(client, out);
    case ClientAddressWay::ProxyV1:
        return appendProxyV1(client, local, out);
    case ClientAddressWay::ProxyV2:
        return appendProxyV2(client, local, out);
    }
}

} // namespace srsproxy
