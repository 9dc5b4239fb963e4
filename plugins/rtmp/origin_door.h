#pragma once

/// How an origin is entered: plain or in TLS, and in which way it learns the client's address.
/// Owned by the plugin, immutable once made, used from any loop.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/client_address.h"
#include "plugins/common/tls_client.h"
#include "plugins/rtmp/hop.h"

namespace srsproxy::rtmp {

struct OriginDoor {
    bool tls = false;
    ClientAddressWay clientAddress = ClientAddressWay::None;
};

/// The two addresses of a client's connection: who, and to where.
struct ClientAddresses {
    SocketAddress client;
    SocketAddress local;
};

class OriginDoors {
public:
    using Ways = std::map<std::string, ClientAddressWay, std::less<>>;

    /// `ways`: by kind of origin. Throws std::runtime_error when the CA file is no use. [main]
    OriginDoors(const Ways& ways, const TlsClientOptions& tls);

    /// By what route() or the list of origins says: the endpoint's scheme, the origin's kind,
    /// and its own word on client addresses, if it has one. [any]
    OriginDoor find(std::string_view scheme, std::string_view kind,
                    std::string_view clientAddress) const;

    /// Of a connection that has just been made: begins TLS, and puts what the origin wants before
    /// C0 where it belongs. What is left in `first` goes out right before C0. False when the
    /// connection has failed; errno says how. [loop]
    /// `host`: the name by which the origin is known; empty: its address.
    bool enter(Hop& hop, const OriginDoor& door, const std::string& host,
               const ClientAddresses& addresses, std::vector<uint8_t>& first) const;

private:
    const Ways ways_;
    const TlsClientContext tls_;
};

} // namespace srsproxy::rtmp
