#pragma once

/// The proxy, as one plugin sees it: a table of services by id. One for each plugin, since the
/// log names the plugin and services may be made for it. The services belong to the app, which
/// keeps them, and this, as long as the process lives.

#include <cstddef>

#include "core/base/log.h"
#include "srsproxy/abi/http_routes.h"
#include "srsproxy/abi/log.h"
#include "srsproxy/abi/metrics.h"
#include "srsproxy/abi/origins.h"
#include "srsproxy/abi/plugin.h"
#include "srsproxy/abi/sessions.h"
#include "srsproxy/abi/store.h"

namespace srsproxy {

/// Null: this proxy does not have the service.
struct ServicePointers {
    ISessions* sessions = nullptr;
    IMetrics* metrics = nullptr;
    IStore* store = nullptr;
    IHttpRoutes* httpRoutes = nullptr;
    IOrigins* origins = nullptr;
};

/// A plugin's log. Texts are bounded, and levels that this proxy does not know become the nearest
/// that it does; the sink sees to broken and control characters.
class PluginLog final : public ILog {
public:
    static constexpr size_t MaxMessageBytes = 2048;
    static constexpr size_t MaxTopicBytes = 64;

    explicit PluginLog(Log log) : log_(std::move(log)) {}

    int32_t enabled(int32_t level) noexcept override;
    void write(int32_t level, uint64_t session, Str topic, Str message) noexcept override;

private:
    Log log_;
};

class CoreServices final : public ICore {
public:
    /// `log` is named after the plugin.
    CoreServices(Log log, ServicePointers services) : log_(std::move(log)), services_(services) {}

    void* query(Str id) noexcept override;

private:
    PluginLog log_;
    ServicePointers services_;
};

} // namespace srsproxy
