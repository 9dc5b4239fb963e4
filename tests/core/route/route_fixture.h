#pragma once

/// A registry with origins, a balancer that does as it is told, and a router on top.

#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/base/abi.h"
#include "core/base/clock.h"
#include "core/base/log_memory.h"
#include "core/route/router.h"

namespace srsproxy {

/// Goes round the eligible origins, unless answers are laid out for it.
class FakeBalancer final : public IBalancer, public IBalancerFeedback {
public:
    int32_t update(const OriginSet* set, IErrorSink* errors) noexcept override {
        ++updates;
        if (failUpdates > 0) {
            --failUpdates;
            errors->error(str("out of buckets"));
            return StatusFailed;
        }
        ids.clear();
        for (uint64_t i = 0; i < set->count; ++i) {
            const auto* base = reinterpret_cast<const char*>(set->origins) + i * set->stride;
            ids.emplace_back(view(reinterpret_cast<const BalancerOrigin*>(base)->id));
        }
        return StatusOk;
    }
    int64_t pick(const PickRequest* request, IErrorSink* errors) noexcept override {
        ++picks;
        last = *request;
        lastKey = view(request->streamKey);
        lastSessions.assign(request->sessions, request->sessions + request->count);
        if (clock != nullptr) {
            clock->advance(slowness);
        }
        if (!answers.empty()) {
            const int64_t answer = answers.front();
            answers.pop_front();
            if (answer == PickFailed) {
                errors->error(str("the dice are lost"));
            }
            return answer;
        }
        for (uint64_t step = 0; step < request->count; ++step) {
            const uint64_t index = next++ % request->count;
            if ((request->eligible[index / 64] >> (index % 64) & 1u) != 0) {
                return static_cast<int64_t>(index);
            }
        }
        return PickNone;
    }
    void* query(Str id) noexcept override {
        return view(id) == SRSPROXY_BALANCER_FEEDBACK_ID ? static_cast<IBalancerFeedback*>(this)
                                                         : nullptr;
    }
    void destroy() noexcept override {}
    void opened(Str originId) noexcept override { ++live[std::string(view(originId))]; }
    void closed(Str originId, int32_t outcome) noexcept override {
        --live[std::string(view(originId))];
        outcomes.push_back(outcome);
    }

    int updates = 0;
    int failUpdates = 0;
    int picks = 0;
    std::vector<std::string> ids;
    std::deque<int64_t> answers;
    PickRequest last{};
    std::string lastKey;
    std::vector<uint32_t> lastSessions;
    ManualClock* clock = nullptr; ///< turned by `slowness` in each pick
    Milliseconds slowness{0};
    std::map<std::string, int> live;
    std::vector<int32_t> outcomes;

private:
    uint64_t next = 0;
};

/// Adds up what is counted, by `name{label=value,…}`.
class FakeMetrics final : public IMetrics {
public:
    ICounter* counter(Str name, Str, const MetricLabel* labels, uint64_t count) noexcept override {
        return &series(name, labels, count);
    }
    IGauge* gauge(Str name, Str, const MetricLabel* labels, uint64_t count) noexcept override {
        return &series(name, labels, count);
    }
    int64_t value(const std::string& name) const {
        const std::lock_guard lock(mutex_);
        const auto found = series_.find(name);
        return found == series_.end() ? 0 : found->second->total.load();
    }

private:
    struct Series final : ICounter, IGauge {
        void add(uint64_t amount) noexcept override { total += static_cast<int64_t>(amount); }
        void set(int64_t amount) noexcept override { total = amount; }
        void add(int64_t amount) noexcept override { total += amount; }
        std::atomic<int64_t> total{0};
    };

    Series& series(Str name, const MetricLabel* labels, uint64_t count) {
        std::string key(view(name));
        for (uint64_t i = 0; i < count; ++i) {
            key += (i == 0 ? "{" : ",") + std::string(view(labels[i].name)) + "=" +
                   std::string(view(labels[i].value));
        }
        key += count == 0 ? "" : "}";
        const std::lock_guard lock(mutex_);
        std::unique_ptr<Series>& place = series_[key];
        if (place == nullptr) {
            place = std::make_unique<Series>();
        }
        return *place;
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Series>> series_;
};

/// Knows the names it was told.
class FakeResolver final : public Resolver {
public:
    Result<std::vector<std::string>> resolve(const std::string& host) override {
        const auto found = hosts.find(host);
        if (found == hosts.end()) {
            return Error{host + " does not resolve"};
        }
        return found->second;
    }
    std::map<std::string, std::vector<std::string>> hosts;
};

inline RegistrySettings patientRegistry() {
    RegistrySettings settings;
    settings.ejectMaxPercent = 100;
    return settings;
}

class RouteWorld {
public:
    explicit RouteWorld(RouterSettings settings = {})
        : registry(patientRegistry(), clock, resolver, log), host(balancer, "fake", log),
          router(settings, clock, registry, host, log) {}

    /// A static origin at `server@10.0.0.N` with those services, all on port 1000.
    std::string add(const std::string& server, std::initializer_list<const char*> services,
                    uint32_t maxSessions = 0, const std::string& pid = "1") {
        Registration registration;
        registration.server = server;
        registration.service = "s" + pid;
        registration.pid = pid;
        registration.ip = "10.0.0." + server.substr(server.find_first_of("0123456789"));
        registration.maxSessions = maxSessions;
        for (const char* service : services) {
            registration.services.push_back({service, {Endpoint{"", "", 1000}}});
        }
        return enroll(registration);
    }
    std::string enroll(const Registration& registration) {
        const Result<std::string> id = registry.enroll(registration, OriginSource::Static);
        return id ? *id : "refused: " + id.error().message;
    }
    RouteDecision route(std::string_view key, int32_t role, std::string_view protocol = "rtmp",
                        const std::vector<std::string>& triedIds = {}) {
        TriedOrigins tried;
        for (const std::string& id : triedIds) {
            tried.push_back(registry.table()->find(id));
        }
        RouteQuery query;
        query.streamKey = key;
        query.protocol = protocol;
        query.client = "192.0.2.1:5000";
        query.role = role;
        query.tried = &tried;
        query.attempt = static_cast<uint32_t>(tried.size()) + 1;
        return router.route(query);
    }
    /// A session that its origin has accepted.
    Seat settle(std::string_view key, int32_t role, std::string_view protocol = "rtmp") {
        RouteDecision decision = route(key, role, protocol);
        router.report(key, decision.seat, OutcomeAccepted, "");
        return std::move(decision.seat);
    }
    void fail(std::string_view key, Seat& seat, int32_t outcome = OutcomeConnectRefused) {
        router.report(key, seat, outcome, "test");
    }
    OriginLoad& load(const std::string& id) { return *registry.table()->find(id)->load; }
    std::string pinOf(const std::string& key) {
        for (const PinInfo& pin : router.pins("", 1000)) {
            if (pin.streamKey == key) {
                return pin.originId;
            }
        }
        return "";
    }

    ManualClock clock;
    std::shared_ptr<MemoryLogSink> sink = std::make_shared<MemoryLogSink>();
    Log log{sink, "test"};
    FakeResolver resolver;
    Registry registry;
    FakeBalancer balancer;
    BalancerHost host;
    Router router;
};

} // namespace srsproxy
