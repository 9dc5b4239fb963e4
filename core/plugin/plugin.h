#pragma once

/// A plugin at work: made, initialised, and in the end stopped and freed, each once and in that
/// order. Whoever owns it destroys what its factories made before the plugin. Main thread.

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/plugin/owned.h"
#include "core/plugin/plugin_library.h"
#include "srsproxy/abi/balancer.h"
#include "srsproxy/abi/plugin.h"
#include "srsproxy/abi/protocol.h"

namespace srsproxy {

class Plugin {
public:
    /// Makes the plugin's object and initialises it. `core` outlives the Plugin. Errors name the
    /// plugin.
    static Result<Plugin> start(const PluginLibrary& library, ICore& core);

    const std::string& name() const { return name_; }

    /// Requires: the library is of kind balancer.
    Result<Owned<IBalancer>> makeBalancer(IConfig& config);
    /// Requires: the library is of kind protocol.
    Result<Owned<IProtocol>> makeProtocol(IConfig& config);

    /// True when query() returns something for an id that nobody has defined: a defect.
    bool answersUnknownIds();

private:
    struct StopAndDestroy {
        void operator()(IPlugin* plugin) const noexcept {
            plugin->stop();
            plugin->destroy();
        }
    };

    Plugin(std::string name, IPlugin* plugin) : name_(std::move(name)), plugin_(plugin) {}

    std::string name_;
    std::unique_ptr<IPlugin, StopAndDestroy> plugin_;
};

} // namespace srsproxy
