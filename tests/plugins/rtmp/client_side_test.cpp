#include "plugins/rtmp/client_side.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/rtmp/served_client.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

using Bytes = std::vector<uint8_t>;

/// C0, C1 and C2, then what `commands` writes.
template <typename Commands> Bytes conversation(Commands commands) {
    Bytes bytes(C0C1Bytes + C2Bytes);
    bytes[0] = RtmpVersion;
    ChunkWriter writer;
    commands(writer, bytes);
    return bytes;
}

Bytes clientObject(const std::function<void(Amf0Writer&)>& more = [](Amf0Writer&) {}) {
    Bytes object;
    Amf0Writer writer(object);
    writer.beginObject().key("app").string("live").key("tcUrl").string("rtmp://h/live");
    more(writer);
    writer.endObject();
    return object;
}

void connect(ChunkWriter& writer, Bytes& out, double transaction = 1,
             const Bytes& object = clientObject()) {
    Bytes payload;
    appendConnect(payload, transaction, object);
    writeCommand(writer, 0, payload, out);
}

void call(ChunkWriter& writer, Bytes& out, std::string_view name, std::string_view argument,
          uint32_t streamId = 1, double transaction = 5) {
    Bytes payload;
    appendStreamCall(payload, name, transaction, argument);
    writeCommand(writer, streamId, payload, out);
}

std::optional<Answer> answerOf(const Kept& kept) {
    const auto command = parseCommand(kept.message.type, kept.payload);
    return command ? parseAnswer(*command) : std::nullopt;
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
        const Bytes bytes = fixture(row.file);
        for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}, size_t{65536}}) {
            ServedClient client;
            client.feed(bytes, piece);
            ASSERT_EQ(client.requests.size(), 1u) << row.file << ": " << client.failure();
            const StreamRequest& request = client.requests[0];
            EXPECT_EQ(request.role, row.role) << row.file;
            const std::string url = streamUrl(client.side.tcUrl(), request.streamName());
            EXPECT_NE(url.find(row.url), std::string::npos) << url;
            EXPECT_TRUE(client.side.connected());
            EXPECT_EQ(client.handshakeAnswer.size(), S0S1S2Bytes);
            EXPECT_LE(client.consumed, bytes.size());
        }
    }
}

TEST(ClientSide, R1KeepsTheWholeConnectObject) {
    const Bytes list{10, 0, 0, 0, 1, 2, 0, 4, 'h', 'v', 'c', '1'};
    const Bytes object = clientObject([&](Amf0Writer& writer) {
        writer.key("fourCcList").raw(list).key("unheardOf").boolean(true); // R13: a strict array
    });
    ServedClient client;
    client.feed(conversation([&](auto& writer, auto& out) { connect(writer, out, 1, object); }));
    EXPECT_EQ(Bytes(client.side.connectObject().begin(), client.side.connectObject().end()),
              object);
}

TEST(ClientSide, R3SaysNothingOfAStartedStream) {
    ServedClient client;
    client.feed(fixture("ffmpeg-publish.c2s.bin"));
    EXPECT_NE(client.told("_result"), nullptr);
    EXPECT_EQ(client.told("onStatus"), nullptr);
    EXPECT_EQ(client.told("onFCPublish"), nullptr);
}

TEST(ClientSide, AnnouncesALargeChunkSizeBeforeAnyCommand) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) { connect(writer, out); }));
    ASSERT_EQ(client.answers.size(), 4u);
    EXPECT_EQ(client.answers[2].message.type, MessageType::SetChunkSize);
    EXPECT_EQ(client.answers[3].commandName(), "_result");
}

TEST(ClientSide, R5TakesPublishWithoutTypeAndPlayWithArguments) {
    ServedClient publish;
    publish.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "publish", "x");
    }));
    ASSERT_EQ(publish.requests.size(), 1u);
    EXPECT_EQ(publish.requests[0].role, RolePublish);

    Bytes payload;
    ServedClient play;
    play.feed(conversation([&](auto& writer, auto& out) {
        connect(writer, out);
        Bytes arguments;
        Amf0Writer(arguments).string("x").number(-2).number(-1).boolean(true);
        appendCall(payload, "play", 4, arguments);
        writeCommand(writer, 3, payload, out);
    }));
    ASSERT_EQ(play.requests.size(), 1u);
    EXPECT_EQ(play.requests[0].role, RolePlay);
    EXPECT_EQ(play.requests[0].streamId, 3u);
    EXPECT_EQ(play.requests[0].streamName(), "x");
    EXPECT_EQ(play.requests[0].start, payload) << "every argument is the origin's to read";
}

