#pragma once

/// The listen addresses of a protocol's configuration: `1935`, `:1935`, `127.0.0.1:1935`,
/// `[::1]:1935`. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace srsproxy {

struct ListenAddress {
    std::string host; ///< numeric; empty: all addresses, IPv4 and IPv6
    uint16_t port = 0;
};

/// Nothing when the text is none of the forms.
std::optional<ListenAddress> parseListenAddress(std::string_view text);

std::string toString(const ListenAddress& address);

} // namespace srsproxy
