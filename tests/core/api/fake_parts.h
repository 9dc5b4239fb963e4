#pragma once

/// Origins, streams and sessions as a test wants them, and a system API over them on a free
/// loopback port.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/api/system_api.h"
#include "core/base/log_memory.h"
#include "raw_client.h"

namespace srsproxy {

class FakeOrigins final : public ApiOrigins {
public:
    Result<std::string> enroll(const Registration& registration) override {
        const std::lock_guard lock(mutex_);
        if (!refusal.message.empty()) {
            return refusal;
        }
        Origin origin;
        origin.id = registration.originId();
        origin.registration = registration;
        origin.registration.extraJson.clear();
        origin.addresses = {registration.ip};
        origin.pulse->beat(Milliseconds(1'000'000), Milliseconds(30'000), registration.extraJson);
        put(origin);
        return origin.id;
    }
    bool remove(std::string_view id, std::string_view) override {
        const std::lock_guard lock(mutex_);
        return origins_.erase(std::string(id)) == 1;
    }
    bool setDraining(std::string_view id, bool draining) override {
        const std::lock_guard lock(mutex_);
        const auto found = origins_.find(std::string(id));
        if (found == origins_.end()) {
            return false;
        }
        Origin changed = *found->second;
        changed.draining = draining;
        put(changed);
        return true;
    }
    std::shared_ptr<const OriginTable> table() const override {
        const std::lock_guard lock(mutex_);
        auto table = std::make_shared<OriginTable>();
        for (const auto& [id, origin] : origins_) {
            table->origins.push_back(origin);
        }
        return table;
    }
    void put(const Origin& origin) { origins_[origin.id] = std::make_shared<Origin>(origin); }
    size_t size() const { return table()->origins.size(); }

    Error refusal; ///< of enroll(), when it has a message

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Origin>> origins_;
};

class FakeStreams final : public ApiStreams {
public:
    std::vector<PinInfo> pins(std::string_view after, size_t limit) const override {
        std::vector<PinInfo> page;
        for (const PinInfo& pin : all) {
            if (pin.streamKey > after && page.size() < limit) {
                page.push_back(pin);
            }
        }
        return page;
    }
    size_t count() const override { return all.size(); }
    Explanation explain(std::string_view key, std::string_view protocol, int32_t role) override {
        asked = std::string(key) + " " + std::string(protocol) + " " + std::string(roleName(role));
        return explanation;
    }

    std::vector<PinInfo> all; ///< sorted by key
    Explanation explanation;
    std::string asked;
};

class FakeSessions final : public ApiSessions {
public:
    std::vector<SessionView> list(uint64_t after, size_t limit) const override {
        std::vector<SessionView> page;
        for (const SessionView& session : all) {
            if (session.id > after && page.size() < limit) {
                page.push_back(session);
            }
        }
        return page;
    }
    size_t count() const override { return all.size(); }
    bool kick(uint64_t id, std::string_view reason) override {
        kicked += std::to_string(id) + ":" + std::string(reason) + ";";
        return std::any_of(all.begin(), all.end(),
                           [id](const SessionView& session) { return session.id == id; });
    }

    std::vector<SessionView> all; ///< sorted by id
    std::string kicked;
};

class SystemApiTest : public testing::Test {
protected:
    SystemApiTest() { settings_.listen = {"127.0.0.1:0"}; }

    void start() {
        const ProductInfo product{"1.2.3", "4711"};
        auto api = SystemApi::create(
            settings_, {origins_, streams_, sessions_, clock_, [] { return "up 1\n"; }}, product,
            Log(log_, "api"));
        ASSERT_TRUE(api) << api.error().message;
        api_ = std::move(*api);
        auto server =
            HttpServer::open(serverOptions(settings_, product).value(), *api_, Log(log_, "api"));
        ASSERT_TRUE(server) << server.error().message;
        server_ = std::move(*server);
        server_->start();
    }
    RawReply request(const std::string& method, const std::string& target,
                     const std::vector<std::string>& headers = {}, const std::string& body = {}) {
        return call(server_->port(), method, target, headers, body);
    }
    RawReply get(const std::string& target) { return request("GET", target); }
    RawReply enroll(const std::string& body) {
        return request("POST", "/api/v1/srs/register", {"Content-Type: application/json"}, body);
    }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    SystemApiSettings settings_;
    FakeOrigins origins_;
    FakeStreams streams_;
    FakeSessions sessions_;
    ManualClock clock_;
    std::unique_ptr<SystemApi> api_;
    std::unique_ptr<HttpServer> server_;
};

} // namespace srsproxy
