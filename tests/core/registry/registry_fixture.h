#pragma once

/// A registry with a manual clock, a resolver of fixed answers and a log that can be read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/log_memory.h"
#include "core/registry/registry.h"

namespace srsproxy {

class FakeResolver final : public Resolver {
public:
    Result<std::vector<std::string>> resolve(const std::string& host) override {
        ++asked;
        if (onResolve) {
            onResolve();
        }
        const auto found = names.find(host);
        if (found == names.end()) {
            return Error{"host name \"" + host + "\" does not resolve: unknown", true};
        }
        return found->second;
    }

    std::map<std::string, std::vector<std::string>> names;
    std::function<void()> onResolve;
    int asked = 0;
};

inline Registration registration(const std::string& server, const std::string& ip = "10.0.0.1",
                                 const std::string& pid = "1") {
    Registration made;
    made.server = server;
    made.service = "service-" + pid;
    made.pid = pid;
    made.ip = ip;
    made.services = {{"rtmp", {{"", "", 1935}}}};
    return made;
}

class RegistryTest : public testing::Test {
protected:
    std::string enroll(const Registration& made, OriginSource source = OriginSource::Heartbeat) {
        const Result<std::string> id = registry().enroll(made, source);
        EXPECT_TRUE(id) << (id ? "" : id.error().message);
        return id ? *id : std::string();
    }
    std::string refusal(const Registration& made, OriginSource source = OriginSource::Heartbeat) {
        const Result<std::string> id = registry().enroll(made, source);
        EXPECT_FALSE(id);
        return id ? std::string() : id.error().message;
    }
    std::shared_ptr<const Origin> origin(const std::string& id) {
        return registry().table()->find(id);
    }
    bool ejected(const std::string& id) { return origin(id)->ejected; }
    size_t size() { return registry().table()->origins.size(); }
    uint64_t version() { return registry().table()->version; }
    void fail(const std::string& id, int32_t outcome = OutcomeConnectRefused) {
        registry().report(id, outcome, "127.0.0.1:1935");
    }
    void pass(Milliseconds time) {
        clock.advance(time);
        registry().sweep();
    }
    /// Made at its first use: settings may be changed before.
    Registry& registry() {
        if (!registry_) {
            registry_ = std::make_unique<Registry>(settings, clock, resolver, Log(log, "registry"));
        }
        return *registry_;
    }

    RegistrySettings settings;
    ManualClock clock;
    FakeResolver resolver;
    std::shared_ptr<MemoryLogSink> log = std::make_shared<MemoryLogSink>();

private:
    std::unique_ptr<Registry> registry_;
};

} // namespace srsproxy
