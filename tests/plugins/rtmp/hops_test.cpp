/// What belongs to one hop stays there while a stream runs: chunk sizes, acknowledgements, pings
/// and stream numbers; and what belongs to the stream reaches the other side with its number.

#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

Bytes media(ChunkWriter& writer, uint8_t type, uint32_t streamId, uint32_t timestampMs,
            const Bytes& payload) {
    Bytes out;
    writer.write(
        Message{type == MessageType::Video ? 6u : 4u, streamId, timestampMs, type, payload}, out);
    return out;
}

UserControl eventIn(const Kept& kept) {
    return *parseUserControl(kept.payload);
}

TEST(Hops, R8KeepTheirChunkSizesApart) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Bytes frame(5000, 7);
    Bytes up;
    scene.client.writer.write(makeSetChunkSize(4096), up);
    scene.client.writer.write(makeAcknowledgement(99), up);
    append(up, media(scene.client.writer, MessageType::Video, ClientStream, 40, frame));
    scene.client.send(up);
    for (;;) {
        const Kept kept = scene.origin.next();
        EXPECT_NE(kept.message.type, MessageType::Acknowledgement);
        if (kept.message.type == MessageType::Video) {
            EXPECT_EQ(kept.payload, frame);
            break;
        }
    }
    Bytes down;
    scene.origin.writer.write(makeUserControl(UserEvent::StreamBegin, OriginStream), down);
    append(down, media(scene.origin.writer, MessageType::Audio, OriginStream, 0, frame));
    scene.origin.send(down);
    EXPECT_EQ(scene.client.next().message.type, MessageType::UserControl)
        << "and the client's chunk size stays its own";
}

TEST(Hops, R9MapStreamNumbersBothWays) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Bytes frame(10, 7);
    scene.client.send(media(scene.client.writer, MessageType::Audio, ClientStream, 0, frame));
    scene.origin.send(media(scene.origin.writer, MessageType::Audio, OriginStream, 0, frame));
    EXPECT_EQ(scene.origin.nextOf(MessageType::Audio).message.streamId, OriginStream);
    EXPECT_EQ(scene.client.nextOf(MessageType::Audio).message.streamId, ClientStream);
}

TEST(Hops, TakeMediaOnAWrongStreamForThatOfTheOnlyOne) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Bytes frame(10, 7);
    scene.client.send(media(scene.client.writer, MessageType::Audio, 5, 0, frame));
    EXPECT_EQ(scene.origin.nextOf(MessageType::Audio).message.streamId, OriginStream);
}

TEST(Hops, R20MakeUserEventsAnewWithTheOtherHopsStream) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play");
    constexpr uint16_t Events[] = {UserEvent::StreamBegin, UserEvent::StreamEof,
                                   UserEvent::StreamDry, UserEvent::StreamIsRecorded};
    Bytes down;
    for (const uint16_t event : Events) {
        scene.origin.writer.write(makeUserControl(event, OriginStream), down);
    }
    scene.origin.send(down);
    for (const uint16_t event : Events) {
        const UserControl seen = eventIn(scene.client.nextOf(MessageType::UserControl));
        EXPECT_EQ(seen.event, event);
        EXPECT_EQ(seen.value, ClientStream);
    }
    Bytes up;
    scene.client.writer.write(makeSetBufferLength(ClientStream, 3000), up);
    scene.client.send(up);
    const UserControl length = eventIn(scene.origin.nextOf(MessageType::UserControl));
    EXPECT_EQ(length.event, UserEvent::SetBufferLength);
    EXPECT_EQ(length.value, OriginStream);
    EXPECT_EQ(length.extra, 3000u);
}

TEST(Hops, AnswerPingsEachForItself) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying);
    const Bytes frame(10, 7);
    Bytes down;
    scene.origin.writer.write(makeUserControl(UserEvent::PingRequest, 5), down);
    append(down, media(scene.origin.writer, MessageType::Audio, OriginStream, 0, frame));
    scene.origin.send(down);
    Bytes up;
    scene.client.writer.write(makeUserControl(UserEvent::PingRequest, 6), up);
    append(up, media(scene.client.writer, MessageType::Audio, ClientStream, 0, frame));
    scene.client.send(up);
    // Each sees the answer to its own ping, and never the other one's.
    for (const auto& [peer, value] : {std::pair<Peer*, uint32_t>(&scene.origin, 5),
                                      std::pair<Peer*, uint32_t>(&scene.client, 6)}) {
        bool answered = false;
        bool passed = false;
        while (!answered || !passed) {
            const Kept kept = peer->next();
            if (kept.message.type == MessageType::UserControl) {
                EXPECT_EQ(eventIn(kept).event, UserEvent::PingResponse);
                EXPECT_EQ(eventIn(kept).value, value);
                answered = true;
            }
            passed = passed || kept.message.type == MessageType::Audio;
        }
    }
}

