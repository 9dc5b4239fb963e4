#pragma once

/// The running proxy: every part of it, in the order in which they need each other, and the
/// order of its start and its end. Made by the application; all methods on the main thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/http_api.h"
#include "core/api/live_parts.h"
#include "core/api/system_api.h"
#include "core/app/loop_parts.h"
#include "core/app/maintenance.h"
#include "core/app/plugin_set.h"
#include "core/base/metrics.h"
#include "core/event/event_loop.h"
#include "core/registry/resolver.h"
#include "core/route/balancer_host.h"
#include "core/route/origins_service.h"
#include "core/route/router.h"
#include "core/route/session_table.h"
#include "core/state/memory_store.h"
#include "core/state/store_service.h"

namespace srsproxy {

class Proxy {
public:
    /// Builds what needs no plugin and no socket. `config` outlives the proxy.
    Proxy(LoadedConfig& config, ProductInfo product, Log log);
    ~Proxy();

    /// Loads the plugins and lets them read their sections, and judges the configured origins;
    /// opens nothing. Everything is tried: then config.finish() knows all problems.
    void prepare();

    /// Opens every listener and serves. Requires: there are no problems. After an
    /// error the proxy can only be destroyed.
    Result<Done> start();

    /// Stops accepting, gives the sessions `grace`, asks those that are left to end, and frees
    /// everything. `hurry` is asked now and then and ends the grace when it says so. Requires:
    /// start() succeeded. Once.
    void stop(Milliseconds grace, const std::function<bool(Milliseconds)>& hurry);

    /// Another duty for each second.
    void everySecond(std::function<void()> duty) {
        maintenance_.every(Milliseconds(1000), std::move(duty));
    }

private:
    void loadBalancerAndRouter(const PluginFinder& finder);
    void judgeOrigins();
    Result<Done> enrollConfigured();
    Result<Done> openServers();
    void addDuties();
    void addFigures();
    bool waitForSessions(Milliseconds limit, const std::function<bool(Milliseconds)>& hurry);

    LoadedConfig& config_;
    const std::shared_ptr<const Settings> settings_;
    const ProductInfo product_;
    const Log log_;
    const SteadyClock clock_;
    const Milliseconds startedAt_;
    Metrics metrics_;
    SystemResolver resolver_;
    Registry registry_;
    OriginsService originsService_;
    MemoryStore store_;
    StoreService storeService_;
    HttpApi httpApi_;
    LoopGroup loops_;

    std::vector<Registration> staticOrigins_;
    std::optional<Registration> defaultBackend_;
    LoadedPlugin<IBalancer> balancer_;
    std::unique_ptr<BalancerHost> balancerHost_;
    std::unique_ptr<Router> router_;
    std::unique_ptr<SessionTable> sessions_;
    std::vector<LoadedPlugin<IProtocol>> protocols_;
    LoopParts parts_;

    LiveOrigins liveOrigins_;
    std::unique_ptr<LiveStreams> liveStreams_;
    std::unique_ptr<LiveSessions> liveSessions_;
    std::unique_ptr<SystemApi> systemApi_;
    std::unique_ptr<HttpServer> systemServer_;
    std::unique_ptr<HttpServer> httpServer_;
    Maintenance maintenance_;
};

} // namespace srsproxy
