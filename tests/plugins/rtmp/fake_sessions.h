#pragma once

/// A fake of the core's sessions: routes come from a script, and what the plugin says of its
/// sessions is kept for the test to look at.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "srsproxy/protocol.h"
#include "tests/plugins/rtmp/peers.h"

namespace srsproxy::rtmp::test {

/// One answer to route().
struct Route {
    enum Kind {
        Found,
        Refused,
        Later,   ///< the test answers by itself
        NewRound ///< RouteExhausted until somebody asks with RouteAfresh; then the next one
    } kind = Refused;
    uint16_t port = 0;
    int32_t code = RouteNoOrigin;
    std::string reason = "no server is available";
    std::string originKind;
    std::string scheme = "tcp";
    std::string clientAddress;
    std::string address = "127.0.0.1";

    Route(Kind what, uint16_t toPort, int32_t routeCode, std::string why)
        : kind(what), port(toPort), code(routeCode), reason(std::move(why)) {}
    Route() = default;
    static Route to(uint16_t port) { return {Found, port, RouteFound, ""}; }
    static Route none(int32_t code, std::string reason) {
        return {Refused, 0, code, std::move(reason)};
    }
    static Route later() { return {Later, 0, 0, ""}; }
    static Route newRound() { return {NewRound, 0, RouteExhausted, ""}; }
};

/// What a test sees of a session.
struct Seen {
    std::string client;
    std::string url;
    int32_t role = RoleUnknown;
    uint32_t routes = 0;              ///< asked for
    std::vector<uint32_t> routeFlags; ///< of each
    bool routeOutstanding = false;
    std::vector<int32_t> outcomes;
    std::vector<std::string> outcomeDetails;
    int closes = 0;
    int32_t cause = -1;
    int32_t side = -1;
    std::string detail;
    SessionCounters counters{};
};

/// ISessions for one loop. Script and records are guarded; every change wakes wait().
class FakeSessions final : public ISessions {
public:
    /// For a stream's name, the answers in order; then RouteExhausted. Without an entry:
    /// RouteNoOrigin.
    void script(const std::string& stream, std::deque<Route> routes) {
        const std::lock_guard lock(mutex_);
        scripts_[stream] = std::move(routes);
    }
    void refuseToOpen() {
        const std::lock_guard lock(mutex_);
        full_ = true;
    }
    void refuseToIdentify(int32_t status, std::string why) {
        const std::lock_guard lock(mutex_);
        identifyStatus_ = status;
        identifyReason_ = std::move(why);
    }

    size_t opened() const {
        const std::lock_guard lock(mutex_);
        return records_.size();
    }
    Seen seen(size_t index) const {
        const std::lock_guard lock(mutex_);
        return index < records_.size() ? records_[index]->seen : Seen{};
    }
    /// Waits until `condition` holds of the session; what was seen then.
    template <typename Condition> Seen wait(size_t index, Condition condition) {
        std::unique_lock lock(mutex_);
        const bool came = changed_.wait_for(lock, std::chrono::milliseconds(DeadlineMs), [&] {
            return index < records_.size() && condition(records_[index]->seen);
        });
        EXPECT_TRUE(came) << "session " << index << " did not get there";
        return index < records_.size() ? records_[index]->seen : Seen{};
    }
    Seen waitClosed(size_t index = 0) {
        return wait(index, [](const Seen& seen) { return seen.closes > 0; });
    }
    void waitOpened(size_t index = 0) {
        wait(index, [](const Seen&) { return true; });
    }
    Seen waitReported(size_t index, size_t count) {
        return wait(index, [count](const Seen& seen) { return seen.outcomes.size() >= count; });
    }
    Seen waitRoutes(size_t index, uint32_t count) {
        return wait(index, [count](const Seen& seen) { return seen.routes >= count; });
    }

