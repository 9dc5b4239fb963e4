#include "plugins/rtmp/origin_door.h"

#include "plugins/common/origin_kind.h"

namespace srsproxy::rtmp {
OriginDoors::OriginDoors(const Ways& ways, const TlsClientOptions& tls) : ways_(ways), tls_(tls) {}

OriginDoor OriginDoors::find(std::string_view scheme, std::string_view kind,
                             std::string_view clientAddress) const {
    OriginDoor door;
    door.tls = scheme == "tls";
    if (const auto way = parseClientAddressWay(clientAddress)) {
        door.clientAddress = *way;
    } else if (const auto set = ways_.find(originKind(kind).name); set != ways_.end()) {
        door.clientAddress = set->second;
    } else {
        door.clientAddress = originKind(kind).clientAddress;
    }
    return door;
}

bool OriginDoors::enter(Hop& hop, const OriginDoor& door, const std::string& host,
                        const ClientAddresses& addresses, std::vector<uint8_t>& first) const {
    std::vector<uint8_t> header;
    appendClientAddress(door.clientAddress, addresses.client, addresses.local, header);
    if (!door.tls) {
        first.insert(first.end(), header.begin(), header.end());
        return true;
    }
    // A PROXY header is for whoever ends TLS; SRS's stands before C0, wherever that is.
    if (door.clientAddress == ClientAddressWay::SrsHeader) {
        first.insert(first.end(), header.begin(), header.end());
    } else if (!header.empty() && !hop.send(header)) {
        return false;
    }
    hop.startTls(tls_.connect(hop.fd(), host.empty() ? numericHost(peerAddress(hop.fd())) : host));
    return true;
}

} // namespace srsproxy::rtmp
