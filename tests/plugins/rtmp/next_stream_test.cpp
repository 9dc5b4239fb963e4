/// One stream after the other on the same connection, and the moments between them.

#include <future>

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

/// A client that has published "one" and will publish "two".
struct OneThenTwo {
    explicit OneThenTwo(const Config& config = testConfig()) : proxy(config) {
        proxy.sessions.script("one", {Route::to(first.port())});
        proxy.sessions.script("two", {Route::to(second.port())});
        client = proxy.connect();
        client.askFor("publish", "one");
        one = first.accept(Stage::Running);
        EXPECT_EQ(client.told().first, "NetStream.Publish.Start");
    }
    Proxy proxy;
    OpenPort first;
    OpenPort second;
    Client client;
    OriginPeer one;
};

Bytes closing(ChunkWriter& writer, bool deletes) {
    Bytes payload;
    if (deletes) {
        Bytes number;
        Amf0Writer(number).number(ClientStream);
        appendCall(payload, "deleteStream", 0, number);
    } else {
        appendCall(payload, "closeStream", 0);
    }
    Bytes out;
    writeCommand(writer, deletes ? 0 : ClientStream, payload, out);
    return out;
}

TEST(NextStream, APublishFollowsOneThatWasClosed) {
    const Frames ofOne = someFrames(1, 8);
    const Frames ofTwo = someFrames(2, 8);
    for (const bool deletes : {true, false}) {
        for (const bool sameId : {true, false}) {
            for (const bool together : {true, false}) {
                SCOPED_TRACE(std::string(deletes ? "deleteStream" : "closeStream") +
                             (sameId ? ", same id" : ", new id") +
                             (together ? ", one segment" : ""));
                OneThenTwo both;
                const uint32_t id = sameId ? ClientStream : ClientStream + 1;
                Bytes all = encode(both.client.writer, ClientStream, ofOne);
                append(all, closing(both.client.writer, deletes));
                if (!sameId) {
                    Bytes payload;
                    appendCall(payload, "createStream", 2);
                    writeCommand(both.client.writer, 0, payload, all);
                }
                if (!together) {
                    both.client.send(all);
                    all.clear();
                    EXPECT_EQ(both.one.end(), End::Fin);
                    both.one.leave();
                    EXPECT_EQ(both.proxy.sessions.waitClosed(0).cause, CauseDone);
                }
                append(all, both.client.ask("publish", "two", id));
                append(all, encode(both.client.writer, id, ofTwo));
                auto sending = std::async(std::launch::async, [&] { both.client.send(all); });

                OriginPeer two = both.second.accept(Stage::Running);
                EXPECT_EQ(receive(two, OriginStream, ofTwo.size()), ofTwo);
                sending.get();
                if (together) {
                    EXPECT_EQ(receive(both.one, OriginStream, ofOne.size()), ofOne);
                    EXPECT_EQ(both.one.end(), End::Fin);
                    both.one.leave();
                    EXPECT_EQ(both.proxy.sessions.waitClosed(0).cause, CauseDone);
                }
                const Kept told = both.client.nextCommand("onStatus");
                EXPECT_EQ(told.statusCode(), "NetStream.Publish.Start");
                EXPECT_EQ(told.message.streamId, id);
                both.client.leave();
                EXPECT_EQ(two.end(), End::Fin);
                two.leave();
                const Seen seen = both.proxy.sessions.waitClosed(1);
                EXPECT_EQ(seen.cause, CauseDone);
                EXPECT_EQ(seen.url, "rtmp://h/live/two");
                EXPECT_GT(seen.counters.fromClient, 0u);
            }
        }
    }
}

TEST(NextStream, WhatTheOriginSaysOfTheEndReachesTheClient) {
    OneThenTwo both;
    both.client.send(closing(both.client.writer, true));
    both.one.nextCommand("deleteStream");
    both.one.status(OriginStream, "status", "NetStream.Unpublish.Success", "bye");
    both.one.leave();
    EXPECT_EQ(both.client.told().first, "NetStream.Unpublish.Success");
    EXPECT_EQ(both.proxy.sessions.waitClosed().detail, "closed the stream");
}