    /// As the core does it: a session that has closed has no owner any more. [loop]
    ISessionOwner* owner(size_t index) { return records_.at(index)->owner; }
    /// Whoever waits for an answer to route(); it counts as answered. [loop]
    IRouteHandler* takeHandler(size_t index) {
        Record& record = *records_.at(index);
        record.note([](Seen& seen) { seen.routeOutstanding = false; });
        return std::exchange(record.handler, nullptr);
    }
    /// [loop]
    void answerLater(size_t index, const Route& route) { answer(*takeHandler(index), route); }
    /// [loop]
    static void answer(IRouteHandler& handler, const Route& route) {
        const std::string id = "origin-" + std::to_string(route.port);
        RouteAnswer answer{};
        answer.structSize = sizeof answer;
        answer.code = route.code;
        answer.originId = toStr(id);
        answer.originKind = toStr(route.originKind);
        answer.scheme = toStr(route.scheme);
        answer.clientAddress = toStr(route.clientAddress);
        answer.address = toStr(route.address);
        answer.port = route.port;
        answer.reason = toStr(route.reason);
        handler.routed(&answer);
    }
    /// What was done against the contract of ISession.
    std::vector<std::string> misuse() const {
        const std::lock_guard lock(mutex_);
        return misuse_;
    }

    ISession* open(IEventLoop*, const SessionInfo* info, ISessionOwner* owner) noexcept override {
        EXPECT_EQ(toString(info->protocol), "rtmp");
        const std::lock_guard lock(mutex_);
        if (full_) {
            return nullptr;
        }
        records_.push_back(std::make_unique<Record>(*this, records_.size() + 1, owner));
        records_.back()->seen.client = toString(info->client);
        changed_.notify_all();
        return records_.back().get();
    }

private:
    struct Record final : ISession {
        Record(FakeSessions& sessions, uint64_t number, ISessionOwner* sessionOwner)
            : all(sessions), serial(number), owner(sessionOwner) {}

        template <typename Change> void note(Change change) {
            const std::lock_guard lock(all.mutex_);
            if (seen.closes > 0) {
                all.misuse_.push_back("a closed session was used");
            }
            change(seen);
            all.changed_.notify_all();
        }

        uint64_t id() noexcept override { return serial; }
        int32_t identify(Str url, int32_t role, IErrorSink* errors) noexcept override {
            int32_t status = StatusOk;
            note([&](Seen& now) {
                now.url = toString(url);
                now.role = role;
                status = all.identifyStatus_;
                if (status != StatusOk) {
                    errors->error(toStr(all.identifyReason_));
                }
            });
            return status;
        }
        void route(const RouteRequest* request, IRouteHandler* asking) noexcept override {
            Route route;
            note([&](Seen& now) {
                ++now.routes;
                now.routeFlags.push_back(request->flags);
                if (now.routeOutstanding) {
                    all.misuse_.push_back("route() while an answer is outstanding");
                }
                route = all.nextRoute(now.url.substr(now.url.rfind('/') + 1),
                                      (request->flags & RouteAfresh) != 0);
                now.routeOutstanding = route.kind == Route::Later;
            });
            if (route.kind == Route::Later) {
                handler = asking;
            } else {
                answer(*asking, route);
            }
        }
        void cancelRoute() noexcept override {
            handler = nullptr;
            note([](Seen& now) { now.routeOutstanding = false; });
        }
        void report(int32_t outcome, Str detail) noexcept override {
            note([&](Seen& now) {
                now.outcomes.push_back(outcome);
                now.outcomeDetails.push_back(toString(detail));
            });
        }
        SessionCounters* counters() noexcept override { return &bytes; }
        void close(int32_t cause, int32_t side, Str detail) noexcept override {
            owner = nullptr;
            note([&](Seen& now) {
                ++now.closes;
                now.cause = cause;
                now.side = side;
                now.detail = toString(detail);
                now.counters = bytes;
            });
        }

        FakeSessions& all;
        const uint64_t serial;
        ISessionOwner* owner;             ///< null once closed
        IRouteHandler* handler = nullptr; ///< of an outstanding route()
        SessionCounters bytes{};
        Seen seen;
    };

    /// Of the stream's script.
    Route nextRoute(const std::string& stream, bool afresh) {
        const auto found = scripts_.find(stream);
        if (found == scripts_.end()) {
            return {};
        }
        std::deque<Route>& routes = found->second;
        const Route exhausted = Route::none(RouteExhausted, "no server could be reached");
        if (afresh && !routes.empty() && routes.front().kind == Route::NewRound) {
            routes.pop_front();
        }
        if (routes.empty() || routes.front().kind == Route::NewRound) {
            return exhausted;
        }
        const Route route = routes.front();
        routes.pop_front();
        return route;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Record>> records_;
    std::map<std::string, std::deque<Route>> scripts_;
    std::vector<std::string> misuse_;
    bool full_ = false;
    int32_t identifyStatus_ = StatusOk;
    std::string identifyReason_;
};

} // namespace srsproxy::rtmp::test
