#include "plugins/rtmp/origin_side.h"

#include <gtest/gtest.h>

#include "tests/plugins/rtmp/support.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

StreamRequest requestFor(int32_t role) {
    StreamRequest request;
    request.role = role;
    appendStreamCall(request.preamble.emplace_back(), "releaseStream", 2, "x");
    appendStreamCall(request.preamble.emplace_back(), "FCPublish", 3, "x");
    appendStreamCall(request.start, role == RolePublish ? "publish" : "play", 5, "x?k=v");
    request.startType = MessageType::CommandAmf0;
    request.streamId = 1;
    request.bufferMs = 3000;
    return request;
}

std::vector<uint8_t> liveApp() {
    std::vector<uint8_t> object;
    Amf0Writer(object).beginObject().key("app").string("live").endObject();
    return object;
}

struct Origin {
    explicit Origin(int32_t role) : request(requestFor(role)) {
        side.begin(sent);
        handshakeDone = sent.size();
        std::vector<uint8_t> answer(S0S1S2Bytes);
        answer[0] = RtmpVersion;
        feed(answer);
        handshakeDone += C2Bytes;
    }
    void feed(std::vector<uint8_t> bytes) { progress = side.feed(bytes, consumed, sent); }
    template <typename Write> void answer(Write write) {
        std::vector<uint8_t> bytes;
        write(server, bytes);
        feed(bytes);
    }
    void result(double transaction) {
        answer([&](auto& writer, auto& out) {
            std::vector<uint8_t> payload;
            appendConnectResult(payload, transaction);
            writeCommand(writer, 0, payload, out);
        });
    }
    void connected() {
        result(1);
        const auto messages = commandsSent();
        const Kept* create = messages.command("createStream");
        ASSERT_NE(create, nullptr);
        const double id = parseCommand(create->message.type, create->payload)->transactionId;
        answer([&](auto& writer, auto& out) {
            std::vector<uint8_t> payload;
            appendCreateStreamResult(payload, id, 9);
            writeCommand(writer, 0, payload, out);
        });
    }
    void status(std::string_view level, std::string_view code) {
        answer([&](auto& writer, auto& out) {
            std::vector<uint8_t> payload;
            appendOnStatus(payload, {level, code, "why"});
            writeCommand(writer, 9, payload, out);
        });
    }
    Collector commandsSent() const {
        Collector collector;
        collector.feed({sent.begin() + static_cast<std::ptrdiff_t>(handshakeDone), sent.end()});
        return collector;
    }

    const std::vector<uint8_t> connectObject = liveApp();
    StreamRequest request;
    ChunkReader reader;
    ChunkWriter ours;
    ChunkWriter server;
    OriginSide side{connectObject, request, reader, ours, Random};
    std::vector<uint8_t> sent;
    size_t handshakeDone = 0;
    size_t consumed = 0;
    OriginSide::Progress progress = OriginSide::Progress::Working;
};

TEST(OriginSide, R2NeverWaitsForReleaseStreamAndFcPublish) {
    Origin origin(RolePublish);
    origin.connected();
    const Collector sent = origin.commandsSent();
    std::vector<std::string> names;
    for (const Kept& kept : sent.messages) {
        if (isCommand(kept.message.type)) {
            names.push_back(kept.commandName());
        }
    }
    EXPECT_EQ(names, (std::vector<std::string>{"connect", "releaseStream", "FCPublish",
                                               "createStream", "publish"}));
    origin.status("status", "NetStream.Publish.Start");
    EXPECT_EQ(origin.progress, OriginSide::Progress::Accepted);
    EXPECT_EQ(origin.side.streamId(), 9u);
}

TEST(OriginSide, ReplaysTheClientsOwnBytes) {
    Origin origin(RolePlay);
    origin.connected();
    const Collector sent = origin.commandsSent();
    const Kept* connect = sent.command("connect");
    ASSERT_NE(connect, nullptr);
    const auto parsed = parseConnect(*parseCommand(connect->message.type, connect->payload));
    EXPECT_TRUE(std::equal(parsed->object.begin(), parsed->object.end(),
                           origin.connectObject.begin(), origin.connectObject.end()));
    const Kept* play = sent.command("play");
    ASSERT_NE(play, nullptr);
    EXPECT_EQ(play->payload, origin.request.start);
    EXPECT_EQ(play->message.streamId, 9u) << "the origin's own stream number";
    EXPECT_EQ(parseUserControl(sent.messages.back().payload)->value, 9u);
}

TEST(OriginSide, R4TellsARefusalApart) {
    Origin busy(RolePublish);
    busy.connected();
    busy.status("error", "NetStream.Publish.BadName");
    EXPECT_EQ(busy.progress, OriginSide::Progress::Declined);
    EXPECT_TRUE(busy.side.refusal().toldByStatus);
    ASSERT_EQ(busy.side.held().size(), 1u);

    Origin rejected(RolePlay);
    rejected.answer([&](auto& writer, auto& out) {
        std::vector<uint8_t> payload;
        appendError(payload, 1, {"error", "NetConnection.Connect.Rejected", "no"});
        writeCommand(writer, 0, payload, out);
    });
    EXPECT_EQ(rejected.progress, OriginSide::Progress::Declined);
    EXPECT_FALSE(rejected.side.refusal().toldByStatus);
    EXPECT_EQ(rejected.side.refusal().code, "NetConnection.Connect.Rejected");
}

