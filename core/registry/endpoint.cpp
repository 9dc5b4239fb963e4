#include "core/registry/endpoint.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/registry/host.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

constexpr size_t MaxEndpointBytes = 300;
constexpr std::array<std::string_view, 3> Schemes{"tcp", "udp", "tls"};

Error refused(std::string_view text, std::string_view why) {
    return Error{"endpoint " + quoted(text) + ": " + std::string(why) +
                 "; wanted PORT, :PORT, HOST:PORT, [IPV6]:PORT, tcp://HOST:PORT, udp://PORT or "
                 "tcp:HOST:PORT"};
}

/// The scheme of that name in any case, or nothing.
std::string_view schemeOf(std::string_view word) {
    const auto same = [](char letter, char c) { return letter == (c | 0x20); };
    const auto found = std::find_if(Schemes.begin(), Schemes.end(), [&](std::string_view scheme) {
        return std::equal(scheme.begin(), scheme.end(), word.begin(), word.end(), same);
    });
    return found == Schemes.end() ? std::string_view{} : *found;
}

/// 0 when it is no port.
uint16_t parsePort(std::string_view text) {
    constexpr size_t MaxDigits = 5;
    uint16_t port = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, port);
    return error == std::errc() && stop == end && text.size() <= MaxDigits ? port : uint16_t{0};
}

/// Takes `tcp://` or `tcp:` off the front of `rest`. False for a scheme that is not ours.
bool takeScheme(std::string_view& rest, std::string& scheme) {
    const size_t colon = rest.find(':');
    if (colon == std::string_view::npos) {
        return true;
    }
    const bool slashes = rest.substr(colon).starts_with("://");
    scheme = schemeOf(rest.substr(0, colon));
    if (scheme.empty()) {
        return !slashes;
    }
    rest.remove_prefix(colon + (slashes ? 3 : 1));
    return true;
}

} // namespace

Result<Endpoint> parseEndpoint(std::string_view text) {
    if (text.size() > MaxEndpointBytes) {
        return refused(text, "longer than " + std::to_string(MaxEndpointBytes) + " bytes");
    }
    Endpoint endpoint;
    std::string_view rest = text;
    if (!takeScheme(rest, endpoint.scheme)) {
        return refused(text, "the scheme is none of tcp, udp, tls");
    }
    const size_t colon = rest.rfind(':');
    const std::string_view host =
        colon == std::string_view::npos ? std::string_view{} : rest.substr(0, colon);
    endpoint.port = parsePort(colon == std::string_view::npos ? rest : rest.substr(colon + 1));
    if (endpoint.port == 0) {
        return refused(text, "the port is not a number of 1 to 65535");
    }
    if (host.empty()) {
        return endpoint;
    }
    if (host.front() != '[' && host.find(':') != std::string_view::npos) {
        return refused(text, "an IPv6 address needs brackets");
    }
    Result<std::string> canonical = canonicalHost(host);
    if (!canonical) {
        return refused(text, canonical.error().message);
    }
    if (!isAnyHost(*canonical)) {
        endpoint.host = std::move(*canonical);
    }
    return endpoint;
}

std::string toString(const Endpoint& endpoint) {
    std::string text = endpoint.scheme.empty() ? "" : endpoint.scheme + "://";
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    text += ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
    return text + ":" + std::to_string(endpoint.port);
}

} // namespace srsproxy
