#include "plugins/rtmp/client_side.h"

#include <gtest/gtest.h>

#include "tests/plugins/rtmp/support.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

struct Served {
    ChunkReader reader;
    ChunkWriter writer;
    ClientSide side{reader, writer, Random};
    std::vector<uint8_t> answers;
    ClientSide::Progress progress = ClientSide::Progress::Working;
    size_t consumed = 0;

    /// In pieces of `piece` bytes, until an end or the end of the input.
    void feed(std::vector<uint8_t> bytes, size_t piece = 4096) {
        for (size_t at = 0; at < bytes.size() && progress == ClientSide::Progress::Working;) {
            const size_t size = std::min(piece, bytes.size() - at);
            size_t used = 0;
            progress = side.feed(std::span(bytes).subspan(at, size), used, answers);
            at += size;
            consumed += used;
        }
    }
    Collector commandsSent() const {
        Collector collector;
        collector.feed({answers.begin() + static_cast<std::ptrdiff_t>(S0S1S2Bytes), answers.end()});
        return collector;
    }
};

/// C0, C1 and C2, then what `commands` writes.
template <typename Commands> std::vector<uint8_t> conversation(Commands commands) {
    std::vector<uint8_t> bytes(C0C1Bytes + C2Bytes);
    bytes[0] = RtmpVersion;
    ChunkWriter writer;
    commands(writer, bytes);
    return bytes;
}

void connect(ChunkWriter& writer, std::vector<uint8_t>& out, double transaction = 1) {
    std::vector<uint8_t> object;
    Amf0Writer(object)
        .beginObject()
        .key("app")
        .string("live")
        .key("tcUrl")
        .string("rtmp://h/live")
        .endObject();
    std::vector<uint8_t> payload;
    appendConnect(payload, transaction, object);
    writeCommand(writer, 0, payload, out);
}

void call(ChunkWriter& writer, std::vector<uint8_t>& out, std::string_view name,
          std::string_view argument, uint32_t streamId = 1) {
    std::vector<uint8_t> payload;
    appendStreamCall(payload, name, 5, argument);
    writeCommand(writer, streamId, payload, out);
}

TEST(ClientSide, ReadsRealConversationsInAnyPieces) {
    const struct {
        const char* file;
        int32_t role;
        const char* url;
    } rows[] = {
        {"ffmpeg-publish.c2s.bin", RolePublish, "/live/fix1"},
        {"ffmpeg-publish-query-vhost.c2s.bin", RolePublish,
         "/live/fix2?token=abc&vhost=acc.example.com"},
        {"ffmpeg-publish-busy.c2s.bin", RolePublish, "/live/fix3"},
        {"ffmpeg-play.c2s.bin", RolePlay, "/live/"},
        {"librtmp-play.c2s.bin", RolePlay, "/live/"},
        {"enhanced-hevc-publish.c2s.bin", RolePublish, "/live/"},
    };
    for (const auto& row : rows) {
        for (const size_t piece : {size_t{1}, size_t{1000}, size_t{65536}}) {
            Served served;
            served.feed(fixture(row.file), piece);
            ASSERT_EQ(served.progress, ClientSide::Progress::Requested)
                << row.file << ": " << served.side.failure();
            const StreamRequest& request = served.side.request();
            EXPECT_EQ(request.role, row.role) << row.file;
            EXPECT_NE(request.url().find(row.url), std::string::npos) << request.url();
            EXPECT_FALSE(request.connectObject.empty());
            EXPECT_FALSE(request.start.empty());
            EXPECT_LE(served.consumed, fixture(row.file).size());
        }
    }
}

TEST(ClientSide, R1KeepsTheWholeConnectObject) {
    std::vector<uint8_t> object;
    Amf0Writer(object)
        .beginObject()
        .key("app")
        .string("live")
        .key("tcUrl")
        .string("rtmp://h/live")
        .key("fourCcList"); // R13: enhanced RTMP's strict array
    const std::vector<uint8_t> list{10, 0, 0, 0, 1, 2, 0, 4, 'h', 'v', 'c', '1'};
    Amf0Writer(object).raw(list).key("unheardOf").boolean(true).endObject();
    Served served;
    served.feed(conversation([&](auto& writer, auto& out) {
        std::vector<uint8_t> payload;
        appendConnect(payload, 1, object);
        writeCommand(writer, 0, payload, out);
    }));
    EXPECT_EQ(served.side.request().connectObject, object);
}

TEST(ClientSide, R3SaysNothingOfAStartedStream) {
    Served served;
    served.feed(fixture("ffmpeg-publish.c2s.bin"));
    const Collector sent = served.commandsSent();
    EXPECT_NE(sent.command("_result"), nullptr);
    EXPECT_EQ(sent.command("onStatus"), nullptr);
    EXPECT_EQ(sent.command("onFCPublish"), nullptr);
}

TEST(ClientSide, AnnouncesALargeChunkSizeBeforeAnyCommand) {
    Served served;
    served.feed(conversation([](auto& writer, auto& out) { connect(writer, out); }));
    const Collector sent = served.commandsSent();
    ASSERT_EQ(sent.messages.size(), 4u);
    EXPECT_EQ(sent.messages[2].message.type, MessageType::SetChunkSize);
    EXPECT_EQ(sent.messages[3].commandName(), "_result");
}

