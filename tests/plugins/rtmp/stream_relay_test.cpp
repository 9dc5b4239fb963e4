/// The running stream: media byte for byte, back-pressure, and peers that misbehave in mid-stream.

#include <algorithm>
#include <future>
#include <random>

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

constexpr size_t MiB = 1024 * 1024;

/// In pieces of random sizes, so that headers and payloads are cut anywhere.
void sendInPieces(Peer& peer, const Bytes& bytes, uint32_t seed) {
    std::mt19937 random(seed);
    for (size_t at = 0; at < bytes.size();) {
        const size_t size = std::min<size_t>(1 + random() % 30'000, bytes.size() - at);
        peer.send({bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(at + size)});
        at += size;
    }
}

TEST(StreamRelay, PublishesByteForByteWithMediaSentTogetherWithTheCommand) {
    Proxy proxy;
    OpenPort listener;
    proxy.sessions.script("cam", {Route::to(listener.port())});
    const Frames frames = someFrames(1, 150);
    Client client = proxy.connect();
    client.handshake();
    client.connect();
    client.createStream();
    Bytes all = client.ask("publish", "cam");
    client.writer.write(makeSetChunkSize(4096), all);
    const Bytes media = encode(client.writer, ClientStream, frames);
    all.insert(all.end(), media.begin(), media.end());
    auto sending = std::async(std::launch::async, [&] { sendInPieces(client, all, 2); });

    OriginPeer origin = listener.accept(Stage::Running);
    EXPECT_EQ(receive(origin, OriginStream, frames.size()), frames);
    sending.get();
    EXPECT_EQ(client.told().first, "NetStream.Publish.Start");
    EXPECT_EQ(proxy.sessions.seen(0).url, "rtmp://h/live/cam");
    EXPECT_EQ(proxy.sessions.seen(0).role, RolePublish);

    client.halfClose();
    EXPECT_EQ(origin.end(), End::Fin);
    origin.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseDone);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeAccepted});
    EXPECT_GT(seen.counters.fromClient, media.size());
    EXPECT_GT(seen.counters.toOrigin, media.size());
}

TEST(StreamRelay, PlaysByteForByteWithMediaSentTogetherWithTheYes) {
    Proxy proxy;
    Scene scene(proxy, Moment::Asked, "play");
    const Frames frames = someFrames(3, 150);
    Bytes payload;
    appendOnStatus(payload, {"status", "NetStream.Play.Start", "go"});
    Bytes all;
    writeCommand(scene.origin.writer, OriginStream, payload, all);
    scene.origin.writer.write(makeSetChunkSize(60'000), all);
    const Bytes media = encode(scene.origin.writer, OriginStream, frames);
    all.insert(all.end(), media.begin(), media.end());
    auto sending = std::async(std::launch::async, [&] { sendInPieces(scene.origin, all, 4); });
    EXPECT_EQ(scene.client.told().first, "NetStream.Play.Start");
    EXPECT_EQ(receive(scene.client, ClientStream, frames.size()), frames);
    sending.get();
    scene.client.leave();
    EXPECT_EQ(scene.origin.end(), End::Fin);
    scene.origin.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.role, RolePlay);
    EXPECT_GT(seen.counters.fromOrigin, media.size());
    EXPECT_GT(seen.counters.toClient, media.size());
}

TEST(StreamRelay, APublishersLastFramesReachAnOriginThatReadsLate) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Frames frames = someFrames(5, 100);
    // What the origin says meanwhile must not cut off what it has not read yet.
    Bytes ack;
    scene.origin.writer.write(makeAcknowledgement(1), ack);
    auto sending = std::async(std::launch::async, [&] {
        scene.client.send(encode(scene.client.writer, ClientStream, frames));
        scene.client.halfClose(); // a close() with unread bytes would throw the tail away itself
    });
    sending.wait_for(std::chrono::milliseconds(100)); // done, or stalled as nobody reads
    scene.origin.send(ack);
    EXPECT_EQ(receive(scene.origin, OriginStream, frames.size()), frames);
    EXPECT_EQ(scene.origin.end(), End::Fin);
    sending.get();
    scene.origin.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseDone);
}

