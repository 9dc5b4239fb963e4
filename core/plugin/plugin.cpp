#include "core/plugin/plugin.h"

#include "core/base/abi.h"

namespace srsproxy {
namespace {

Error refused(const std::string& name, const std::string& what, const ErrorText& errors) {
    const std::string reason = errors.empty() ? "it gave no reason" : errors.text();
    return Error{"plugin " + name + ": " + what + ": " + reason};
}

/// Asks the plugin for its factory and that for its product.
template <typename Factory, typename Product> Result<Owned<Product>>
make(const std::string& name, IPlugin& plugin, const char* factoryId, IConfig& config) {
    auto* factory = static_cast<Factory*>(plugin.query(str(factoryId)));
    if (factory == nullptr) {
        return Error{"plugin " + name + ": it does not have " + factoryId +
                     ": its query() must return that factory"};
    }
    ErrorText errors;
    Product* product = factory->create(&config, &errors);
    if (product == nullptr) {
        return refused(name, "it refuses its configuration", errors);
    }
    return Owned<Product>(product);
}

} // namespace

Result<Plugin> Plugin::start(const PluginLibrary& library, ICore& core) {
    const std::string name = library.name();
    IPlugin* const plugin = library.descriptor().create();
    if (plugin == nullptr) {
        return Error{"plugin " + name + " (" + library.path() + "): create() returned null"};
    }
    ErrorText errors;
    if (plugin->init(&core, &errors) != StatusOk) {
        plugin->destroy();
        return refused(name, "init() failed", errors);
    }
    return Plugin(name, plugin);
}

Result<Owned<IBalancer>> Plugin::makeBalancer(IConfig& config) {
    return make<IBalancerFactory, IBalancer>(name_, *plugin_, SRSPROXY_BALANCER_FACTORY_ID, config);
}

Result<Owned<IProtocol>> Plugin::makeProtocol(IConfig& config) {
    return make<IProtocolFactory, IProtocol>(name_, *plugin_, SRSPROXY_PROTOCOL_FACTORY_ID, config);
}

bool Plugin::answersUnknownIds() {
    return plugin_->query(str("srsproxy.no_such_interface/1")) != nullptr ||
           plugin_->query(str("")) != nullptr;
}

} // namespace srsproxy