TEST(ClientSide, R5TakesPublishWithoutTypeAndPlayWithArguments) {
    Served publish;
    publish.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "publish", "x");
    }));
    EXPECT_EQ(publish.side.request().role, RolePublish);

    Served play;
    play.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        std::vector<uint8_t> payload;
        std::vector<uint8_t> arguments;
        Amf0Writer(arguments).string("x").number(-2).number(-1).boolean(true);
        appendCall(payload, "play", 4, arguments);
        writeCommand(writer, 1, payload, out);
    }));
    EXPECT_EQ(play.side.request().role, RolePlay);
    EXPECT_EQ(play.side.request().streamName, "x");
}

TEST(ClientSide, R6AnswersConnectWithItsOwnTransactionId) {
    Served served;
    served.feed(conversation([](auto& writer, auto& out) { connect(writer, out, 7); }));
    const Collector sent = served.commandsSent();
    const Kept* result = sent.command("_result");
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(parseCommand(result->message.type, result->payload)->transactionId, 7);
}

TEST(ClientSide, R7TakesControlAndDataBeforePublish) {
    Served served;
    served.feed(conversation([](auto& writer, auto& out) {
        writer.write(makeAcknowledgement(1), out);
        connect(writer, out);
        writer.write(makeAbort(9), out);
        writer.write(makeWindowAckSize(5000), out);
        const std::vector<uint8_t> data{2, 0, 1, 'x'};
        writer.write(Message{4, 1, 0, MessageType::DataAmf0, data}, out);
        writer.write(makeSetBufferLength(1, 3000), out);
        writer.write(makeUserControl(UserEvent::PingRequest, 77), out);
        call(writer, out, "publish", "x");
    }));
    ASSERT_EQ(served.progress, ClientSide::Progress::Requested) << served.side.failure();
    EXPECT_EQ(served.side.request().bufferMs, 3000u);
    EXPECT_EQ(served.side.request().ackWindowBytes, 5000u);
    const Collector sent = served.commandsSent();
    const Kept& last = sent.messages.back();
    EXPECT_EQ(parseUserControl(last.payload)->event, UserEvent::PingResponse);
}

TEST(ClientSide, NumbersStreamsAndAnswersWhatAsksForAnAnswer) {
    Served served;
    served.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "createStream", "");
        call(writer, out, "createStream", "");
        call(writer, out, "_checkbw", "");
    }));
    const Collector sent = served.commandsSent();
    ASSERT_EQ(sent.messages.size(), 7u);
    const auto second = sent.messages[5];
    EXPECT_EQ(parseAnswer(*parseCommand(second.message.type, second.payload))->streamId, 2u);
    EXPECT_EQ(sent.messages[6].commandName(), "_result");
}

TEST(ClientSide, GivesBackWhatCameBehindPublish) {
    Served served;
    const std::vector<uint8_t> head = conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "publish", "x");
    });
    std::vector<uint8_t> bytes = head;
    bytes.insert(bytes.end(), 100, 0xAA);
    served.feed(bytes, bytes.size());
    EXPECT_EQ(served.progress, ClientSide::Progress::Requested);
    EXPECT_EQ(served.consumed, head.size());
}

TEST(ClientSide, RefusesWhatIsNoRtmp) {
    const struct {
        const char* what;
        std::vector<uint8_t> bytes;
    } rows[] = {
        {"TLS", {0x16, 3, 1, 0, 0}},
        {"HTTP", {'G', 'E', 'T', ' ', '/'}},
        {"RTMPE", {6}},
        {"a command before connect",
         conversation([](auto& writer, auto& out) { call(writer, out, "publish", "x"); })},
        {"a second connect", conversation([](auto& writer, auto& out) {
             connect(writer, out);
             connect(writer, out);
         })},
        {"a connect without tcUrl",
         conversation([](auto& writer, auto& out) { call(writer, out, "connect", ""); })},
        {"streams without end", conversation([](auto& writer, auto& out) {
             connect(writer, out);
             for (int i = 0; i < 100; ++i) {
                 call(writer, out, "createStream", "");
             }
         })},
    };
    for (const auto& row : rows) {
        Served served;
        served.feed(row.bytes);
        EXPECT_EQ(served.progress, ClientSide::Progress::Failed) << row.what;
        EXPECT_FALSE(served.side.failure().empty()) << row.what;
    }
}

TEST(ClientSide, BoundsWhatItRemembers) {
    Served served;
    served.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        for (int i = 0; i < 1000; ++i) {
            call(writer, out, "FCPublish", "x");
        }
    }));
    EXPECT_EQ(served.progress, ClientSide::Progress::Working);
    EXPECT_EQ(served.side.request().preamble.size(), 8u);
}

TEST(StreamRequest, JoinsTcUrlAndName) {
    const struct {
        const char* tcUrl;
        const char* name;
        const char* url;
    } rows[] = {
        {"rtmp://h/live", "s", "rtmp://h/live/s"},
        {"rtmp://h/live/", "s?k=v", "rtmp://h/live/s?k=v"},
        {"rtmp://h/live?vhost=a", "s", "rtmp://h/live/s?vhost=a"},
        {"rtmp://h/a/b?token=t/u", "s?k=v", "rtmp://h/a/b/s?k=v&token=t/u"}, // K3
        {"rtmp://h/live?", "s", "rtmp://h/live/s"},
    };
    for (const auto& row : rows) {
        StreamRequest request;
        request.tcUrl = row.tcUrl;
        request.streamName = row.name;
        EXPECT_EQ(request.url(), row.url);
    }
}

} // namespace
} // namespace srsproxy::rtmp
