#pragma once

/// Where an origin offers a service, in every spelling that origins and operators use:
/// `1935`, `:1935`, `host:1935`, `[v6]:1935`, `tcp://:1935`, `tcp://0.0.0.0:1935`,
/// `udp://8000`, and the old `tcp:ip:port`; the scheme in any case. Pure; fuzzed.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace srsproxy {

struct Endpoint {
    std::string scheme; ///< `tcp`, `udp`, `tls`; empty when the text does not say
    std::string host;   ///< canonical; empty: the origin's own address (also for 0.0.0.0 and ::)
    uint16_t port = 0;

    bool operator==(const Endpoint&) const = default;
};

/// The error names the text seen and the forms wanted. `tcp:1935` is a scheme and a port: no
/// host is called tcp.
Result<Endpoint> parseEndpoint(std::string_view text);

/// As `scheme://host:port`, IPv6 in brackets; what is empty is left out. Parses to the same.
std::string toString(const Endpoint& endpoint);

} // namespace srsproxy
