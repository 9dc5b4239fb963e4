#pragma once

/// The plugins that the configuration names, loaded and at work. Each has its own façade of the
/// core. Order of life: the balancer is made first and freed last, since sessions of all
/// protocols need it. On the main thread.

#include <memory>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/config/load_config.h"
#include "core/plugin/core_services.h"
#include "core/plugin/plugin.h"
#include "core/plugin/plugin_finder.h"

namespace srsproxy {

/// A plugin, its façade, and the one object that its factory made.
template <typename Interface> struct LoadedPlugin {
    std::string name; ///< as the configuration names it
    std::unique_ptr<CoreServices> services;
    std::unique_ptr<Plugin> plugin;
    Owned<Interface> object;
};

/// Finds, loads and starts the balancer of the settings. `services` are what it may use. The
/// error says what to change.
Result<LoadedPlugin<IBalancer>> loadBalancer(LoadedConfig& config, const PluginFinder& finder,
                                             ServicePointers services, const Log& log);

/// The same for one protocol.
Result<LoadedPlugin<IProtocol>> loadProtocol(const ProtocolSettings& protocol, LoadedConfig& config,
                                             const PluginFinder& finder, ServicePointers services,
                                             const Log& log);

} // namespace srsproxy
