#pragma once

/// The proxy that a plugin under check meets: every service is there and does nothing. Sessions
/// are refused, the store is empty, figures are dropped, no origin is known.

#include "core/plugin/core_services.h"

namespace srsproxy {

class IdleMetrics final : public IMetrics, private ICounter, private IGauge {
public:
    ICounter* counter(Str, Str, const MetricLabel*, uint64_t) noexcept override { return this; }
    IGauge* gauge(Str, Str, const MetricLabel*, uint64_t) noexcept override { return this; }

private:
    void add(uint64_t) noexcept override {}
    void set(int64_t) noexcept override {}
    void add(int64_t) noexcept override {}
};

class IdleSessions final : public ISessions {
public:
    ISession* open(IEventLoop*, const SessionInfo*, ISessionOwner*) noexcept override {
        return nullptr;
    }
};

class IdleStore final : public IStore {
public:
    void put(IEventLoop*, Str, Str, int64_t, IStoreHandler* handler) noexcept override {
        if (handler != nullptr) {
            handler->answered(StatusUnavailable, Str{nullptr, 0});
        }
    }
    void get(IEventLoop*, Str, IStoreHandler* handler) noexcept override {
        handler->answered(StatusNotFound, Str{nullptr, 0});
    }
    void remove(IEventLoop*, Str) noexcept override {}
};

class IdleHttpRoutes final : public IHttpRoutes {
public:
    int32_t add(Str, IHttpHandler*) noexcept override { return StatusOk; }
    void remove(Str) noexcept override {}
};

class IdleOrigins final : public IOrigins {
public:
    uint64_t version() noexcept override { return 0; }
    void list(Str, IOriginVisitor*) noexcept override {}
};

class ConformanceCore {
public:
    ConformanceCore()
        : services_(Log(std::make_shared<NullLogSink>(), "check"),
                    ServicePointers{&sessions_, &metrics_, &store_, &httpRoutes_, &origins_}) {}

    ICore& core() { return services_; }

private:
    IdleMetrics metrics_;
    IdleSessions sessions_;
    IdleStore store_;
    IdleHttpRoutes httpRoutes_;
    IdleOrigins origins_;
    CoreServices services_;
};

} // namespace srsproxy
