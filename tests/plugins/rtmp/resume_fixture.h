#pragma once

/// A stream whose origin will be lost, and the origins that may take it over.

#include <future>

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp::test {

inline Config resumingConfig() {
    Config config = testConfig();
    config.resume = true;
    config.resumePlay = true;
    return config;
}

/// How an origin is lost.
enum class Loss { Fin, Reset, Garbage };
inline constexpr Loss AllLosses[] = {Loss::Fin, Loss::Reset, Loss::Garbage};
inline const char* name(Loss loss) {
    return loss == Loss::Fin ? "FIN" : loss == Loss::Reset ? "RST" : "garbage";
}
inline void lose(OriginPeer& origin, Loss loss) {
    switch (loss) {
    case Loss::Fin:
        origin.leave();
        break;
    case Loss::Reset:
        origin.reset();
        break;
    case Loss::Garbage:
        origin.send(Bytes(64, 0xFF));
        EXPECT_NE(origin.end(), End::StillOpen);
        origin.leave();
        break;
    }
}

/// A client with "cam" running at the origin `one`.
struct Resumable {
    explicit Resumable(const Config& config = resumingConfig(), const char* asRole = "publish",
                       std::deque<Route> then = {})
        : proxy(config), role(asRole) {
        script(std::move(then));
        client = proxy.connect();
        client.askFor(role, "cam");
        one = first.accept(Stage::Running);
        EXPECT_EQ(client.told().second, "go");
    }
    /// What follows the first origin; by default the second one.
    void script(std::deque<Route> then) {
        if (then.empty()) {
            then.push_back(Route::to(second.port()));
        }
        then.push_front(Route::to(first.port()));
        proxy.sessions.script("cam", std::move(then));
    }
    /// To the running origin, and received there.
    void publish(OriginPeer& origin, const Frames& frames) {
        auto sending = std::async(
            std::launch::async, [&] { client.send(encode(client.writer, ClientStream, frames)); });
        EXPECT_EQ(receive(origin, OriginStream, frames.size()), frames);
        sending.get();
    }
    /// Heads bear the time of the first frame that is kept.
    static Frames headsAt(uint32_t timestampMs) {
        Frames all = heads();
        for (Frame& frame : all) {
            frame.timestampMs = timestampMs;
        }
        return all;
    }
    /// The client is answered, and was told nothing else.
    void expectNothingTold() {
        Bytes ping;
        client.writer.write(makeUserControl(UserEvent::PingRequest, 99), ping);
        client.send(ping);
        const Kept kept = client.next();
        ASSERT_EQ(kept.message.type, MessageType::UserControl)
            << (isCommand(kept.message.type) ? kept.commandName() : "");
        EXPECT_EQ(parseUserControl(kept.payload)->event, UserEvent::PingResponse);
    }
    void expectCounted(uint64_t resumed, uint64_t failed) {
        EXPECT_EQ(proxy.metrics.resumes(role, "resumed"), resumed);
        EXPECT_EQ(proxy.metrics.resumes(role, "failed"), failed);
        EXPECT_EQ(proxy.log.lines("resumed").size(), resumed);
        EXPECT_EQ(proxy.log.lines("not resumed").size(), failed);
    }

    OpenPort first;
    OpenPort second;
    Proxy proxy;
    const std::string role;
    Client client;
    OriginPeer one;
};

} // namespace srsproxy::rtmp::test
