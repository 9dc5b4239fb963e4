/// Several streams on one connection: each has its own origin, nothing gets from one to the other,
/// and what is left of them goes on when one ends.

#include <future>
#include <map>

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

/// One stream of the connection, with its origin.
struct Side {
    Side(std::string streamName, std::string streamRole, uint32_t originStreamId)
        : name(std::move(streamName)), role(std::move(streamRole)), originId(originStreamId) {}

    const std::string name;
    const std::string role;
    const uint32_t originId;
    OpenPort port;
    OriginPeer origin;
    uint32_t id = 0;
    size_t session = 0;

    bool publishes() const { return role == "publish"; }
};

struct SideBySide {
    SideBySide(const char* firstRole, const char* secondRole, const Config& config = testConfig())
        : proxy(config), a("a", firstRole, 9), b("b", secondRole, 4) {
        proxy.sessions.script("a", {Route::to(a.port.port())});
        proxy.sessions.script("b", {Route::to(b.port.port())});
        client = proxy.connect();
        client.handshake();
        client.connect();
        a.id = client.createStream();
        b.id = client.createStream();
        start(a);
    }
    /// The client asks, the origin takes it, the client hears of it.
    void start(Side& side) {
        client.send(client.ask(side.role, side.name, side.id));
        accept(side);
        const Kept status = client.nextCommand("onStatus");
        EXPECT_EQ(status.message.streamId, side.id);
        EXPECT_EQ(status.statusCode(),
                  side.publishes() ? "NetStream.Publish.Start" : "NetStream.Play.Start");
    }
    void accept(Side& side) {
        side.origin = side.port.accept();
        side.origin.streamId = side.originId;
        side.session = proxy.sessions.opened() - 1;
        side.origin.goTo(Stage::Running);
    }
    Peer& sender(Side& side) { return side.publishes() ? static_cast<Peer&>(client) : side.origin; }
    Peer& receiver(Side& side) {
        return side.publishes() ? static_cast<Peer&>(side.origin) : client;
    }
    Bytes encodeFor(Side& side, std::span<const Frame> frames) {
        return encode(sender(side).writer, side.publishes() ? side.id : side.originId, frames);
    }
    void send(Side& side, std::span<const Frame> frames) {
        sender(side).send(encodeFor(side, frames));
    }
    Frames received(Side& side, size_t count) {
        return receive(receiver(side), side.publishes() ? side.originId : side.id, count);
    }
    /// The client's next messages, of the first stream and of the second.
    std::pair<Frames, Frames> receivedByClient(size_t count) {
        std::pair<Frames, Frames> frames;
        while (frames.first.size() + frames.second.size() < count) {
            Kept kept = client.next();
            if (!isControl(kept.message.type) && !isCommand(kept.message.type)) {
                (kept.message.streamId == a.id ? frames.first : frames.second)
                    .push_back({kept.message.type, kept.message.timestampMs, kept.payload});
            }
        }
        return frames;
    }
    void pass(Side& side, const Frames& frames) {
        auto sending = std::async(std::launch::async, [&] { send(side, frames); });
        EXPECT_EQ(received(side, frames.size()), frames) << side.name;
        sending.get();
    }
    /// That bytes of a message arrive before the whole of it was sent, and then the rest.
    void passInPieces(Side& side) {
        const Frames frames{keyFrame(1'000'000, 600'000)};
        const Bytes bytes = encodeFor(side, frames);
        sender(side).send(first(bytes, 500'000));
        receiver(side).readBytes(400'000);
        sender(side).send(behind(bytes, 500'000));
        EXPECT_EQ(received(side, 1), frames) << side.name;
    }
    /// All three hops with chunk sizes of their own.
    void useOddChunkSizes() {
        const auto use = [](Peer& peer, uint32_t size) {
            Bytes out;
            peer.writer.write(makeSetChunkSize(size), out);
            peer.send(out);
        };
        use(client, 333);
        use(a.origin, 1000);
        use(b.origin, 77);
    }

    Proxy proxy;
    Side a;
    Side b;
    Client client;
};

constexpr std::pair<const char*, const char*> Roles[] = {
    {"publish", "play"}, {"play", "publish"}, {"publish", "publish"}, {"play", "play"}};

std::string nameOf(const std::pair<const char*, const char*>& roles) {
    return std::string(roles.first) + " beside " + roles.second;
}

TEST(ManyStreams, EachReachesItsOwnOriginOnly) {
    for (const auto& roles : Roles) {
        SCOPED_TRACE(nameOf(roles));
        SideBySide both(roles.first, roles.second);
        both.start(both.b);
        both.useOddChunkSizes();
        const Frames ofA = someFrames(1, 40);
        const Frames ofB = someFrames(2, 40);
        both.pass(both.a, ofA);
        both.pass(both.b, ofB);
        // And in turn, in one segment where one peer sends both.
        for (size_t i = 0; i < 20; ++i) {
            const Frames oneA{ofA[i]};
            const Frames oneB{ofB[i]};
            const Bytes bytesA = both.encodeFor(both.a, oneA);
            const Bytes bytesB = both.encodeFor(both.b, oneB);
            if (&both.sender(both.a) == &both.sender(both.b)) {
                Bytes joint = bytesA;
                append(joint, bytesB);
                both.client.send(joint);
            } else {
                both.sender(both.a).send(bytesA);
                both.sender(both.b).send(bytesB);
            }
            if (&both.receiver(both.a) == &both.receiver(both.b)) {
                std::map<uint32_t, Frame> came; // in either order
                while (came.size() < 2) {
                    const Kept kept = both.client.next();
                    if (!isControl(kept.message.type)) {
                        came.emplace(
                            kept.message.streamId,
                            Frame{kept.message.type, kept.message.timestampMs, kept.payload});
                    }
                }
                EXPECT_EQ(came.at(both.a.id), oneA[0]);
                EXPECT_EQ(came.at(both.b.id), oneB[0]);
            } else {
                EXPECT_EQ(both.received(both.a, 1), oneA);
                EXPECT_EQ(both.received(both.b, 1), oneB);
            }
        }
        EXPECT_EQ(both.proxy.sessions.seen(0).url, "rtmp://h/live/a");
        EXPECT_EQ(both.proxy.sessions.seen(1).url, "rtmp://h/live/b");
    }
}

TEST(ManyStreams, EachKeepsItselfAlive) {
    Config config = testConfig();
    config.idleTimeoutUs = 400'000;
    SideBySide both("publish", "publish", config);
    both.start(both.b);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(900);
    while (std::chrono::steady_clock::now() < until) {
        both.pass(both.a, someFrames(1, 1));
        both.pass(both.b, someFrames(2, 1));
    }
    EXPECT_EQ(both.proxy.sessions.seen(0).closes, 0);
    EXPECT_EQ(both.proxy.sessions.seen(1).closes, 0);
}

TEST(ManyStreams, OneStartsWhileTheOtherIsInTheMiddleOfAMessage) {
    for (const auto& roles : Roles) {
        SCOPED_TRACE(nameOf(roles));
        SideBySide both(roles.first, roles.second);
        both.pass(both.a, someFrames(1, 3));
        const Frames large{keyFrame(5000, 100'000)};
        const Bytes bytes = both.encodeFor(both.a, large);
        const size_t half = 12 + 400 * 129 - 1; // the end of a chunk of 128
        both.sender(both.a).send(first(bytes, half));
        both.receiver(both.a).readBytes(half - 100);
        both.client.send(both.client.ask(both.b.role, both.b.name, both.b.id));
        both.accept(both.b);
        const Frames ofB = someFrames(2, 3);
        if (!both.b.publishes()) {
            both.send(both.b, ofB);
        }
        both.sender(both.a).send(behind(bytes, half));
        if (both.a.publishes() || both.b.publishes()) {
            if (both.b.publishes()) {
                both.send(both.b, ofB);
            }
            EXPECT_EQ(both.received(both.a, 1), large);
            EXPECT_EQ(both.received(both.b, ofB.size()), ofB);
        } else {
            // Between its chunks the other's small messages may stand.
            EXPECT_EQ(both.receivedByClient(1 + ofB.size()), std::pair(large, ofB));
        }
        both.pass(both.a, someFrames(3, 10));
        both.pass(both.b, someFrames(4, 10));
    }
}

TEST(ManyStreams, TheOtherOneGoesBackToPassingBytesWhenOneEnds) {
    enum Way { Delete, Close, OriginLeaves, OriginResets };
    for (const auto& roles : Roles) {
        for (const bool firstEnds : {true, false}) {
            for (const Way way : {Delete, Close, OriginLeaves, OriginResets}) {
                SCOPED_TRACE(nameOf(roles) + (firstEnds ? ", first" : ", second") + " ends by " +
                             std::to_string(way));
                SideBySide both(roles.first, roles.second);
                both.start(both.b);
                both.useOddChunkSizes();
                both.pass(both.a, someFrames(1, 5));
                both.pass(both.b, someFrames(2, 5));
                Side& ends = firstEnds ? both.a : both.b;
                Side& stays = firstEnds ? both.b : both.a;
                switch (way) {
                case Delete:
                    both.client.deleteStream(ends.id);
                    break;
                case Close:
                    both.client.closeStream(ends.id);
                    break;
                case OriginLeaves:
                    ends.origin.leave();
                    break;
                case OriginResets:
                    ends.origin.reset();
                    break;
                }
                if (ends.origin.isOpen()) {
                    EXPECT_EQ(ends.origin.end(), End::Fin);
                    ends.origin.leave();
                } else {
                    const Kept told = both.client.nextCommand("onStatus");
                    EXPECT_EQ(told.message.streamId, ends.id);
                    EXPECT_EQ(told.statusCode(), ends.publishes()
                                                     ? "NetConnection.Connect.Closed"
                                                     : "NetStream.Play.UnpublishNotify");
                }
                const Seen seen = both.proxy.sessions.waitClosed(ends.session);
                EXPECT_EQ(seen.cause, way == OriginResets ? CauseReset : CauseDone);
                EXPECT_EQ(seen.side, way <= Close ? SideClient : SideOrigin);
                both.pass(stays, someFrames(3, 20));
                both.passInPieces(stays);
                both.pass(stays, someFrames(4, 20));
                EXPECT_EQ(both.proxy.sessions.seen(stays.session).closes, 0);
            }
        }
    }
}

TEST(ManyStreams, OneEndsInTheMiddleOfItsMessage) {
    enum Way { Delete, OriginLeaves, PlaysAnother };
    for (const Way way : {Delete, OriginLeaves, PlaysAnother}) {
        SCOPED_TRACE(static_cast<int>(way));
        SideBySide both("play", "play");
        const Frames large{keyFrame(5000, 100'000)};
        const Bytes bytes = both.encodeFor(both.a, large);
        both.a.origin.send(first(bytes, 50'000));
        both.client.readBytes(49'000);
        both.client.send(both.client.ask("play", "b", both.b.id));
        both.accept(both.b);
        OpenPort other;
        both.proxy.sessions.script("c", {Route::to(other.port())});
        OriginPeer third;
        switch (way) {
        case Delete:
            both.client.deleteStream(both.a.id);
            EXPECT_EQ(both.a.origin.end(), End::Fin);
            both.a.origin.leave();
            break;
        case OriginLeaves:
            both.a.origin.leave();
            break;
        case PlaysAnother:
            both.client.send(both.client.ask("play", "c", both.a.id));
            third = other.accept(Stage::Running);
            break;
        }
        both.proxy.sessions.waitClosed(both.a.session);
        const Frame padded = receive(both.client, both.a.id, 1)[0];
        EXPECT_EQ(padded.payload.size(), 100'000u);
        EXPECT_TRUE(std::equal(padded.payload.begin(), padded.payload.begin() + 49'000,
                               large[0].payload.begin()));
        both.pass(both.b, someFrames(2, 10));
        if (third.isOpen()) {
            const Frames ofThird = someFrames(3, 5);
            third.send(encode(third.writer, OriginStream, ofThird));
            EXPECT_EQ(receive(both.client, both.a.id, ofThird.size()), ofThird);
        }
    }
}

TEST(ManyStreams, AStreamThatRunsIsNotPublishedTwice) {
    for (const char* role : {"publish", "play"}) {
        SideBySide both(role, "play");
        both.client.send(both.client.ask("publish", "b", both.a.id));
        const Kept told = both.client.nextCommand("onStatus");
        EXPECT_EQ(told.message.streamId, both.a.id);
        EXPECT_EQ(told.statusCode(), "NetStream.Publish.BadName");
        EXPECT_EQ(both.proxy.sessions.opened(), 1u);
        both.pass(both.a, someFrames(1, 10));
    }
}

TEST(ManyStreams, APlayOnAStreamThatPlaysTakesItsPlace) {
    SideBySide both("play", "play");
    both.pass(both.a, someFrames(1, 5));
    both.b.id = both.a.id;
    both.client.send(both.client.ask("play", "b", both.a.id));
    EXPECT_EQ(both.a.origin.end(), End::Fin);
    both.a.origin.leave();
    both.accept(both.b);
    both.pass(both.b, someFrames(2, 10));
    both.passInPieces(both.b);
    const Seen seen = both.proxy.sessions.waitClosed(0);
    EXPECT_EQ(seen.cause, CauseDone);
    EXPECT_EQ(seen.side, SideClient);
    EXPECT_EQ(seen.detail, "another play on the same stream");
}

TEST(ManyStreams, MaxStreamsIsALimitInWords) {
    Config config = testConfig();
    config.maxStreams = 2;
    SideBySide both("publish", "play", config);
    both.start(both.b);
    Bytes payload;
    appendCall(payload, "createStream", 7);
    both.client.command(0, payload);
    const Kept refused = both.client.nextCommand("_error");
    EXPECT_NE(parseAnswer(*parseCommand(refused.message.type, refused.payload))
                  ->description.find("max_streams"),
              std::string_view::npos);
    for (const char* role : {"publish", "play"}) {
        both.client.send(both.client.ask(role, "c", 3));
        const Kept told = both.client.nextCommand("onStatus");
        EXPECT_EQ(told.message.streamId, 3u);
        EXPECT_EQ(told.statusCode(),
                  role[1] == 'u' ? "NetStream.Publish.Rejected" : "NetStream.Play.Failed");
    }
    EXPECT_EQ(both.proxy.sessions.opened(), 2u);
    both.pass(both.a, someFrames(1, 5));
    both.pass(both.b, someFrames(2, 5));
}

TEST(ManyStreams, ARefusalOfOneLeavesTheOtherAlone) {
    SideBySide both("publish", "play");
    both.client.send(both.client.ask("play", "nowhere", both.b.id));
    const Kept told = both.client.nextCommand("onStatus");
    EXPECT_EQ(told.message.streamId, both.b.id);
    EXPECT_EQ(told.statusCode(), "NetStream.Play.Failed");
    EXPECT_EQ(both.proxy.sessions.waitClosed(1).cause, CauseNoOrigin);
    both.pass(both.a, someFrames(1, 5));
    both.passInPieces(both.a);
    both.start(both.b); // and may be asked for again
    both.pass(both.b, someFrames(2, 5));
}

TEST(ManyStreams, TheClientsEndIsTheEndOfAll) {
    for (const bool reset : {false, true}) {
        SideBySide both("publish", "play");
        both.start(both.b);
        reset ? both.client.reset() : both.client.leave();
        for (Side* side : {&both.a, &both.b}) {
            EXPECT_NE(side->origin.end(), End::StillOpen);
            side->origin.leave();
            const Seen seen = both.proxy.sessions.waitClosed(side->session);
            EXPECT_EQ(seen.cause, reset ? CauseReset : CauseDone);
            EXPECT_EQ(seen.side, SideClient);
        }
    }
}

TEST(ManyStreams, AKickEndsOneOnly) {
    SideBySide both("publish", "play");
    both.start(both.b);
    both.proxy.kick(both.a.session, CauseKicked, "an operator said so");
    const Kept told = both.client.nextCommand("onStatus");
    EXPECT_EQ(told.message.streamId, both.a.id);
    EXPECT_EQ(told.statusCode(), "NetConnection.Connect.Closed");
    EXPECT_EQ(both.proxy.sessions.waitClosed(both.a.session).cause, CauseKicked);
    EXPECT_EQ(both.a.origin.end(), End::Fin);
    both.pass(both.b, someFrames(2, 5));
}

} // namespace
} // namespace srsproxy::rtmp
