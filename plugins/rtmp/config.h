#pragma once

/// The RTMP plugin's section of the configuration; etc/proxy.yaml explains each setting.
/// Immutable once read.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/client_address.h"
#include "plugins/common/listen_address.h"
#include "plugins/common/network.h"
#include "plugins/common/tls_client.h"
#include "plugins/common/tls_server.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "srsproxy/support.h"

namespace srsproxy::rtmp {

struct Config {
    std::vector<ListenAddress> listen;
    NetworkList proxyProtocolFrom;

    std::vector<ListenAddress> tlsListen;
    TlsServerOptions tls;
    int64_t tlsReloadUs = 0;
    TlsClientOptions originTls;

    int64_t handshakeTimeoutUs = 0;
    int64_t connectTimeoutUs = 0;
    int64_t originTimeoutUs = 0;
    int64_t idleTimeoutUs = 0;
    int64_t offerTimeoutUs = 0;

    /// How origins of a kind learn the client's address, where the registration does not say.
    std::map<std::string, ClientAddressWay, std::less<>> clientAddress;
    bool followRedirects = false;

    bool resume = false;
    bool resumePlay = false;
    uint32_t resumeAttempts = 0;
    int64_t resumeTimeoutUs = 0;
    size_t resumeBytes = 0;
    size_t resumeTotalBytes = 0;

    uint32_t maxStreams = 0;
    size_t maxPrepublishBytes = 0;
    ChunkLimits limits;
};

/// Problems go to the section, with their place in the file.
Config readConfig(const Section& section);

} // namespace srsproxy::rtmp
