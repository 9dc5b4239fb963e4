#pragma once

/// A LoopPart on a real event loop, with a fake of the core's sessions behind it: routes come
/// from a script, and what the plugin says of its sessions is kept for the test to look at.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/event/event_loop.h"
#include "plugins/rtmp/loop_part.h"
#include "tests/plugins/rtmp/peers.h"

namespace srsproxy::rtmp::test {

/// One answer to route().
struct Route {
    enum Kind { Found, Refused, Later } kind = Refused;
    uint16_t port = 0;
    int32_t code = RouteNoOrigin;
    std::string reason = "no server is available";

    static Route to(uint16_t port) { return {Found, port, RouteFound, ""}; }
    static Route none(int32_t code, std::string reason) {
        return {Refused, 0, code, std::move(reason)};
    }
    static Route later() { return {Later, 0, 0, ""}; }
};

/// What a test sees of a session.
struct Seen {
    std::string url;
    int32_t role = RoleUnknown;
    uint32_t routes = 0; ///< asked for
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
    void waitReported(size_t index, size_t count) {
        wait(index, [count](const Seen& seen) { return seen.outcomes.size() >= count; });
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
        RouteAnswer answer{};
        answer.structSize = sizeof answer;
        answer.code = route.code;
        answer.originId = toStr("test-origin");
        answer.address = toStr("127.0.0.1");
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
        void route(const RouteRequest*, IRouteHandler* asking) noexcept override {
            Route route = Route::none(RouteNoOrigin, "no server is available");
            note([&](Seen& now) {
                ++now.routes;
                if (now.routeOutstanding) {
                    all.misuse_.push_back("route() while an answer is outstanding");
                }
                const auto found = all.scripts_.find(now.url.substr(now.url.rfind('/') + 1));
                if (found != all.scripts_.end()) {
                    route = Route::none(RouteExhausted, "no server could be reached");
                    if (!found->second.empty()) {
                        route = found->second.front();
                        found->second.pop_front();
                    }
                }
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

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Record>> records_;
    std::map<std::string, std::deque<Route>> scripts_;
    std::vector<std::string> misuse_;
    bool full_ = false;
    int32_t identifyStatus_ = StatusOk;
    std::string identifyReason_;
};

class QuietLog final : public ILog {
public:
    int32_t enabled(int32_t) noexcept override { return 1; } // so that the lines are made
    void write(int32_t, uint64_t, Str, Str) noexcept override {}
};

/// Time-outs that no test waits for; one that tests a time-out shortens it.
inline Config testConfig() {
    Config config;
    config.handshakeTimeoutUs = 60'000'000;
    config.connectTimeoutUs = 60'000'000;
    config.originTimeoutUs = 60'000'000;
    config.idleTimeoutUs = 60'000'000;
    return config;
}
inline constexpr int64_t ShortUs = 150'000;

/// The proxy under test. Its end checks that every session was closed exactly once.
class Proxy {
public:
    explicit Proxy(const Config& config = testConfig()) : config_(config) {
        loops_.start();
        ListenerSockets listener = bindListeners({"127.0.0.1", 0}, 1);
        port_ = portOf(listener.address);
        Services services;
        services.log = &log_;
        services.sessions = &sessions;
        onLoop([&] {
            part_ = new LoopPart(services, config_, loops_.at(0), std::move(listener.sockets));
        });
    }
    ~Proxy() {
        destroyPart();
        loops_.stop();
        for (size_t i = 0; i < sessions.opened(); ++i) {
            EXPECT_EQ(sessions.seen(i).closes, 1) << "session " << i;
        }
        EXPECT_EQ(sessions.misuse(), std::vector<std::string>{});
    }
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    Client connect(int receiveBytes = 0) { return Client(connectTo(port_, receiveBytes)); }
    template <typename Work> void onLoop(Work work) { loops_.at(0).call(work); }
    void kick(size_t index, int32_t cause, const std::string& why) {
        onLoop([&] {
            if (ISessionOwner* owner = sessions.owner(index)) {
                owner->kicked(cause, toStr(why));
            }
        });
    }
    void destroyPart() {
        if (part_ != nullptr) {
            onLoop([&] { part_->destroy(); });
            part_ = nullptr;
        }
    }
    void drain() {
        onLoop([&] { part_->drain(0); });
    }
    uint16_t port() const { return port_; }

    FakeSessions sessions;

private:
    const Config config_;
    QuietLog log_;
    LoopGroup loops_{1, Log(std::make_shared<NullLogSink>(), "test")};
    LoopPart* part_ = nullptr; ///< owns itself, until destroy()
    uint16_t port_ = 0;
};

/// The points of a session's life at which the tests strike.
enum class Moment {
    Accepted,   ///< a connection, nothing sent
    Handshaken, ///< C0 to C2 done
    Connected,  ///< connect answered
    Routing,    ///< the core has not answered yet
    Connecting, ///< to a port that neither takes nor refuses
    Greeting,   ///< the origin owes its handshake
    Asked,      ///< the origin owes its yes
    Relaying,
    Closing ///< refused, and the client does not leave
};
inline constexpr Moment AllMoments[] = {Moment::Accepted, Moment::Handshaken, Moment::Connected,
                                        Moment::Routing,  Moment::Connecting, Moment::Greeting,
                                        Moment::Asked,    Moment::Relaying,   Moment::Closing};
inline const char* name(Moment moment) {
    constexpr const char* Names[] = {"Accepted", "Handshaken", "Connected", "Routing", "Connecting",
                                     "Greeting", "Asked",      "Relaying",  "Closing"};
    return Names[static_cast<size_t>(moment)];
}

/// A session brought to a moment: the index-th that the proxy opened.
struct Scene {
    Scene(Proxy& proxy, Moment moment, std::string_view publishOrPlay = "publish",
          int receiveBytes = 0)
        : sessions(proxy.sessions), index(sessions.opened()), client(proxy.connect(receiveBytes)) {
        sessions.waitOpened(index);
        const std::string stream = "stream" + std::to_string(index);
        if (moment >= Moment::Handshaken) {
            client.handshake();
        }
        if (moment >= Moment::Connected) {
            client.connect();
        }
        if (moment <= Moment::Connected) {
            return;
        }
        switch (moment) {
        case Moment::Routing:
            sessions.script(stream, {Route::later()});
            break;
        case Moment::Connecting:
            sessions.script(stream, {Route::to(deaf.port())});
            break;
        case Moment::Closing:
            break;
        default:
            sessions.script(stream, {Route::to(listener.port())});
            break;
        }
        client.createStream();
        client.send(client.ask(publishOrPlay, stream));
        sessions.wait(index, [](const Seen& seen) { return seen.routes == 1; });
        if (moment == Moment::Closing) {
            client.told();
        } else if (moment == Moment::Greeting) {
            origin = listener.accept(Stage::Silent);
        } else if (moment == Moment::Asked) {
            origin = listener.accept(Stage::Asked);
        } else if (moment == Moment::Relaying) {
            origin = listener.accept(Stage::Running);
            client.told();
        }
    }

    FakeSessions& sessions;
    size_t index;
    Listener listener;
    DeafPort deaf;
    Client client;
    OriginPeer origin;
};

} // namespace srsproxy::rtmp::test