TEST(OriginSide, AnErrorToReleaseStreamIsNoRefusal) {
    Origin origin(RolePublish);
    origin.result(1);
    origin.answer([&](auto& writer, auto& out) {
        std::vector<uint8_t> payload;
        appendError(payload, 2, {"error", "NetConnection.Call.Failed", "no such stream"});
        writeCommand(writer, 0, payload, out);
    });
    EXPECT_EQ(origin.progress, OriginSide::Progress::Working);
}

TEST(OriginSide, R7HoldsDataThatComesBeforePlayStart) {
    Origin origin(RolePlay);
    origin.connected();
    origin.answer([&](auto& writer, auto& out) {
        writer.write(makeUserControl(UserEvent::StreamBegin, 9), out);
        const std::vector<uint8_t> data{2, 0, 1, 'x'};
        writer.write(Message{4, 9, 0, MessageType::DataAmf0, data}, out);
    });
    origin.status("status", "NetStream.Play.Reset");
    EXPECT_EQ(origin.progress, OriginSide::Progress::Working);
    origin.status("status", "NetStream.Play.Start");
    EXPECT_EQ(origin.progress, OriginSide::Progress::Accepted);
    EXPECT_EQ(origin.side.held().size(), 4u);
}

TEST(OriginSide, StopsAtTheYesSoThatMediaStaysForTheRelay) {
    Origin origin(RolePlay);
    origin.connected();
    std::vector<uint8_t> bytes;
    std::vector<uint8_t> payload;
    appendOnStatus(payload, {"status", "NetStream.Play.Start", ""});
    writeCommand(origin.server, 9, payload, bytes);
    const size_t head = bytes.size();
    origin.server.write(Message{6, 9, 0, MessageType::Video, payload}, bytes);
    origin.feed(bytes);
    EXPECT_EQ(origin.progress, OriginSide::Progress::Accepted);
    EXPECT_EQ(origin.consumed, head);
}

TEST(OriginSide, TakesMediaWithoutAStatusForAYes) {
    Origin origin(RolePlay);
    origin.connected();
    const std::vector<uint8_t> payload(20);
    origin.answer([&](auto& writer, auto& out) {
        writer.write(Message{6, 9, 40, MessageType::Video, payload}, out);
    });
    EXPECT_EQ(origin.progress, OriginSide::Progress::Accepted);
    ASSERT_EQ(origin.side.held().size(), 1u) << "and loses none of it";
    EXPECT_EQ(origin.side.held()[0].timestampMs, 40u);
}

TEST(OriginSide, AnswersPings) {
    Origin origin(RolePlay);
    origin.answer([&](auto& writer, auto& out) {
        writer.write(makeUserControl(UserEvent::PingRequest, 1234), out);
    });
    const auto event = parseUserControl(origin.commandsSent().messages.back().payload);
    EXPECT_EQ(event->event, UserEvent::PingResponse);
    EXPECT_EQ(event->value, 1234u);
}

TEST(OriginSide, FailsOnNonsense) {
    Origin origin(RolePlay);
    origin.feed(std::vector<uint8_t>(64, 0xFF));
    EXPECT_EQ(origin.progress, OriginSide::Progress::Failed);
    EXPECT_FALSE(origin.side.failure().empty());
}

TEST(OriginSide, BoundsWhatItHolds) {
    Origin origin(RolePlay);
    origin.connected();
    const std::vector<uint8_t> data(60'000, 5);
    for (int i = 0; i < 10 && origin.progress == OriginSide::Progress::Working; ++i) {
        origin.answer([&](auto& writer, auto& out) {
            writer.write(Message{4, 9, 0, MessageType::DataAmf0, data}, out);
        });
    }
    EXPECT_EQ(origin.progress, OriginSide::Progress::Failed);
}

TEST(OriginSide, ReadsARealOriginsConversation) {
    // SRS's side of a captured publish, after its handshake answer.
    const std::vector<uint8_t> connectObject = liveApp();
    const StreamRequest request = requestFor(RolePublish);
    ChunkReader reader;
    ChunkWriter writer;
    OriginSide side(connectObject, request, reader, writer, Random);
    std::vector<uint8_t> sent;
    side.begin(sent);
    std::vector<uint8_t> bytes = fixture("ffmpeg-publish.s2c.bin");
    size_t consumed = 0;
    // Its createStream answer carries ffmpeg's transaction id, not ours, so the conversation
    // stops there; up to that it must be read without complaint.
    EXPECT_EQ(side.feed(bytes, consumed, sent), OriginSide::Progress::Working) << side.failure();
    EXPECT_GT(side.ackWindowBytes(), 0u);
    EXPECT_EQ(consumed, bytes.size());
}

} // namespace
} // namespace srsproxy::rtmp
