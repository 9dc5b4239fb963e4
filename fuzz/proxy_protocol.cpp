/// PROXY headers: what follows a header never changes how it is read, no shorter beginning is
/// taken for one, a refusal stays one, and what was read can be written and read again.

#include "plugins/common/proxy_protocol.h"

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

using namespace srsproxy;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void checkAgain(const ProxyHeader& header,
                void (*write)(const SocketAddress&, const SocketAddress&, std::vector<uint8_t>&)) {
    std::vector<uint8_t> written;
    write(header.source, header.destination, written);
    const ProxyHeader again = parseProxyHeader(written);
    require(again.state == ProxyHeader::Done && again.bytes == written.size());
    if (again.source.size != 0) {
        require(toString(again.source) == toString(header.source));
        require(toString(again.destination) == toString(header.destination));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span<const uint8_t> input(data, size);
    const ProxyHeader whole = parseProxyHeader(input);
    require((whole.state == ProxyHeader::Failed) == !whole.error.empty());
    require((whole.state == ProxyHeader::Done) == (whole.bytes != 0));
    require((whole.source.size == 0) == (whole.destination.size == 0));
    if (whole.state == ProxyHeader::NeedMore) {
        require(size < MaxProxyHeaderBytes);
    }
    bool failed = false;
    for (size_t some = 0; some < size; ++some) {
        // A copy of its own, so that a read beyond the end shows.
        const std::vector<uint8_t> beginning(data, data + some);
        const ProxyHeader part = parseProxyHeader(beginning);
        require(!failed || part.state == ProxyHeader::Failed);
        failed = part.state == ProxyHeader::Failed;
        if (whole.state == ProxyHeader::Done) {
            require(part.state == (some < whole.bytes ? ProxyHeader::NeedMore : ProxyHeader::Done));
        } else {
            require(part.state != ProxyHeader::Done);
        }
        if (some > 256) {
            break; // longer headers only grow TLVs
        }
    }
    if (whole.state == ProxyHeader::Done) {
        require(whole.bytes <= size && whole.bytes <= MaxProxyHeaderBytes);
        checkAgain(whole, appendProxyV1);
        checkAgain(whole, appendProxyV2);
    }
    return 0;
}