TEST(ClientSide, R6AnswersConnectWithItsOwnTransactionId) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) { connect(writer, out, 7); }));
    ASSERT_NE(client.told("_result"), nullptr);
    EXPECT_EQ(answerOf(*client.told("_result"))->transactionId, 7);
}

TEST(ClientSide, R7KeepsTheBufferLengthForTheOrigin) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) {
        writer.write(makeAcknowledgement(1), out);
        connect(writer, out);
        writer.write(makeAbort(9), out);
        const Bytes data{2, 0, 1, 'x'};
        writer.write(Message{4, 1, 0, MessageType::DataAmf0, data}, out);
        writer.write(makeSetBufferLength(1, 3000), out);
        call(writer, out, "play", "x");
    }));
    ASSERT_EQ(client.requests.size(), 1u) << client.failure();
    EXPECT_EQ(client.requests[0].bufferMs, 3000u);
}

TEST(ClientSide, WaitsWithTheAnswerToAClientThatWantsAnOffer) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out, 4,
                clientObject([](Amf0Writer& object) { object.key("capsEx").number(2); }));
    }));
    EXPECT_EQ(client.offersWanted, 1u);
    EXPECT_TRUE(client.answers.empty());
    Capabilities offer;
    offer.fourCcs.add(*FourCc::parse("hvc1"), 1);
    offer.capsEx = CapsEx::Multitrack;
    client.side.answerConnect(offer);
    ASSERT_NE(client.told("_result"), nullptr);
    const auto answer = answerOf(*client.told("_result"));
    EXPECT_EQ(answer->transactionId, 4);
    EXPECT_EQ(parseCapabilities(answer->properties, answer->info), offer);
}

TEST(ClientSide, NumbersStreamsAndAnswersWhatAsksForAnAnswer) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "createStream", "");
        call(writer, out, "createStream", "");
        call(writer, out, "_checkbw", "");
        call(writer, out, "unasked", "", 1, 0);
    }));
    ASSERT_EQ(client.answers.size(), 7u);
    EXPECT_EQ(answerOf(client.answers[5])->streamId, 2u);
    EXPECT_EQ(client.answers[6].commandName(), "_result");
    EXPECT_EQ(client.forwarded, (std::vector<std::string>{"_checkbw", "unasked"}));
}

TEST(ClientSide, LeavesTheAnswerToARunningStream) {
    ServedClient client;
    client.takesForwarded = true;
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "FCUnpublish", "x");
        call(writer, out, "pause", "x");
    }));
    EXPECT_EQ(client.forwarded, (std::vector<std::string>{"FCUnpublish", "pause"}));
    EXPECT_EQ(client.answers.size(), 4u) << "connect's";
}

TEST(ClientSide, NamesTheStreamThatIsClosed) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        Bytes number;
        Amf0Writer(number).number(3);
        Bytes payload;
        appendCall(payload, "deleteStream", 0, number);
        writeCommand(writer, 0, payload, out);
        payload.clear();
        appendCall(payload, "closeStream", 0);
        writeCommand(writer, 2, payload, out);
    }));
    EXPECT_EQ(client.left, (std::vector<std::pair<uint32_t, std::string>>{{3, "deleteStream"},
                                                                          {2, "closeStream"}}));
}

TEST(ClientSide, StopsBehindPublish) {
    ServedClient client;
    const Bytes head = conversation([](auto& writer, auto& out) {
        connect(writer, out);
        call(writer, out, "publish", "x");
    });
    Bytes bytes = head;
    bytes.insert(bytes.end(), 100, 0xAA);
    client.feed(bytes, bytes.size());
    EXPECT_EQ(client.requests.size(), 1u);
    EXPECT_EQ(client.consumed, head.size());
}