TEST(StreamRelay, AHalfClosedPublisherHasDoneAndItsTailArrives) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Frames frames = someFrames(6, 20);
    scene.client.send(encode(scene.client.writer, ClientStream, frames));
    scene.client.halfClose();
    EXPECT_EQ(receive(scene.origin, OriginStream, frames.size()), frames);
    EXPECT_EQ(scene.origin.end(), End::Fin);
    scene.origin.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseDone);
}

/// Numbered video messages: 1 MiB in sixteen of them.
Bytes numberedMegabyte(ChunkWriter& writer, uint32_t streamId, uint32_t number) {
    Frames frames;
    for (uint32_t i = 0; i < 16; ++i) {
        frames.push_back({MessageType::Video, 16 * number + i,
                          Bytes(MiB / 16, static_cast<uint8_t>(number * 7 + i))});
    }
    return encode(writer, streamId, frames);
}

/// Reads `megabytes` of them, in order and whole.
void expectNumbered(Peer& peer, uint32_t megabytes) {
    for (uint32_t i = 0; i < 16 * megabytes; ++i) {
        const Kept kept = peer.nextOf(MessageType::Video);
        ASSERT_EQ(kept.message.timestampMs, i);
        ASSERT_EQ(kept.payload.size(), MiB / 16);
        const auto wanted = static_cast<uint8_t>(i / 16 * 7 + i % 16);
        ASSERT_EQ(std::count(kept.payload.begin(), kept.payload.end(), wanted),
                  static_cast<std::ptrdiff_t>(MiB / 16));
    }
}

/// Sends until nothing more is taken, at most `most` MiB; the number of bytes that went, and
/// then, in `rest`, what makes the last MiB whole.
size_t fill(Peer& peer, uint32_t streamId, uint32_t most, uint32_t& megabytes, Bytes& rest) {
    size_t total = 0;
    for (megabytes = 0; megabytes < most;) {
        const Bytes next = numberedMegabyte(peer.writer, streamId, megabytes++);
        const size_t sent = peer.sendUntilStalled(next, 150);
        total += sent;
        if (sent < next.size()) {
            rest.assign(next.begin() + static_cast<std::ptrdiff_t>(sent), next.end());
            break;
        }
    }
    return total;
}

TEST(StreamRelay, R23ASlowReaderStopsTheReadingFromItsOrigin) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play", 32 * 1024);
    uint32_t megabytes = 0;
    Bytes rest;
    const size_t taken = fill(scene.origin, OriginStream, 128, megabytes, rest);
    EXPECT_LT(taken, 40 * MiB) << "what nobody reads must stay with the origin";
    ASSERT_FALSE(rest.empty()) << "the proxy takes all and never stops reading";

    auto sending = std::async(std::launch::async, [&] { scene.origin.send(rest); });
    expectNumbered(scene.client, megabytes); // goes on, and nothing is lost
    sending.get();
}

TEST(StreamRelay, BothDirectionsBlockedGoOnOnceTheyAreRead) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play", 32 * 1024);
    uint32_t down = 0;
    uint32_t up = 0;
    Bytes restDown;
    Bytes restUp;
    fill(scene.origin, OriginStream, 128, down, restDown);
    fill(scene.client, ClientStream, 128, up, restUp);
    ASSERT_FALSE(restDown.empty());
    ASSERT_FALSE(restUp.empty());
    auto sendingDown = std::async(std::launch::async, [&] { scene.origin.send(restDown); });
    auto sendingUp = std::async(std::launch::async, [&] { scene.client.send(restUp); });
    auto reading = std::async(std::launch::async, [&] { expectNumbered(scene.origin, up); });
    expectNumbered(scene.client, down);
    reading.get();
    sendingDown.get();
    sendingUp.get();
}

TEST(StreamRelay, AStalledReaderIsIdleInTheEnd) {
    Config config = testConfig();
    config.idleTimeoutUs = 300'000;
    Proxy proxy(config);
    Scene scene(proxy, Moment::Relaying, "play", 32 * 1024);
    uint32_t megabytes = 0;
    Bytes rest;
    fill(scene.origin, OriginStream, 128, megabytes, rest);
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseIdle);
}

