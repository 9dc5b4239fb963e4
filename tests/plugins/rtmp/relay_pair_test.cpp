#include "plugins/rtmp/relay_pair.h"

#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/event/event_loop.h"
#include "tests/plugins/rtmp/support.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

constexpr uint32_t ClientStream = 1;
constexpr uint32_t OriginStream = 9;

class NoEvents final : public IFdHandler {
public:
    void ready(int32_t, uint32_t) noexcept override {}
};

struct Running {
    EventLoop loop{0, Log(std::make_shared<NullLogSink>(), "test")};
    NoEvents events;
    Hop client{loop, events, ChunkLimits{}};
    Hop origin{loop, events, ChunkLimits{}};
    RelayPair pair{client, ClientStream, origin, OriginStream};
    ChunkWriter clientWriter; ///< the client's own
    ChunkWriter originWriter; ///< the origin's own
    Collector atOrigin;
    Collector atClient;

    template <typename Write> bool clientSends(Write write) {
        std::vector<uint8_t> bytes;
        write(clientWriter, bytes);
        OutputList toOther;
        OutputList back;
        const bool sound = pair.fromClient(bytes, toOther, back);
        take(toOther, atOrigin);
        take(back, atClient);
        return sound;
    }
    template <typename Write> bool originSends(Write write) {
        std::vector<uint8_t> bytes;
        write(originWriter, bytes);
        OutputList toOther;
        OutputList back;
        const bool sound = pair.fromOrigin(bytes, toOther, back);
        take(toOther, atClient);
        take(back, atOrigin);
        return sound;
    }
    static void take(const OutputList& list, Collector& at) {
        std::vector<uint8_t> bytes;
        list.copyFrom(0, bytes);
        at.feed(bytes);
    }
};

TEST(RelayPair, R8KeepsTheHopsChunkSizesApart) {
    Running running;
    const std::vector<uint8_t> frame(5000, 7);
    running.clientSends([&](auto& writer, auto& out) {
        writer.write(makeSetChunkSize(4096), out);
        writer.write(makeAcknowledgement(99), out);
        writer.write(Message{6, ClientStream, 40, MessageType::Video, frame}, out);
    });
    ASSERT_FALSE(running.atOrigin.messages.empty());
    const Kept& last = running.atOrigin.messages.back();
    EXPECT_EQ(last.message.type, MessageType::Video);
    EXPECT_EQ(last.payload, frame);
    for (const Kept& kept : running.atOrigin.messages) {
        EXPECT_NE(kept.message.type, MessageType::Acknowledgement);
    }
    EXPECT_TRUE(running.atClient.messages.empty()) << "and its chunk size stays its own";
}

TEST(RelayPair, R9MapsStreamNumbersBothWays) {
    Running running;
    const std::vector<uint8_t> frame(10, 7);
    running.clientSends([&](auto& writer, auto& out) {
        writer.write(Message{4, ClientStream, 0, MessageType::Audio, frame}, out);
    });
    running.originSends([&](auto& writer, auto& out) {
        writer.write(Message{4, OriginStream, 0, MessageType::Audio, frame}, out);
    });
    EXPECT_EQ(running.atOrigin.messages.back().message.streamId, OriginStream);
    EXPECT_EQ(running.atClient.messages.back().message.streamId, ClientStream);
}

TEST(RelayPair, R20MakesUserEventsAnewWithTheOtherHopsStream) {
    Running running;
    running.originSends([&](auto& writer, auto& out) {
        writer.write(makeUserControl(UserEvent::StreamBegin, OriginStream), out);
        writer.write(makeUserControl(UserEvent::StreamEof, OriginStream), out);
    });
    running.clientSends([&](auto& writer, auto& out) {
        writer.write(makeSetBufferLength(ClientStream, 3000), out);
    });
    ASSERT_EQ(running.atClient.messages.size(), 2u);
    EXPECT_EQ(parseUserControl(running.atClient.messages[0].payload)->value, ClientStream);
    EXPECT_EQ(parseUserControl(running.atClient.messages[1].payload)->event, UserEvent::StreamEof);
    const auto length = parseUserControl(running.atOrigin.messages.back().payload);
    EXPECT_EQ(length->value, OriginStream);
    EXPECT_EQ(length->extra, 3000u);
}

