#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/log_memory.h"
#include "core/registry/registry.h"
#include "registry_fixture.h"

namespace srsproxy {
namespace {

/// Time that goes on with each look at it, so that origins expire and come back meanwhile.
class RunningClock final : public Clock {
public:
    Milliseconds now() const override { return Milliseconds(now_.fetch_add(1)); }

private:
    mutable std::atomic<int64_t> now_{1'000'000};
};

class OneAddressResolver final : public Resolver {
public:
    Result<std::vector<std::string>> resolve(const std::string&) override {
        return std::vector<std::string>{"10.0.0.9"};
    }
};

TEST(RegistryThreads, AgreeWhileAllAreAtItAtOnce) {
    constexpr int Rounds = 1500;
    constexpr int Origins = 8;
    RegistrySettings settings;
    settings.originTtl = 2s;
    settings.minLifetime = 1s;
    settings.ejectBase = 10ms;
    settings.resolveInterval = 10ms;
    settings.maxOrigins = Origins - 1;
    RunningClock clock;
    OneAddressResolver resolver;
    Registry registry(settings, clock, resolver, Log(std::make_shared<NullLogSink>(), "registry"));

    std::mutex routerLock; // as the router's: held during report()

    const auto id = [](int i) { return "s" + std::to_string(i % Origins) + "@media"; };
    const std::vector<std::function<void(int)>> jobs{
        [&](int i) {
            (void)registry.enroll(
                registration("s" + std::to_string(i % Origins), "media", std::to_string(i / 100)),
                OriginSource::Heartbeat);
        },
        [&](int i) {
            (void)registry.enroll(
                registration("s" + std::to_string(i % Origins), "media", std::to_string(i / 50)),
                OriginSource::Heartbeat);
        },
        [&](int i) {
            const std::lock_guard lock(routerLock);
            registry.report(id(i), i % 3 == 0 ? OutcomeConnectRefused : OutcomeLost, "test");
        },
        [&](int i) {
            registry.report(id(i), i % 2 == 0 ? OutcomeAccepted : OutcomeSilent, "test");
        },
        [&](int i) {
            const auto table = registry.table();
            size_t ejected = 0;
            for (const auto& origin : table->origins) {
                ejected += origin->ejected ? 1 : 0;
                EXPECT_EQ(table->find(origin->id), origin);
                EXPECT_GE(origin->lastHeartbeat(), Milliseconds(1'000'000));
                EXPECT_FALSE(origin->addresses.empty());
            }
            EXPECT_LE(table->origins.size(), settings.maxOrigins);
            EXPECT_LE(ejected * 2, table->origins.size());
            (void)i;
        },
        [&](int i) {
            registry.sweep();
            registry.setDraining(id(i), i % 2 == 0);
            if (i % 16 == 0) {
                registry.remove(id(i), "test");
            }
        },
    };
    std::vector<std::thread> threads;
    threads.reserve(jobs.size());
    for (const auto& job : jobs) {
        threads.emplace_back([&job] {
            for (int i = 0; i < Rounds; ++i) {
                job(i);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    registry.sweep();
    EXPECT_LE(registry.table()->origins.size(), settings.maxOrigins);
}

} // namespace
} // namespace srsproxy
