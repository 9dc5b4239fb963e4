#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/messages.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

constexpr uint8_t Amf0 = MessageType::CommandAmf0;
constexpr uint8_t Amf3 = MessageType::CommandAmf3;

constexpr const char* Connect =
    "02 0007 'connect' 00 4014000000000000 03 0003 'app' 02 0004 'live' 0005 'tcUrl'"
    "02 0010 'rtmp://host/live' 0008 'flashVer' 02 0003 'LNX' 000a 'fourCcList'"
    "0a 00000001 02 0004 'hvc1' 0006 'capsEx' 00 3ff0000000000000 0000 09";

TEST(Commands, R6ParsesConnectWithAnyTransactionId) {
    const Bytes payload = hex(Connect);
    const auto command = parseCommand(Amf0, payload);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->name, "connect");
    EXPECT_EQ(command->transactionId, 5);
    const auto connect = parseConnect(*command);
    ASSERT_TRUE(connect);
    EXPECT_EQ(connect->app, "live");
    EXPECT_EQ(connect->tcUrl, "rtmp://host/live");
    EXPECT_EQ(connect->flashVer, "LNX");
    EXPECT_EQ(connect->pageUrl, "");
    EXPECT_EQ(connect->capsEx, 1U);
}

TEST(Commands, R1ReplaysTheConnectObjectByteForByte) {
    const Bytes payload = hex(Connect);
    const auto connect = parseConnect(*parseCommand(Amf0, payload));
    Bytes again;
    appendConnect(again, 5, connect->object);
    EXPECT_EQ(again, payload);
}

TEST(Commands, ReadsAmf3WrappedCommands) {
    Bytes payload = {0};
    append(payload, hex(Connect));
    const auto command = parseCommand(Amf3, payload);
    ASSERT_TRUE(command);
    EXPECT_EQ(parseConnect(*command)->app, "live");
    EXPECT_TRUE(setTransactionId(payload, *command, 9));
    EXPECT_EQ(parseCommand(Amf3, payload)->transactionId, 9);
    EXPECT_EQ(parseCommand(Amf3, hex(Connect))->name, "connect"); // without the 0 byte
    EXPECT_FALSE(parseCommand(Amf0, payload));                    // type 20 has none
}

TEST(Commands, RefusesWhatHasNoName) {
    EXPECT_FALSE(parseCommand(Amf0, {}));
    EXPECT_FALSE(parseCommand(Amf3, hex("00")));
    EXPECT_FALSE(parseCommand(Amf0, hex("00 4014000000000000")));
    EXPECT_FALSE(parseConnect(*parseCommand(Amf0, hex("02 0001 'c' 00 3ff0000000000000 05"))));
    EXPECT_FALSE(parseConnect(*parseCommand(Amf0, hex("02 0001 'c' 00 3ff0000000000000"))));
}

TEST(Commands, TakesAMissingTransactionIdAs0) {
    Bytes payload = hex("02 0005 'close' 05");
    const auto command = parseCommand(Amf0, payload);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->transactionId, 0);
    EXPECT_EQ(command->arguments.size(), 1U);
    EXPECT_FALSE(setTransactionId(payload, *command, 3));
}

Bytes call(const char* name, const char* arguments) {
    Bytes payload;
    appendCall(payload, name, 4, hex(arguments));
    return payload;
}

TEST(Commands, R5PublishWithoutAType) {
    Bytes payload = call("publish", "02 0005 's?k=v'");
    EXPECT_EQ(parsePublish(*parseCommand(Amf0, payload))->streamName, "s?k=v");
    EXPECT_EQ(parsePublish(*parseCommand(Amf0, payload))->publishType, "live");
    payload = call("publish", "02 0001 's' 02 0006 'record'");
    EXPECT_EQ(parsePublish(*parseCommand(Amf0, payload))->publishType, "record");
    payload = call("publish", "");
    EXPECT_FALSE(parsePublish(*parseCommand(Amf0, payload)));
}

