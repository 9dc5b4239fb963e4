#pragma once

/// A session table over a RouteWorld, with a loop that the test turns by hand.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/route/session_table.h"
#include "route_fixture.h"

namespace srsproxy {

/// Holds what is posted until run().
class FakeLoop final : public IEventLoop {
public:
    explicit FakeLoop(uint32_t index = 0) : index_(index) {}
    ~FakeLoop() {
        for (ITask* task : std::exchange(tasks_, {})) {
            task->discard();
        }
    }
    uint32_t index() noexcept override { return index_; }
    int64_t nowUs() noexcept override { return 0; }
    int32_t watch(int32_t, uint32_t, IFdHandler*) noexcept override { return StatusFailed; }
    int32_t modify(int32_t, uint32_t) noexcept override { return StatusFailed; }
    void unwatch(int32_t) noexcept override {}
    uint64_t startTimer(int64_t, ITimerHandler*) noexcept override { return 1; }
    void cancelTimer(uint64_t) noexcept override {}
    void post(ITask* task) noexcept override { tasks_.push_back(task); }

    size_t posted() const { return tasks_.size(); }
    void run() {
        for (ITask* task : std::exchange(tasks_, {})) {
            task->run();
        }
    }

private:
    uint32_t index_;
    std::vector<ITask*> tasks_;
};

/// The plugin's side: remembers what it was told.
class FakeOwner final : public ISessionOwner, public IRouteHandler, public IErrorSink {
public:
    void kicked(int32_t cause, Str why) noexcept override {
        kicks.emplace_back(cause, view(why));
        if (onKick) {
            onKick();
        }
    }
    void routed(const RouteAnswer* answer) noexcept override {
        ++answers;
        code = answer->code;
        originId = view(answer->originId);
        originKind = view(answer->originKind);
        scheme = view(answer->scheme);
        address = view(answer->address);
        clientAddress = view(answer->clientAddress);
        port = answer->port;
        attempt = answer->attempt;
        reason = view(answer->reason);
        if (onRouted) {
            onRouted();
        }
        streamKey = view(answer->streamKey); // still there when the session is not
    }
    void error(Str message) noexcept override { errors += view(message); }

    std::vector<std::pair<int32_t, std::string>> kicks;
    std::function<void()> onKick;
    std::function<void()> onRouted;
    int answers = 0;
    int32_t code = -1;
    uint32_t port = 0;
    uint32_t attempt = 0;
    std::string originId, originKind, scheme, address, clientAddress, streamKey, reason, errors;
};

class SessionWorld : public RouteWorld {
public:
    explicit SessionWorld(LimitSettings limits = {}, uint32_t loops = 2)
        : table(limits, clock, router, metrics, log, loops),
          service(table.serviceFor("fake_rtmp")) {}

    ISession* open(IEventLoop& loop, FakeOwner& owner, const char* client = "192.0.2.1:5000",
                   const char* protocol = "rtmp") {
        SessionInfo info{};
        info.structSize = sizeof(SessionInfo);
        info.protocol = str(protocol);
        info.client = str(client);
        return service->open(&loop, &info, &owner);
    }
    int32_t identify(ISession& session, const std::string& url, int32_t role,
                     IErrorSink* errors = nullptr) {
        return session.identify(str(url), role, errors);
    }
    static void route(ISession& session, FakeOwner& owner, const std::string& hint = "",
                      uint32_t flags = 0) {
        RouteRequest request{};
        request.structSize = sizeof(RouteRequest);
        request.flags = flags;
        request.originHint = str(hint);
        session.route(&request, &owner);
    }
    std::vector<MemoryLogSink::Entry> accessLines() const {
        std::vector<MemoryLogSink::Entry> lines;
        for (const MemoryLogSink::Entry& entry : sink->entries()) {
            if (entry.source == "access") {
                lines.push_back(entry);
            }
        }
        return lines;
    }

    FakeMetrics metrics;
    SessionTable table;
    ISessions* service;
};

} // namespace srsproxy