TEST(RelayPair, AnswersPingsOnTheirOwnHop) {
    Running running;
    running.originSends([&](auto& writer, auto& out) {
        writer.write(makeUserControl(UserEvent::PingRequest, 5), out);
    });
    EXPECT_TRUE(running.atClient.messages.empty());
    ASSERT_EQ(running.atOrigin.messages.size(), 1u);
    EXPECT_EQ(parseUserControl(running.atOrigin.messages[0].payload)->event,
              UserEvent::PingResponse);
}

TEST(RelayPair, AcknowledgesEachHopByItsOwnWindow) {
    Running running;
    const std::vector<uint8_t> frame(2000, 7);
    running.originSends(
        [&](auto& writer, auto& out) { writer.write(makeWindowAckSize(1000), out); });
    running.origin.countReceived(2000);
    running.originSends([&](auto& writer, auto& out) {
        writer.write(Message{6, OriginStream, 0, MessageType::Video, frame}, out);
    });
    ASSERT_EQ(running.atOrigin.messages.size(), 1u);
    EXPECT_EQ(running.atOrigin.messages[0].message.type, MessageType::Acknowledgement);
    EXPECT_EQ(parseControlNumber(running.atOrigin.messages[0].payload), 2000u);
}

TEST(RelayPair, DeleteStreamReachesTheOriginWithItsOwnNumber) {
    Running running;
    running.clientSends([&](auto& writer, auto& out) {
        std::vector<uint8_t> number;
        Amf0Writer(number).number(ClientStream);
        std::vector<uint8_t> payload;
        appendCall(payload, "deleteStream", 0, number);
        writeCommand(writer, 0, payload, out);
    });
    const Kept* command = running.atOrigin.command("deleteStream");
    ASSERT_NE(command, nullptr);
    EXPECT_EQ(parseDeleteStream(*parseCommand(command->message.type, command->payload)),
              OriginStream);
}

TEST(RelayPair, R25RefusesASecondStreamOnTheConnection) {
    Running running;
    running.clientSends([&](auto& writer, auto& out) {
        for (const char* name : {"createStream", "publish", "play"}) {
            std::vector<uint8_t> payload;
            appendStreamCall(payload, name, 8, "other");
            writeCommand(writer, 0, payload, out);
        }
    });
    EXPECT_TRUE(running.atOrigin.messages.empty());
    ASSERT_EQ(running.atClient.messages.size(), 3u);
    EXPECT_EQ(running.atClient.messages[0].commandName(), "_error");
    EXPECT_EQ(running.atClient.messages[1].statusCode(), "NetStream.Publish.Rejected");
    EXPECT_EQ(running.atClient.messages[2].statusCode(), "NetStream.Play.Failed");
}

TEST(RelayPair, TellsTheEndOnlyBetweenChunks) {
    Running running;
    OutputList words;
    running.pair.tellEnd("status", "NetStream.Play.UnpublishNotify", "gone", words);
    Running::take(words, running.atClient);
    ASSERT_EQ(running.atClient.messages.size(), 2u);
    EXPECT_EQ(running.atClient.messages[1].statusCode(), "NetStream.Play.UnpublishNotify");

    const std::vector<uint8_t> frame(100, 7);
    std::vector<uint8_t> bytes;
    running.originWriter.write(Message{6, OriginStream, 0, MessageType::Video, frame}, bytes);
    bytes.resize(bytes.size() - 50);
    OutputList toOther;
    OutputList back;
    running.pair.fromOrigin(bytes, toOther, back);
    OutputList inside;
    running.pair.tellEnd("status", "NetStream.Play.UnpublishNotify", "gone", inside);
    EXPECT_TRUE(inside.empty());
}

TEST(RelayPair, SaysWhatASenderDidWrong) {
    Running running;
    EXPECT_FALSE(running.originSends([&](auto&, auto& out) { out.assign(64, 0xFF); }));
    EXPECT_FALSE(running.pair.failure().empty());
}

} // namespace
} // namespace srsproxy::rtmp
