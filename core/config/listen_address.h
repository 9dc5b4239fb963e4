#pragma once

/// Where to listen, as a configuration says it: `1935`, `:1935`, `127.0.0.1:1935`, `[::1]:1935`.
/// Pure. Host names are not looked up; only `localhost` is taken, for 127.0.0.1.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace srsproxy {

struct ListenAddress {
    std::string host;  ///< numeric, no brackets; empty: all addresses, IPv4 and IPv6
    uint16_t port = 0; ///< 0: any free one

    bool operator==(const ListenAddress&) const = default;
};

/// The error names the text seen and the forms wanted.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// The canonical text: `:1935`, `127.0.0.1:1935`, `[::1]:1935`.
std::string toString(const ListenAddress& address);

/// Whether only this machine can reach it.
bool isLoopback(const ListenAddress& address);

} // namespace srsproxy
