/// Endpoint strings: parsing never crashes, keeps its promises, and its own spelling parses to
/// the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/registry/endpoint.h"
#include "core/registry/host.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace srsproxy;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Result<Endpoint> endpoint = parseEndpoint(text);
    if (!endpoint) {
        if (endpoint.error().message.empty() || endpoint.error().message.size() > 1000) {
            abort();
        }
        return 0;
    }
    const bool knownScheme = endpoint->scheme.empty() || endpoint->scheme == "tcp" ||
                             endpoint->scheme == "udp" || endpoint->scheme == "tls";
    if (endpoint->port == 0 || !knownScheme || isAnyHost(endpoint->host)) {
        abort();
    }
    if (!endpoint->host.empty() && *canonicalHost(endpoint->host) != endpoint->host) {
        abort();
    }
    const Result<Endpoint> again = parseEndpoint(toString(*endpoint));
    if (!again || !(*again == *endpoint)) {
        abort();
    }
    return 0;
}
