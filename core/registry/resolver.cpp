#include "core/registry/resolver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include "core/registry/host.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

std::string numericAddress(const addrinfo& info) {
    std::array<char, NI_MAXHOST> text{};
    const int status = getnameinfo(info.ai_addr, info.ai_addrlen, text.data(), text.size(), nullptr,
                                   0, NI_NUMERICHOST);
    return status == 0 ? text.data() : std::string();
}

} // namespace

Result<std::vector<std::string>> SystemResolver::resolve(const std::string& host) {
    if (isNumericHost(host)) {
        return std::vector<std::string>{host};
    }
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM; // one entry for each address, not for each socket type
    addrinfo* found = nullptr;
    if (const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found); status != 0) {
        const std::string why =
            status == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(status);
        return Error{"host name " + quoted(host) + " does not resolve: " + why, true};
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);

    std::vector<std::pair<bool, std::string>> sorted; // IPv6?, address
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        std::string address = numericAddress(*info);
        if (!address.empty() && !isAnyHost(address)) {
            sorted.emplace_back(info->ai_family == AF_INET6, std::move(address));
        }
    }
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());

    std::vector<std::string> addresses;
    for (auto& [isIpv6, address] : sorted) {
        if (addresses.size() < MaxAddresses) {
            addresses.push_back(std::move(address));
        }
    }
    if (addresses.empty()) {
        return Error{"host name " + quoted(host) + " has no address", true};
    }
    return addresses;
}

} // namespace srsproxy