TEST(NextStream, AnOriginThatSaysNothingOfTheEndIsLeftAfterAMoment) {
    OneThenTwo both;
    const auto begun = std::chrono::steady_clock::now();
    both.client.send(closing(both.client.writer, true));
    EXPECT_EQ(both.one.end(), End::Fin); // and does not close its own side
    const Seen seen = both.proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseDone);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

TEST(NextStream, AConnectionThatNamesNoOtherOneEnds) {
    Config config = testConfig();
    config.handshakeTimeoutUs = ShortUs;
    for (const bool byOrigin : {false, true}) {
        OneThenTwo both(config);
        both.client.send(closing(both.client.writer, false));
        if (byOrigin) {
            both.one.end();
            both.one.leave();
        }
        EXPECT_EQ(both.client.end(), End::Fin);
        EXPECT_EQ(both.proxy.sessions.waitClosed().cause, CauseDone);
    }
}

TEST(NextStream, AStreamGivenUpWhileItsOriginIsAsked) {
    for (const Moment moment :
         {Moment::Routing, Moment::Connecting, Moment::Greeting, Moment::Asked}) {
        SCOPED_TRACE(name(moment));
        // The client's words behind publish wait until the origin answers: it can only leave.
        Proxy proxy;
        Scene scene(proxy, moment);
        scene.client.send(closing(scene.client.writer, true));
        scene.client.leave();
        EXPECT_EQ(proxy.sessions.waitClosed().cause, CauseReset);
        if (scene.origin.isOpen()) {
            EXPECT_NE(scene.origin.end(), End::StillOpen);
        }
    }
}

TEST(NextStream, ClosingWhatDoesNotRunIsNoFault) {
    OneThenTwo both;
    both.client.deleteStream(7);
    both.client.closeStream(7);
    both.client.send(closing(both.client.writer, true));
    both.client.send(closing(both.client.writer, true)); // encoders do both
    both.client.send(closing(both.client.writer, false));
    EXPECT_EQ(both.one.end(), End::Fin);
    both.one.leave();
    both.client.send(both.client.ask("play", "two"));
    OriginPeer two = both.second.accept(Stage::Running);
    EXPECT_EQ(both.client.told().first, "NetStream.Play.Start");
}

TEST(NextStream, TheClientMayLeaveWithoutAnyStream) {
    OneThenTwo both;
    both.client.send(closing(both.client.writer, false));
    EXPECT_EQ(both.one.end(), End::Fin);
    both.one.leave();
    both.proxy.sessions.waitClosed();
    both.client.leave();
    EXPECT_EQ(both.proxy.sessions.opened(), 1u);
}

TEST(NextStream, ManyInARowLeaveNothingBehind) {
    Proxy proxy;
    OpenPort port;
    Client client = proxy.connect();
    client.handshake();
    client.connect();
    for (uint32_t i = 0; i < 40; ++i) {
        const std::string name = "s" + std::to_string(i);
        proxy.sessions.script(name, {Route::to(port.port())});
        const uint32_t id = client.createStream();
        EXPECT_EQ(id, i + 1);
        client.send(client.ask(i % 2 == 0 ? "publish" : "play", name, id));
        OriginPeer origin = port.accept(Stage::Running);
        client.told();
        const Frames frames = someFrames(i, 2);
        if (i % 2 == 0) {
            client.send(encode(client.writer, id, frames));
            EXPECT_EQ(receive(origin, OriginStream, frames.size()), frames);
        } else {
            origin.send(encode(origin.writer, OriginStream, frames));
            EXPECT_EQ(receive(client, id, frames.size()), frames);
        }
        client.deleteStream(id);
        EXPECT_EQ(origin.end(), End::Fin);
        origin.leave();
        EXPECT_EQ(proxy.sessions.waitClosed(i).cause, CauseDone);
    }
}

} // namespace
} // namespace srsproxy::rtmp
