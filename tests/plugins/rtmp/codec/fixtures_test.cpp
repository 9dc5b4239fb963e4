// Captured conversations of real clients with SRS: the same messages however they are cut, and the
// relay gives them on unharmed.
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/handshake.h"
#include "tests/plugins/rtmp/codec/fixture_files.h"
#include "tests/plugins/rtmp/codec/relay_check.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

constexpr const char* Conversations[] = {"enhanced-hevc-publish",      "ffmpeg-play",
                                         "ffmpeg-publish-busy",        "ffmpeg-publish",
                                         "ffmpeg-publish-query-vhost", "librtmp-play"};

std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const char* name : Conversations) {
        names.push_back(std::string("rtmp/") + name + ".c2s.bin");
        names.push_back(std::string("rtmp/") + name + ".s2c.bin");
    }
    return names;
}

// Without the handshake, which is as long in both directions.
Bytes chunksOf(const std::string& name) {
    Bytes bytes = readFixture(name);
    bytes.erase(bytes.begin(), bytes.begin() + S0S1S2Bytes);
    return bytes;
}

std::vector<std::string> commandNames(const std::vector<OwnedMessage>& messages) {
    std::vector<std::string> names;
    for (const OwnedMessage& message : messages) {
        if (isCommand(message.type)) {
            const auto command = parseCommand(message.type, message.payload);
            names.emplace_back(command ? command->name : "?");
        }
    }
    return names;
}

TEST(Fixtures, GiveTheSameMessagesHoweverTheyAreCut) {
    std::minstd_rand random(1);
    for (const std::string& name : files()) {
        const Bytes bytes = chunksOf(name);
        const Parsed whole = parse(bytes, SIZE_MAX, ChunkLimits{});
        EXPECT_EQ(whole.error, ChunkError::None) << name;
        EXPECT_GE(whole.messages.size(), 5U) << name;
        EXPECT_EQ(parse(bytes, 1, ChunkLimits{}).messages, whole.messages) << name;
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(parse(bytes, 1 + random() % 5000, ChunkLimits{}).messages, whole.messages);
        }
    }
}

TEST(Fixtures, PassTheRelayUnharmed) {
    for (const std::string& name : files()) {
        const Bytes bytes = chunksOf(name);
        for (uint32_t seed = 1; seed <= 12; ++seed) {
            RelayPlan plan;
            plan.seed = seed;
            plan.maxPieceBytes = seed == 1 ? 1 : seed * 1000;
            plan.commandPhaseBytes = seed % 3 == 0 ? 0 : seed * 101;
            plan.injectPercent = seed % 2 == 0 ? 20 : 0;
            plan.outStream = 1 + seed % 3;
            plan.dropUnmapped = true;
            EXPECT_EQ(checkRelay(bytes, plan), "") << name << " seed " << seed;
        }
    }
}

TEST(Fixtures, FfmpegPublishSaysWhatItWants) {
    const Parsed parsed = parse(chunksOf("rtmp/ffmpeg-publish-query-vhost.c2s.bin"));
    EXPECT_EQ(commandNames(parsed.messages),
              (std::vector<std::string>{"connect", "releaseStream", "FCPublish", "createStream",
                                        "_checkbw", "publish"}));
    const auto connect = parseConnect(*parseCommand(20, parsed.messages[0].payload));
    ASSERT_TRUE(connect);
    EXPECT_EQ(connect->app, "live");
    EXPECT_EQ(connect->flashVer.substr(0, 5), "FMLE/");
    const auto publish = parsePublish(*parseCommand(20, parsed.messages[6].payload));
    ASSERT_TRUE(publish);
    EXPECT_EQ(publish->streamName, "fix2?token=abc&vhost=acc.example.com");
    EXPECT_EQ(publish->publishType, "live");
}

TEST(Fixtures, PlayersSayWhatTheyWant) {
    for (const char* name : {"rtmp/ffmpeg-play.c2s.bin", "rtmp/librtmp-play.c2s.bin"}) {
        const Parsed parsed = parse(chunksOf(name));
        bool seen = false;
        for (const OwnedMessage& message : parsed.messages) {
            const auto command = parseCommand(message.type, message.payload);
            if (isCommand(message.type) && command && command->name == "play") {
                seen = parsePlay(*command)->streamName == "fix3";
            }
        }
        EXPECT_TRUE(seen) << name;
    }
}

std::vector<std::string> codesOf(const std::vector<OwnedMessage>& messages) {
    std::vector<std::string> codes;
    for (const OwnedMessage& message : messages) {
        const auto command = parseCommand(message.type, message.payload);
        const auto answer = command ? parseAnswer(*command) : std::nullopt;
        if (isCommand(message.type) && answer && !answer->code.empty()) {
            codes.emplace_back(answer->code);
        }
    }
    return codes;
}

TEST(Fixtures, SrsAnswersAreUnderstood) {
    const Parsed accepted = parse(chunksOf("rtmp/ffmpeg-publish.s2c.bin"));
    EXPECT_EQ(codesOf(accepted.messages), (std::vector<std::string>{"NetConnection.Connect.Success",
                                                                    "NetStream.Publish.Start"}));
    const Parsed played = parse(chunksOf("rtmp/ffmpeg-play.s2c.bin"));
    EXPECT_EQ(codesOf(played.messages),
              (std::vector<std::string>{"NetConnection.Connect.Success", "NetStream.Play.Reset",
                                        "NetStream.Play.Start"}));
}

TEST(Fixtures, SrsRefusesABusyStreamWithoutAnOnStatus) {
    // It says onFCPublish, then closes.
    const Parsed busy = parse(chunksOf("rtmp/ffmpeg-publish-busy.s2c.bin"));
    EXPECT_EQ(codesOf(busy.messages), std::vector<std::string>{"NetConnection.Connect.Success"});
    EXPECT_EQ(commandNames(busy.messages).back(), "onFCPublish");
}

TEST(Fixtures, CreateStreamIsAnsweredWithANumber) {
    std::vector<uint32_t> streamIds;
    for (const OwnedMessage& message : parse(chunksOf("rtmp/ffmpeg-publish.s2c.bin")).messages) {
        const auto command = parseCommand(message.type, message.payload);
        const auto answer = command ? parseAnswer(*command) : std::nullopt;
        if (isCommand(message.type) && answer && answer->streamId) {
            streamIds.push_back(*answer->streamId);
        }
    }
    EXPECT_EQ(streamIds, std::vector<uint32_t>{1});
}

} // namespace
} // namespace srsproxy::rtmp::test