TEST(Commands, R5PlayWithOptionalArguments) {
    Bytes payload = call("play", "02 0001 's'");
    auto play = parsePlay(*parseCommand(Amf0, payload));
    EXPECT_EQ(play->start, -2);
    EXPECT_EQ(play->duration, -1);
    EXPECT_TRUE(play->reset);
    payload = call("play", "02 0001 's' 00 c09f400000000000 00 4014000000000000 01 00");
    play = parsePlay(*parseCommand(Amf0, payload));
    EXPECT_EQ(play->start, -2000);
    EXPECT_EQ(play->duration, 5);
    EXPECT_FALSE(play->reset);
    payload = call("play", "02 0001 's' 05 05 00 3ff0000000000000");
    EXPECT_TRUE(parsePlay(*parseCommand(Amf0, payload))->reset);
}

TEST(Commands, ReadsStreamNamesAndStreamIds) {
    Bytes payload;
    appendStreamCall(payload, "releaseStream", 2, "name?x=1");
    const auto release = parseCommand(Amf0, payload);
    EXPECT_EQ(release->name, "releaseStream");
    EXPECT_EQ(parseStreamName(*release), "name?x=1");

    Bytes remove = call("deleteStream", "00 3ff0000000000000");
    EXPECT_EQ(parseDeleteStream(*parseCommand(Amf0, remove)), 1U);
    EXPECT_TRUE(setNumberArgument(remove, *parseCommand(Amf0, remove), 1, 6));
    EXPECT_EQ(parseDeleteStream(*parseCommand(Amf0, remove)), 6U);
    EXPECT_FALSE(setNumberArgument(remove, *parseCommand(Amf0, remove), 0, 6));
    EXPECT_FALSE(setNumberArgument(remove, *parseCommand(Amf0, remove), 2, 6));

    for (const char* odd :
         {"00 bff0000000000000", "00 7ff8000000000000", "00 4270000000000000", "05", ""}) {
        EXPECT_FALSE(parseDeleteStream(*parseCommand(Amf0, call("deleteStream", odd)))) << odd;
    }
}

TEST(Commands, ReadsTheAnswersItMakes) {
    Bytes result;
    appendConnectResult(result, 1, 3);
    const auto connected = parseAnswer(*parseCommand(Amf0, result));
    ASSERT_TRUE(connected);
    EXPECT_EQ(connected->kind, AnswerKind::Result);
    EXPECT_EQ(connected->code, "NetConnection.Connect.Success");
    EXPECT_EQ(amf0NumberField(connected->info, "objectEncoding"), 3);
    EXPECT_EQ(connected->streamId, std::nullopt);

    Bytes created;
    appendCreateStreamResult(created, 4, 9);
    EXPECT_EQ(parseAnswer(*parseCommand(Amf0, created))->streamId, 9U);

    Bytes refused;
    appendError(refused, 3, {"error", "NetConnection.Connect.Rejected", "no"});
    const auto error = parseAnswer(*parseCommand(Amf0, refused));
    EXPECT_EQ(error->kind, AnswerKind::Error);
    EXPECT_EQ(error->transactionId, 3);
    EXPECT_EQ(error->level, "error");
    EXPECT_EQ(error->description, "no");

    Bytes status;
    appendOnStatus(status, {"status", "NetStream.Publish.Start", ""});
    EXPECT_EQ(parseAnswer(*parseCommand(Amf0, status))->kind, AnswerKind::Status);
    EXPECT_EQ(parseAnswer(*parseCommand(Amf0, status))->description, "");

    Bytes other;
    appendOnFcPublish(other, {"", "NetStream.Publish.Start", "s"});
    EXPECT_EQ(parseCommand(Amf0, other)->name, "onFCPublish");
    EXPECT_FALSE(parseAnswer(*parseCommand(Amf0, other)));
    other.clear();
    appendOnBwDone(other);
    EXPECT_EQ(other, hex("02 0008 'onBWDone' 00 0000000000000000 05"));
    other.clear();
    appendEmptyResult(other, 2);
    EXPECT_EQ(other, hex("02 0007 '_result' 00 4000000000000000 05 06"));
}

TEST(Commands, ReadsAnswersOfOtherServers) {
    // No info, an ECMA array as info, nothing at all.
    EXPECT_EQ(parseAnswer(*parseCommand(Amf0, hex("02 0007 '_result' 00 4000000000000000")))->code,
              "");
    const Bytes ecma = hex("02 0006 '_error' 00 4000000000000000 05 08 00000000 0004 'code'"
                           "02 0001 'X' 0000 09");
    EXPECT_EQ(parseAnswer(*parseCommand(Amf0, ecma))->code, "X");
}

} // namespace
} // namespace srsproxy::rtmp::test
