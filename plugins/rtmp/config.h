#pragma once

/// The RTMP plugin's section of the configuration; etc/proxy.yaml explains each setting.
/// Immutable once read.

#include <cstdint>
#include <vector>

#include "plugins/common/listen_address.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "srsproxy/support.h"

namespace srsproxy::rtmp {

struct Config {
    std::vector<ListenAddress> listen;
    int64_t handshakeTimeoutUs = 0;
    int64_t connectTimeoutUs = 0;
    int64_t originTimeoutUs = 0;
    int64_t idleTimeoutUs = 0;
    ChunkLimits limits;
};

/// Problems go to the section, with their place in the file.
Config readConfig(const Section& section);

} // namespace srsproxy::rtmp