TEST(StreamRelay, IdleOnBothSidesEndsTheStreamAndSaysSo) {
    Config config = testConfig();
    config.idleTimeoutUs = ShortUs;
    for (const char* role : {"publish", "play"}) {
        Proxy proxy(config);
        Scene scene(proxy, Moment::Relaying, role);
        EXPECT_EQ(scene.client.told().first, role[1] == 'u' ? "NetConnection.Connect.Closed"
                                                            : "NetStream.Play.UnpublishNotify");
        EXPECT_EQ(scene.client.end(), End::Fin);
        EXPECT_EQ(scene.origin.end(), End::Fin);
        scene.client.leave();
        scene.origin.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseIdle);
        EXPECT_EQ(seen.side, SideProxy);
        EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeAccepted}) << "nobody's fault";
    }
}

TEST(StreamRelay, BytesFromEitherSidePutIdleOff) {
    Config config = testConfig();
    config.idleTimeoutUs = 400'000;
    Proxy proxy(config);
    Scene scene(proxy, Moment::Relaying);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
    const Frames frames = someFrames(7, 1);
    while (std::chrono::steady_clock::now() < until) {
        scene.client.send(encode(scene.client.writer, ClientStream, frames));
        ASSERT_EQ(receive(scene.origin, OriginStream, frames.size()), frames);
    }
    EXPECT_EQ(proxy.sessions.seen(0).closes, 0);
}

TEST(StreamRelay, AnOriginThatPingsDoesNotKeepASilentEncoder) {
    Config config = testConfig();
    config.idleTimeoutUs = 400'000;
    Proxy proxy(config);
    Scene scene(proxy, Moment::Relaying);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (proxy.sessions.seen(0).closes == 0 && std::chrono::steady_clock::now() < until) {
        Bytes ping;
        scene.origin.writer.write(makeUserControl(UserEvent::PingRequest, 1), ping);
        ::send(scene.origin.fd(), ping.data(), ping.size(), MSG_NOSIGNAL); // fails once it is over
        pollfd pong{scene.origin.fd(), POLLIN, 0};
        ::poll(&pong, 1, 50);
        uint8_t pongs[256];
        ::recv(scene.origin.fd(), pongs, sizeof pongs, MSG_DONTWAIT);
    }
    EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseIdle);
}

TEST(StreamRelay, GarbageOfTheClientEndsTheStreamForTheOrigin) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Frames frames = someFrames(8, 5);
    Bytes bytes = encode(scene.client.writer, ClientStream, frames);
    bytes.insert(bytes.end(), 64, 0xFF);
    scene.client.send(bytes);
    EXPECT_EQ(receive(scene.origin, OriginStream, frames.size()), frames) << "sound until then";
    EXPECT_EQ(scene.origin.end(), End::Fin);
    EXPECT_EQ(scene.client.end(), End::Fin);
    scene.client.leave();
    scene.origin.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseProtocolError);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeAccepted}) << "not the origin's fault";
}

TEST(StreamRelay, GarbageOfTheOriginIsReportedAndToldToTheClient) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play");
    scene.origin.send(Bytes(64, 0xFF));
    EXPECT_EQ(scene.client.told().first, "NetStream.Play.UnpublishNotify");
    EXPECT_EQ(scene.client.end(), End::Fin);
    scene.client.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseProtocolError);
    EXPECT_EQ(seen.side, SideOrigin);
    EXPECT_EQ(seen.outcomes, (std::vector<int32_t>{OutcomeAccepted, OutcomeProtocolError}));
}

TEST(StreamRelay, WhoPingsAndDoesNotReadThePongsIsNotReadAnyMore) {
    for (const bool byClient : {true, false}) {
        SCOPED_TRACE(byClient ? "client" : "origin");
        Proxy proxy;
        Scene scene(proxy, Moment::Relaying, "publish", 4096);
        Peer& flooding = byClient ? static_cast<Peer&>(scene.client) : scene.origin;
        Bytes pings;
        for (int i = 0; i < 500'000; ++i) {
            flooding.writer.write(makeUserControl(UserEvent::PingRequest, 1), pings);
        }
        size_t sent = 0;
        size_t rounds = 0;
        for (size_t taken = pings.size(); taken == pings.size() && rounds < 20; ++rounds) {
            taken = flooding.sendUntilStalled(pings, 300);
            sent += taken;
        }
        EXPECT_LT(sent, 20 * pings.size()) << "pings without end, and nobody minds";
        EXPECT_EQ(proxy.sessions.seen(0).closes, 0);
    }
}

} // namespace
} // namespace srsproxy::rtmp
