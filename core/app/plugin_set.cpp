#include "core/app/plugin_set.h"

namespace srsproxy {
namespace {

/// Maps the file and starts the plugin in it.
template <typename Interface>
Result<LoadedPlugin<Interface>> startPlugin(const std::string& nameOrPath, PluginKind kind,
                                            const PluginFinder& finder, ServicePointers services,
                                            const Log& log) {
    const auto path = finder.find(nameOrPath, kind);
    if (!path) {
        return path.error();
    }
    const auto library = PluginLibrary::load(*path, kind);
    if (!library) {
        return library.error();
    }
    LoadedPlugin<Interface> loaded;
    loaded.name = library->name();
    loaded.services = std::make_unique<CoreServices>(log.named(loaded.name), services);
    auto plugin = Plugin::start(*library, *loaded.services);
    if (!plugin) {
        return plugin.error();
    }
    loaded.plugin = std::make_unique<Plugin>(std::move(*plugin));
    return loaded;
}

} // namespace

Result<LoadedPlugin<IBalancer>> loadBalancer(LoadedConfig& config, const PluginFinder& finder,
                                             ServicePointers services, const Log& log) {
    const std::string& strategy = config.settings()->balancer.strategy;
    auto loaded = startPlugin<IBalancer>(strategy, PluginKindBalancer, finder, services, log);
    if (!loaded) {
        config.balancerOptions().skip();
        return Error{"balancer.strategy: " + loaded.error().message};
    }
    auto balancer = loaded->plugin->makeBalancer(config.balancerOptions());
    if (!balancer) {
        config.balancerOptions().skip();
        return Error{"balancer.strategy: " + balancer.error().message};
    }
    loaded->object = std::move(*balancer);
    return loaded;
}

Result<LoadedPlugin<IProtocol>> loadProtocol(const ProtocolSettings& protocol, LoadedConfig& config,
                                             const PluginFinder& finder, ServicePointers services,
                                             const Log& log) {
    ConfigSection& section = *config.protocol(protocol.name);
    auto loaded =
        startPlugin<IProtocol>(protocol.plugin, PluginKindProtocol, finder, services, log);
    if (!loaded) {
        section.skip();
        return Error{"protocols." + protocol.name + ": " + loaded.error().message};
    }
    auto object = loaded->plugin->makeProtocol(section);
    if (!object) {
        section.skip();
        return Error{"protocols." + protocol.name + ": " + object.error().message};
    }
    loaded->object = std::move(*object);
    loaded->name = protocol.name;
    return loaded;
}

} // namespace srsproxy
