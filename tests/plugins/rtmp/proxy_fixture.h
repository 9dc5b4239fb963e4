#pragma once

/// A LoopPart on a real event loop, with fakes of the core's services behind it, and sessions
/// brought to a moment of their life.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/event/event_loop.h"
#include "plugins/rtmp/loop_part.h"
#include "tests/plugins/rtmp/fake_services.h"
#include "tests/plugins/rtmp/fake_sessions.h"
#include "tests/plugins/rtmp/peers.h"
#include "tests/plugins/rtmp/ports.h"

namespace srsproxy::rtmp::test {

/// Time-outs that no test waits for; one that tests a time-out shortens it. No stream is resumed.
inline Config testConfig() {
    Config config;
    config.handshakeTimeoutUs = 60'000'000;
    config.connectTimeoutUs = 60'000'000;
    config.originTimeoutUs = 60'000'000;
    config.idleTimeoutUs = 60'000'000;
    config.offerTimeoutUs = 60'000'000;
    config.tlsReloadUs = 60'000'000;
    config.resumeAttempts = 5;
    config.resumeTimeoutUs = 60'000'000;
    config.resumeBytes = 4 * 1024 * 1024;
    config.resumeTotalBytes = 64 * 1024 * 1024;
    config.maxStreams = 8;
    config.maxPrepublishBytes = 256 * 1024;
    return config;
}
inline constexpr int64_t ShortUs = 150'000;

/// The proxy under test. Its end checks that every session was closed exactly once.
class Proxy {
public:
    /// With `tlsListen` in the config, tlsPort() is open, too.
    explicit Proxy(const Config& config = testConfig(), IOrigins* origins = nullptr) {
        services_.log = &log;
        services_.metrics = &metrics;
        services_.sessions = &sessions;
        services_.origins = origins;
        loops_.start();
        shared_ = std::make_unique<Shared>(services_, config);
        std::vector<Listener> listeners;
        port_ = listen({"127.0.0.1", 0}, false, listeners);
        for (const ListenAddress& address : config.tlsListen) {
            tlsPort_ = listen(address, true, listeners);
        }
        onLoop([&] { part_ = new LoopPart(*shared_, loops_.at(0), std::move(listeners)); });
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
    uint16_t tlsPort() const { return tlsPort_; }

    FakeSessions sessions;
    FakeMetrics metrics;
    KeptLog log;

private:
    static uint16_t listen(const ListenAddress& address, bool tls,
                           std::vector<Listener>& listeners) {
        ListenerSockets bound = bindListeners(address, 1);
        listeners.push_back({std::move(bound.sockets.front()), tls});
        return portOf(bound.address);
    }

    Services services_;
    LoopGroup loops_{1, Log(std::make_shared<NullLogSink>(), "test")};
    std::unique_ptr<Shared> shared_; ///< goes before the loops, when these have stopped
    LoopPart* part_ = nullptr;       ///< owns itself, until destroy()
    uint16_t port_ = 0;
    uint16_t tlsPort_ = 0;
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
    OpenPort listener;
    DeafPort deaf;
    Client client;
    OriginPeer origin;
};

} // namespace srsproxy::rtmp::test
