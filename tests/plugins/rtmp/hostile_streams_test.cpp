/// What a client or an origin that means harm does with several streams, resumes and redirects:
/// each row was a fault once.

#include <sys/socket.h>

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"
#include "tests/plugins/rtmp/resume_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

/// A publish "a" beside a second stream "b", at origins of their own.
struct Two {
    explicit Two(std::string_view secondRole, const Config& config = testConfig()) : proxy(config) {
        proxy.sessions.script("a", {Route::to(portA.port())});
        proxy.sessions.script("b", {Route::to(portB.port())});
        client = proxy.connect();
        client.handshake();
        client.connect();
        idA = client.createStream();
        idB = client.createStream();
        client.send(client.ask("publish", "a", idA));
        a = portA.accept(Stage::Running);
        client.nextCommand("onStatus");
        client.send(client.ask(secondRole, "b", idB));
        b = portB.accept(Stage::Running);
        client.nextCommand("onStatus");
    }
    Bytes deleteCommand(uint32_t streamId) {
        Bytes number;
        Amf0Writer(number).number(streamId);
        Bytes payload;
        appendCall(payload, "deleteStream", 0, number);
        Bytes out;
        writeCommand(client.writer, 0, payload, out);
        return out;
    }

    OpenPort portA;
    OpenPort portB;
    Proxy proxy;
    Client client;
    OriginPeer a;
    OriginPeer b;
    uint32_t idA = 0;
    uint32_t idB = 0;
};

TEST(HostileStreams, MediaOfOneInTheSameSegmentAsTheEndOfTheOther) {
    Two two("publish");
    const Frames frames{keyFrame(40)};
    Bytes bytes = encode(two.client.writer, two.idA, frames);
    append(bytes, two.deleteCommand(two.idB));
    two.client.send(bytes);
    EXPECT_EQ(receive(two.a, OriginStream, 1), frames);
    const Kept first = two.b.next();
    EXPECT_EQ(first.commandName(), "deleteStream") << "and nothing of the other's";
}

TEST(HostileStreams, ACommandInTheSameSegmentAsAnotherPlay) {
    Two two("play");
    OpenPort third;
    two.proxy.sessions.script("c", {Route::to(third.port())});
    Bytes pause;
    appendCall(pause, "pause", 0);
    Bytes bytes;
    writeCommand(two.client.writer, two.idB, pause, bytes);
    append(bytes, two.client.ask("play", "c", two.idB));
    two.client.send(bytes);
    OriginPeer c = third.accept(Stage::Running);
    const Frames frames{keyFrame(40)};
    two.client.send(encode(two.client.writer, two.idA, frames));
    EXPECT_EQ(receive(two.a, OriginStream, 1), frames) << "without the other's pause before it";
}

TEST(HostileStreams, StreamsThatComeAndGoInOneSegmentAreBounded) {
    Config config = testConfig();
    config.maxStreams = 4;
    Two two("play", config);
    two.proxy.sessions.script("x", std::deque<Route>(1000, Route::later()));
    Bytes bytes;
    for (int i = 0; i < 500; ++i) {
        append(bytes, two.client.ask("play", "x", 77));
        append(bytes, two.deleteCommand(77));
    }
    two.client.send(bytes);
    const Frames frames{keyFrame(40)};
    two.client.send(encode(two.client.writer, two.idA, frames));
    EXPECT_EQ(receive(two.a, OriginStream, 1), frames) << "the client is served still";
    EXPECT_LT(two.proxy.sessions.opened(), 100u) << "a few with each reading, not all 500";
}

TEST(HostileStreams, OriginsThatTakeAndDropAStreamInTurnAreGivenUp) {
    Config config = resumingConfig();
    config.resumeAttempts = 3;
    Resumable stream(config);
    std::deque<Route> routes;
    for (int i = 0; i < 20; ++i) {
        routes.push_back(Route::to(i % 2 == 0 ? stream.second.port() : stream.first.port()));
    }
    stream.script(routes);
    stream.proxy.sessions.script("cam", routes);
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    stream.one.leave();
    int taken = 0;
    for (; taken < 20 && stream.proxy.sessions.seen(0).closes == 0; ++taken) {
        OpenPort& port = taken % 2 == 0 ? stream.second : stream.first;
        if (!port.waitForOne(3000)) {
            break;
        }
        port.accept(Stage::Running).leave();
    }
    EXPECT_LE(taken, 5);
    EXPECT_EQ(stream.client.told().first, "NetConnection.Connect.Closed");
    stream.client.leave();
    EXPECT_EQ(stream.proxy.sessions.waitClosed().cause, CauseOriginFailed);
}

TEST(HostileStreams, AnOriginThatTakesNoBytesIsReplaced) {
    Config config = resumingConfig();
    config.originTimeoutUs = 500'000;
    Resumable stream(config);
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    // More than all socket buffers hold, and nobody reads it there.
    auto sending = std::async(std::launch::async, [&] {
        stream.client.send(
            encode(stream.client.writer, ClientStream, Frames(40, keyFrame(1000, 1'000'000))));
    });
    OriginPeer two = stream.second.accept(Stage::Running);
    const Frames again = receive(two, OriginStream, heads().size() + 1);
    EXPECT_EQ(again.back().type, MessageType::Video);
    auto draining = std::async(std::launch::async, [&] { return two.end(); });
    sending.get();
    stream.client.leave();
    draining.get();
    EXPECT_EQ(stream.proxy.sessions.waitClosed().cause, CauseDone);
    stream.expectCounted(1, 0);
}

TEST(HostileStreams, ALargeDebtOfALostOriginIsNotPaidInZeros) {
    Config config = resumingConfig();
    Resumable stream(config, "play");
    Bytes bytes;
    for (uint32_t csid = 10; csid < 30; ++csid) {
        uint8_t header[MaxChunkHeaderBytes];
        const size_t size =
            encodeType0(header, csid, 0, 0xFFFFFF, MessageType::Video, OriginStream);
        bytes.insert(bytes.end(), header, header + size);
        bytes.insert(bytes.end(), 128, 1);
    }
    stream.one.send(bytes);
    stream.client.readBytes(bytes.size());
    stream.one.leave();
    EXPECT_EQ(stream.client.end(), End::Fin) << "rather than 300 MiB of nothing";
    stream.client.leave();
    const Seen seen = stream.proxy.sessions.waitClosed();
    EXPECT_LT(seen.counters.toClient, 100'000u);
}

TEST(HostileStreams, AStreamThatWasDeletedStaysDeleted) {
    Config config = resumingConfig();
    config.followRedirects = true;
    Resumable stream(config);
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    stream.client.deleteStream(ClientStream);
    stream.one.nextCommand("deleteStream");
    Bytes info;
    Amf0Writer(info)
        .beginObject()
        .key("level")
        .string("status")
        .key("code")
        .string("NetConnection.Connect.ReconnectRequest")
        .key("tcUrl")
        .string("rtmp://127.0.0.1:" + std::to_string(stream.second.port()) + "/live")
        .endObject();
    Bytes payload;
    appendCall(payload, "onStatus", 0, info);
    stream.one.command(0, payload);
    stream.one.leave();
    EXPECT_EQ(stream.proxy.sessions.waitClosed().cause, CauseDone);
    EXPECT_FALSE(stream.second.waitForOne(0));
}

} // namespace
} // namespace srsproxy::rtmp
