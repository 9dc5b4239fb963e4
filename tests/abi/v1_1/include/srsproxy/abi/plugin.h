#pragma once

/// The two handshake interfaces: what the proxy sees of a plugin, and the plugin of the proxy.
/// Everything else is asked for by id, so either side may lack a feature without harm.

#include "srsproxy/abi/types.h"

namespace srsproxy {

/// The proxy, as one plugin sees it. Lives as long as the process.
class ICore {
public:
    /// The service of that id (the `SRSPROXY_…_ID` beside each interface), or null when this
    /// proxy does not have it. The same pointer each time. [any]
    virtual void* query(Str id) noexcept = 0;

protected:
    ~ICore() = default;
};

/// A loaded plugin. Calls come in this order: init once, query any number of times, stop once,
/// destroy once. init and stop need not be called at all (`--check-config` reads no further
/// than the descriptor when the file is bad).
class IPlugin {
public:
    /// Returns StatusOk, or another Status after telling `errors` why; then only destroy
    /// follows. [main]
    virtual int32_t init(ICore* core, IErrorSink* errors) noexcept = 0;

    /// The plugin's interface of that id (for a balancer IBalancerFactory, for a protocol
    /// IProtocolFactory), or null. Owned by the plugin. [any]
    virtual void* query(Str id) noexcept = 0;

    /// All objects made by the plugin's factories are destroyed already. [main]
    virtual void stop() noexcept = 0;

    /// Frees the plugin's object. The library itself stays mapped until the process ends. [main]
    virtual void destroy() noexcept = 0;

protected:
    ~IPlugin() = default;
};

} // namespace srsproxy
