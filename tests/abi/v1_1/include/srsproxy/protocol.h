#pragma once

/// A protocol in C++, without the ABI's plumbing: derive from Protocol, give it a constructor
/// `(const Services&, const Section&)`, and name it in SRSPROXY_PROTOCOL.

#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "srsproxy/abi/event_loop.h"
#include "srsproxy/abi/origins.h"
#include "srsproxy/abi/protocol.h"
#include "srsproxy/abi/sessions.h"
#include "srsproxy/support.h"

namespace srsproxy {
inline namespace sdk_v1 {

/// What a protocol needs of the core. All outlive the plugin; only `origins` may be null.
struct Services {
    ICore* core = nullptr;
    ILog* log = nullptr;
    IMetrics* metrics = nullptr;
    ISessions* sessions = nullptr;
    IOrigins* origins = nullptr; ///< null in a proxy before 1.1: do without
};

/// Adds to a session's byte counter: one plain store, seen by other threads. [loop]
inline void countBytes(uint64_t* counter, uint64_t amount) {
    __atomic_store_n(counter, *counter + amount, __ATOMIC_RELAXED);
}

/// Derive. What open and attach throw becomes the reason why the proxy does not start.
class Protocol {
public:
    virtual ~Protocol() {}
    virtual void open(uint32_t loops) = 0;           ///< [main]
    virtual ILoopPart* attach(IEventLoop* loop) = 0; ///< [loop]
};

/// Carries a Protocol across the line.
class ProtocolBridge final : public IProtocol {
public:
    explicit ProtocolBridge(std::unique_ptr<Protocol> protocol) : protocol_(std::move(protocol)) {}

    int32_t open(uint32_t loops, IErrorSink* errors) noexcept override {
        return guarded<int32_t>(errors, StatusFailed, [&] {
            protocol_->open(loops);
            return static_cast<int32_t>(StatusOk);
        });
    }
    ILoopPart* attach(IEventLoop* loop, IErrorSink* errors) noexcept override {
        return guarded<ILoopPart*>(errors, nullptr, [&] { return protocol_->attach(loop); });
    }
    void destroy() noexcept override { delete this; }

private:
    ~ProtocolBridge() {}
    std::unique_ptr<Protocol> protocol_;
};

/// The plugin object and factory for protocols of type `Type`.
template <typename Type> class ProtocolPlugin final : public IPlugin, private IProtocolFactory {
public:
    static IPlugin* make() noexcept { return new (std::nothrow) ProtocolPlugin; }

    int32_t init(ICore* core, IErrorSink* errors) noexcept override {
        services_.core = core;
        services_.log = findService<ILog>(core, SRSPROXY_LOG_ID);
        services_.metrics = findService<IMetrics>(core, SRSPROXY_METRICS_ID);
        services_.sessions = findService<ISessions>(core, SRSPROXY_SESSIONS_ID);
        services_.origins = findService<IOrigins>(core, SRSPROXY_ORIGINS_ID);
        if (services_.log == nullptr || services_.metrics == nullptr ||
            services_.sessions == nullptr) {
            errors->error(toStr("this proxy lacks the log, metrics or sessions service"));
            return StatusUnavailable;
        }
        return StatusOk;
    }
    void* query(Str id) noexcept override {
        return toString(id) == SRSPROXY_PROTOCOL_FACTORY_ID ? static_cast<IProtocolFactory*>(this)
                                                            : nullptr;
    }
    void stop() noexcept override {}
    void destroy() noexcept override { delete this; }

private:
    ~ProtocolPlugin() {}
    IProtocol* create(IConfig* config, IErrorSink* errors) noexcept override {
        return guarded<IProtocol*>(errors, nullptr, [&]() -> IProtocol* {
            const Services& services = services_;
            return new ProtocolBridge(
                std::unique_ptr<Protocol>(new Type(services, Section(config))));
        });
    }

    Services services_;
};

} // namespace sdk_v1
} // namespace srsproxy

#define SRSPROXY_PROTOCOL(TYPE, NAME, VERSION, LICENSE)                                            \
    SRSPROXY_DESCRIPTOR(::srsproxy::PluginKindProtocol, NAME, VERSION, LICENSE,                    \
                        &::srsproxy::ProtocolPlugin<TYPE>::make)