TEST(Hops, AcknowledgeByTheirOwnWindows) {
    for (const bool byOrigin : {true, false}) {
        SCOPED_TRACE(byOrigin);
        Proxy proxy;
        Scene scene(proxy, Moment::Relaying);
        Peer& sender = byOrigin ? static_cast<Peer&>(scene.origin) : scene.client;
        Peer& other = byOrigin ? static_cast<Peer&>(scene.client) : scene.origin;
        const uint32_t stream = byOrigin ? OriginStream : ClientStream;
        Bytes out;
        sender.writer.write(makeWindowAckSize(1000), out);
        append(out, media(sender.writer, MessageType::Video, stream, 0, Bytes(2000, 7)));
        sender.send(out);
        EXPECT_EQ(other.nextOf(MessageType::Video).payload.size(), 2000u);
        sender.send(media(sender.writer, MessageType::Video, stream, 40, Bytes(1000, 7)));
        const Kept ack = sender.nextOf(MessageType::Acknowledgement);
        EXPECT_GT(parseControlNumber(ack.payload), HandshakeBlockBytes * 2);
        for (;;) {
            const Kept kept = other.next();
            EXPECT_NE(kept.message.type, MessageType::Acknowledgement);
            EXPECT_NE(kept.message.type, MessageType::WindowAckSize);
            if (kept.message.type == MessageType::Video) {
                break;
            }
        }
    }
}

TEST(Hops, CommandsReachTheOriginWithItsNumberOfTheStream) {
    const struct {
        const char* name;
        uint32_t streamId;
    } rows[] = {
        {"FCUnpublish", 0},
        {"pause", ClientStream},
        {"seek", ClientStream},
        {"play2", ClientStream},
        {"receiveAudio", ClientStream},
        {"receiveVideo", ClientStream},
        {"closeStream", ClientStream},
    };
    for (const auto& row : rows) {
        for (const char* role : {"publish", "play"}) {
            SCOPED_TRACE(std::string(role) + " " + row.name);
            Proxy proxy;
            Scene scene(proxy, Moment::Relaying, role);
            Bytes payload;
            appendStreamCall(payload, row.name, 8, "x");
            scene.client.command(row.streamId, payload);
            const Kept kept = scene.origin.nextCommand(row.name);
            EXPECT_EQ(kept.message.streamId, row.streamId == 0 ? 0 : OriginStream);
            EXPECT_EQ(kept.payload, payload);
        }
    }
}

TEST(Hops, AnswersOfTheOriginReachTheClientWithItsNumberOfTheStream) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play");
    Bytes payload;
    appendEmptyResult(payload, 8);
    scene.origin.command(0, payload);
    const Kept result = scene.client.nextCommand("_result");
    EXPECT_EQ(result.message.streamId, 0u);
    EXPECT_EQ(result.payload, payload);
    scene.origin.status(OriginStream, "status", "NetStream.Seek.Notify", "12");
    const Kept status = scene.client.nextCommand("onStatus");
    EXPECT_EQ(status.message.streamId, ClientStream);
    EXPECT_EQ(status.statusCode(), "NetStream.Seek.Notify");
}

TEST(Hops, DeleteStreamReachesTheOriginWithItsNumberInside) {
    for (const uint32_t on : {0u, ClientStream}) {
        Proxy proxy;
        Scene scene(proxy, Moment::Relaying);
        scene.client.deleteStream(ClientStream, on);
        const Kept kept = scene.origin.nextCommand("deleteStream");
        EXPECT_EQ(parseDeleteStream(*parseCommand(kept.message.type, kept.payload)), OriginStream);
        EXPECT_EQ(kept.message.streamId, on == 0 ? 0 : OriginStream);
        EXPECT_EQ(scene.origin.end(), End::Fin);
        scene.origin.leave();
        const Seen seen = proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseDone);
        EXPECT_EQ(seen.side, SideClient);
    }
}

TEST(Hops, TheEndIsToldBehindAWholeMessageAlsoInTheMiddleOfOne) {
    const Bytes frame(100'000, 7);
    for (const size_t missing : {39'999u, 20'000u, 1u, 0u}) { // in the second chunk, and its end
        SCOPED_TRACE(missing);
        Proxy proxy;
        Scene scene(proxy, Moment::Relaying, "play");
        Bytes down;
        scene.origin.writer.write(makeSetChunkSize(60'000), down);
        append(down, media(scene.origin.writer, MessageType::Video, OriginStream, 40, frame));
        down.resize(down.size() - missing);
        scene.origin.send(down);
        scene.origin.leave();
        const Kept kept = scene.client.nextOf(MessageType::Video);
        Bytes padded = frame;
        std::fill(padded.end() - static_cast<std::ptrdiff_t>(missing), padded.end(), 0);
        EXPECT_EQ(kept.payload, padded);
        EXPECT_EQ(scene.client.nextOf(MessageType::UserControl).payload.at(1),
                  UserEvent::StreamEof);
        EXPECT_EQ(scene.client.told().first, "NetStream.Play.UnpublishNotify");
        EXPECT_EQ(scene.client.end(), End::Fin);
    }
}

TEST(Hops, ACommandWithoutANameEndsTheStream) {
    Proxy proxy;
    Scene scene(proxy, Moment::Relaying, "play");
    scene.origin.command(OriginStream, {5, 5});
    EXPECT_EQ(scene.client.told().first, "NetStream.Play.UnpublishNotify");
    scene.client.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseProtocolError);
    EXPECT_EQ(seen.detail, "a command without a name");
    EXPECT_EQ(seen.outcomes, (std::vector<int32_t>{OutcomeAccepted, OutcomeProtocolError}));
}

} // namespace
} // namespace srsproxy::rtmp
