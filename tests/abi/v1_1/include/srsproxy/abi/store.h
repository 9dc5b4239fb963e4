#pragma once

/// The state store: small facts with a lifetime, in memory or shared by several proxies. A
/// plugin's keys are its own: the proxy puts the plugin's name before them.

#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

class IStoreHandler {
public:
    /// StatusOk with the value, StatusNotFound, StatusLimit or StatusUnavailable. Once per
    /// request, perhaps before the request returns. [loop]
    virtual void answered(int32_t status, Str value) noexcept = 0;

protected:
    ~IStoreHandler() = default;
};

class IStore {
public:
    /// Keeps `value` for `ttlMs`. `handler` may be null. [loop]
    virtual void put(IEventLoop* loop, Str key, Str value, int64_t ttlMs,
                     IStoreHandler* handler) noexcept = 0;
    /// [loop]
    virtual void get(IEventLoop* loop, Str key, IStoreHandler* handler) noexcept = 0;
    /// [loop]
    virtual void remove(IEventLoop* loop, Str key) noexcept = 0;

protected:
    ~IStore() = default;
};

#define SRSPROXY_STORE_ID "srsproxy.store/1"

} // namespace srsproxy
