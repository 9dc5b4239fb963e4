#pragma once

/// What all loops of the RTMP plugin share: settings, certificates, what is known of origins, the
/// memory budget and the figures. Made on the main thread, owned by the plugin, outlives every
/// loop part; each member says in its header from where it may be used.

#include <memory>

#include "plugins/common/resolver.h"
#include "plugins/rtmp/block_pool.h"
#include "plugins/rtmp/capability_book.h"
#include "plugins/rtmp/config.h"
#include "plugins/rtmp/origin_door.h"
#include "srsproxy/protocol.h"

namespace srsproxy::rtmp {

/// Streams that lost their origin and found another one, or none. [any]
class ResumeFigures {
public:
    explicit ResumeFigures(IMetrics& metrics);
    void count(int32_t role, bool resumed);

private:
    ICounter* counters_[2][2]; ///< by role (publish, play) and result (failed, resumed)
};

struct Shared {
    /// Throws std::runtime_error naming the file and what to do. [main]
    Shared(const Services& coreServices, Config settings);

    const Services services;
    const Config config;
    std::unique_ptr<TlsServerContext> tls; ///< null without a TLS listener
    OriginDoors doors;
    CapabilityBook book;
    BlockBudget blocks;
    ResumeFigures resumes;
    HostResolver resolver;
};

} // namespace srsproxy::rtmp
