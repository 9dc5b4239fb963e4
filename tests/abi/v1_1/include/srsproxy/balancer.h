#pragma once

/// A load balancer in C++, without the ABI's plumbing:
///
///     class First : public srsproxy::Balancer {
///     public:
///         explicit First(const srsproxy::Section&) {}
///         void update(const srsproxy::Origins&) override {}
///         int64_t pick(const srsproxy::Pick& pick) override { return pick.nextEligible(0); }
///     };
///     SRSPROXY_BALANCER(First, "first", "1.0.0", "MIT")
///
/// examples/lb_plugin/ is a whole one, with its CMakeLists.txt.

#include <memory>
#include <new>
#include <utility>

#include "srsproxy/abi/balancer.h"
#include "srsproxy/abi/sessions.h"
#include "srsproxy/support.h"

namespace srsproxy {
inline namespace sdk_v1 {

/// The origins of an update, by index. Valid during the call only.
class Origins {
public:
    explicit Origins(const OriginSet* set) : set_(set) {}
    uint64_t size() const { return set_->count; }
    const BalancerOrigin& operator[](uint64_t index) const {
        const char* base = reinterpret_cast<const char*>(set_->origins);
        return *reinterpret_cast<const BalancerOrigin*>(base + index * set_->stride);
    }

private:
    const OriginSet* set_;
};

/// A stream that needs an origin; indexes are those of the last update.
class Pick {
public:
    explicit Pick(const PickRequest* request) : request_(request) {}

    uint64_t size() const { return request_->count; }
    bool eligible(uint64_t index) const {
        return index < request_->count &&
               (request_->eligible[index / 64] >> (index % 64) & 1u) != 0;
    }
    /// Sessions on that origin right now, through this proxy.
    uint32_t sessions(uint64_t index) const {
        return index < request_->count ? request_->sessions[index] : 0;
    }
    /// The first eligible index from `start` on, going round once; PickNone when there is none.
    int64_t nextEligible(uint64_t start) const {
        const uint64_t count = request_->count;
        for (uint64_t step = 0; step < count; ++step) {
            const uint64_t index = (start + step) % count;
            if (eligible(index)) {
                return static_cast<int64_t>(index);
            }
        }
        return PickNone;
    }
    const PickRequest& request() const { return *request_; }

private:
    const PickRequest* request_;
};

/// Derive, with a constructor that takes `const Section&`. What these throw becomes an error
/// in the proxy's log.
class Balancer {
public:
    virtual ~Balancer() {}
    virtual void update(const Origins& origins) = 0;
    /// An eligible index, or PickNone.
    virtual int64_t pick(const Pick& pick) = 0;
    /// A session on that origin began.
    virtual void opened(const std::string& originId) { (void)originId; }
    /// A session on that origin ended, with an Outcome.
    virtual void closed(const std::string& originId, int32_t outcome) {
        (void)originId;
        (void)outcome;
    }
};

/// Carries a Balancer across the line.
class BalancerBridge final : public IBalancer, private IBalancerFeedback {
public:
    explicit BalancerBridge(std::unique_ptr<Balancer> balancer) : balancer_(std::move(balancer)) {}

    int32_t update(const OriginSet* origins, IErrorSink* errors) noexcept override {
        return guarded<int32_t>(errors, StatusFailed, [&] {
            balancer_->update(Origins(origins));
            return static_cast<int32_t>(StatusOk);
        });
    }
    int64_t pick(const PickRequest* request, IErrorSink* errors) noexcept override {
        return guarded<int64_t>(errors, PickFailed, [&] { return balancer_->pick(Pick(request)); });
    }
    void* query(Str id) noexcept override {
        return toString(id) == SRSPROXY_BALANCER_FEEDBACK_ID ? static_cast<IBalancerFeedback*>(this)
                                                             : nullptr;
    }
    void destroy() noexcept override { delete this; }

private:
    ~BalancerBridge() {}
    void opened(Str originId) noexcept override {
        try {
            balancer_->opened(toString(originId));
        } catch (...) { // advice only: nothing to undo
        }
    }
    void closed(Str originId, int32_t outcome) noexcept override {
        try {
            balancer_->closed(toString(originId), outcome);
        } catch (...) { // advice only: nothing to undo
        }
    }

    std::unique_ptr<Balancer> balancer_;
};

/// The plugin object and factory for balancers of type `Type`.
template <typename Type> class BalancerPlugin final : public IPlugin, private IBalancerFactory {
public:
    static IPlugin* make() noexcept { return new (std::nothrow) BalancerPlugin; }

    int32_t init(ICore*, IErrorSink*) noexcept override { return StatusOk; }
    void* query(Str id) noexcept override {
        return toString(id) == SRSPROXY_BALANCER_FACTORY_ID ? static_cast<IBalancerFactory*>(this)
                                                            : nullptr;
    }
    void stop() noexcept override {}
    void destroy() noexcept override { delete this; }

private:
    ~BalancerPlugin() {}
    IBalancer* create(IConfig* config, IErrorSink* errors) noexcept override {
        return guarded<IBalancer*>(errors, nullptr, [&]() -> IBalancer* {
            return new BalancerBridge(std::unique_ptr<Balancer>(new Type(Section(config))));
        });
    }
};

} // namespace sdk_v1
} // namespace srsproxy

#define SRSPROXY_BALANCER(TYPE, NAME, VERSION, LICENSE)                                            \
    SRSPROXY_DESCRIPTOR(::srsproxy::PluginKindBalancer, NAME, VERSION, LICENSE,                    \
                        &::srsproxy::BalancerPlugin<TYPE>::make)
