#include "plugins/common/listen_address.h"

#include <charconv>

#include "plugins/common/socket.h"

namespace srsproxy {

std::optional<ListenAddress> parseListenAddress(std::string_view text) {
    ListenAddress result;
    std::string_view port = text;
    if (text.starts_with('[')) {
        const size_t end = text.find("]:");
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        result.host = text.substr(1, end - 1);
        port = text.substr(end + 2);
    } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
        result.host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc{} || end != port.data() + port.size()) {
        return std::nullopt;
    }
    if (!result.host.empty() && socketAddress(result.host, 0).size == 0) {
        return std::nullopt;
    }
    return result;
}

std::string toString(const ListenAddress& address) {
    return address.host.empty() ? ":" + std::to_string(address.port)
                                : toString(socketAddress(address.host, address.port));
}

} // namespace srsproxy
