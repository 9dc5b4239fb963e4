#include "core/config/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/config/cidr.h"
#include "core/config/problem.h"

namespace srsproxy {

namespace {

bool parsePort(std::string_view text, uint16_t& port) {
    const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return digits && error == std::errc() && end == text.data() + text.size();
}

bool isNumeric(int family, const std::string& host) {
    in6_addr buffer{};
    return inet_pton(family, host.c_str(), &buffer) == 1;
}

} // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
    const Error error{'"' + printable(text) +
                      "\" is no address to listen on; wanted a port (1935), or an address and a "
                      "port (:1935, 127.0.0.1:1935, [::1]:1935)"};
    const size_t colon = text.rfind(':');
    const std::string_view portText =
        colon == std::string_view::npos ? text : text.substr(colon + 1);
    ListenAddress address;
    if (text.find('\0') != std::string_view::npos || !parsePort(portText, address.port)) {
        return error;
    }
    if (colon == std::string_view::npos || colon == 0) {
        return address;
    }
    address.host = text.substr(0, colon);
    if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
        address.host = address.host.substr(1, address.host.size() - 2);
        return isNumeric(AF_INET6, address.host) ? Result<ListenAddress>(address) : error;
    }
    if (address.host == "localhost") {
        address.host = "127.0.0.1";
    }
    return isNumeric(AF_INET, address.host) ? Result<ListenAddress>(address) : error;
}

std::string toString(const ListenAddress& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

bool isLoopback(const ListenAddress& address) {
    return loopbackNetworks().contains(address.host);
}

} // namespace srsproxy