TEST(ClientSide, RefusesWhatIsNoRtmp) {
    const struct {
        const char* what;
        Bytes bytes;
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
        {"a command without a name", conversation([](auto& writer, auto& out) {
             connect(writer, out);
             writeCommand(writer, 0, {5, 5}, out);
         })},
    };
    for (const auto& row : rows) {
        ServedClient client;
        client.feed(row.bytes);
        EXPECT_FALSE(client.failure().empty()) << row.what;
        EXPECT_TRUE(client.requests.empty()) << row.what;
    }
}

TEST(ClientSide, TellsAClientThatCreatesStreamsWithoutEnd) {
    ServedClient client(3);
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        for (int i = 0; i < 4; ++i) {
            call(writer, out, "createStream", "");
        }
        Bytes number;
        Amf0Writer(number).number(2);
        Bytes payload;
        appendCall(payload, "deleteStream", 0, number);
        writeCommand(writer, 0, payload, out);
        call(writer, out, "createStream", "");
    }));
    EXPECT_EQ(client.failure(), "") << "the connection goes on";
    ASSERT_EQ(client.answers.size(), 9u);
    EXPECT_EQ(answerOf(client.answers[6])->streamId, 3u);
    const auto refused = answerOf(client.answers[7]);
    EXPECT_EQ(refused->kind, AnswerKind::Error);
    EXPECT_EQ(refused->code, "NetConnection.Call.Failed");
    EXPECT_NE(refused->description.find("max_streams"), std::string_view::npos);
    EXPECT_EQ(answerOf(client.answers[8])->streamId, 4u) << "one was deleted, and ids are new";
}

TEST(ClientSide, BoundsWhatItRemembers) {
    ServedClient client;
    client.feed(conversation([](auto& writer, auto& out) {
        connect(writer, out);
        for (int i = 0; i < 1000; ++i) {
            call(writer, out, "FCPublish", "x");
        }
        call(writer, out, "publish", "x");
    }));
    ASSERT_EQ(client.requests.size(), 1u);
    EXPECT_EQ(client.requests[0].preamble.size(), 8u);
}

/// Type 17 is a 0 byte and then what type 20 is (RTMP 1.0 §7.1.1).
void writeAmf3(ChunkWriter& writer, Bytes& out, uint32_t streamId, const Bytes& amf0) {
    Bytes payload{0};
    payload.insert(payload.end(), amf0.begin(), amf0.end());
    writer.write(Message{CommandChunkStream, streamId, 0, MessageType::CommandAmf3, payload}, out);
}

TEST(ClientSide, ServesAClientThatWrapsItsCommandsAsAmf3) {
    Bytes connectCommand;
    appendConnect(connectCommand, 1, clientObject());
    Bytes createStream;
    appendCall(createStream, "createStream", 2);
    Bytes preamble;
    appendStreamCall(preamble, "FCPublish", 3, "x");
    Bytes publish;
    appendStreamCall(publish, "publish", 4, "x");
    ServedClient client;
    client.feed(conversation([&](auto& writer, auto& out) {
        writeAmf3(writer, out, 0, connectCommand);
        writeAmf3(writer, out, 0, createStream);
        writeAmf3(writer, out, 0, preamble);
        writeAmf3(writer, out, 1, publish);
    }));
    ASSERT_EQ(client.requests.size(), 1u) << client.failure();
    EXPECT_NE(client.told("_result"), nullptr);
    EXPECT_EQ(client.requests[0].startType, MessageType::CommandAmf3);
    EXPECT_EQ(client.requests[0].streamName(), "x");
    ASSERT_EQ(client.requests[0].preamble.size(), 1u);
    EXPECT_EQ(client.requests[0].preamble[0], preamble) << "as of type 20";
}

TEST(StreamUrl, JoinsTcUrlAndName) {
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
        {"rtmp://h/live?vhost=v/_definst_", "s", "rtmp://h/live/s?vhost=v"},
        {"rtmp://h/live/_definst_?vhost=v", "s", "rtmp://h/live/_definst_/s?vhost=v"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(streamUrl(row.tcUrl, row.name), row.url);
    }
}

} // namespace
} // namespace srsproxy::rtmp
