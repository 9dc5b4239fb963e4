/// Random and damaged bytes into both halves of the set-up: they refuse or wait, hold what they
/// keep within bounds, and say why.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plugins/rtmp/origin_side.h"
#include "tests/plugins/rtmp/served_client.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

constexpr uint32_t Seeds = 10'000;

using Bytes = std::vector<uint8_t>;

/// Noise, or a captured conversation with some bytes changed, cut or doubled.
Bytes damaged(const Bytes& sound, std::mt19937& random) {
    Bytes bytes;
    if (random() % 4 == 0) {
        bytes.resize(random() % 6000);
        std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random()); });
        if (!bytes.empty() && random() % 8 != 0) {
            bytes[0] = RtmpVersion;
        }
        return bytes;
    }
    bytes = sound;
    for (auto hits = random() % 12; hits > 0 && bytes.size() > 1; --hits) {
        const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
        switch (random() % 3) {
        case 0:
            bytes[static_cast<size_t>(at)] = static_cast<uint8_t>(random());
            break;
        case 1:
            bytes.erase(bytes.begin() + at);
            break;
        default:
            bytes.insert(bytes.begin() + at, static_cast<uint8_t>(random()));
            break;
        }
    }
    return bytes;
}

TEST(Garbage, TheClientsSideRefusesOrWaits) {
    const Bytes sound = fixture("ffmpeg-publish.c2s.bin");
    const Bytes head(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(
                                                        sound.size(), C0C1Bytes + C2Bytes + 2000)));
    size_t failed = 0;
    size_t requested = 0;
    for (uint32_t seed = 0; seed < Seeds; ++seed) {
        std::mt19937 random(seed);
        ServedClient client;
        Bytes bytes = damaged(head, random);
        for (size_t at = 0; at < bytes.size() && !client.stopped();) {
            const size_t size = std::min<size_t>(1 + random() % 2000, bytes.size() - at);
            const size_t consumed = client.feedPiece(std::span(bytes).subspan(at, size));
            ASSERT_LE(consumed, size);
            ASSERT_TRUE(consumed == size || client.stopped() || client.offersWanted > 0)
                << "seed " << seed;
            at += size;
        }
        ASSERT_LE(client.handshakeAnswer.size(), S0S1S2Bytes) << "seed " << seed;
        ASSERT_LE(client.answers.size(), 200u) << "seed " << seed;
        ASSERT_LE(client.requests.size(), 1u) << "seed " << seed;
        failed += client.failure().empty() ? 0 : 1;
        requested += client.requests.size();
    }
    EXPECT_GT(failed, Seeds / 10) << "or the damage does no harm";
    EXPECT_GT(requested, Seeds / 100) << "or nothing gets behind the handshake";
}

/// Feeds in random pieces until an end.
OriginSide::Progress feed(OriginSide& side, Bytes bytes, Bytes& answers, std::mt19937& random) {
    auto progress = OriginSide::Progress::Working;
    for (size_t at = 0; at < bytes.size() && progress == OriginSide::Progress::Working;) {
        const size_t size = std::min<size_t>(1 + random() % 2000, bytes.size() - at);
        size_t consumed = 0;
        progress = side.feed(std::span(bytes).subspan(at, size), consumed, answers);
        EXPECT_LE(consumed, size);
        if (progress == OriginSide::Progress::Working) {
            EXPECT_EQ(consumed, size);
        }
        at += size;
    }
    return progress;
}

TEST(Garbage, TheOriginsSideRefusesOrWaits) {
    StreamRequest request;
    request.role = RolePublish;
    Bytes connectObject;
    Amf0Writer(connectObject).beginObject().key("app").string("live").endObject();
    appendStreamCall(request.start, "publish", 5, "x");
    request.startType = MessageType::CommandAmf0;

    // An origin that says yes to all.
    Bytes sound(S0S1S2Bytes);
    sound[0] = RtmpVersion;
    ChunkWriter server;
    server.write(makeWindowAckSize(2'500'000), sound);
    server.write(makeSetChunkSize(60'000), sound);
    Bytes payload;
    appendConnectResult(payload, 1);
    writeCommand(server, 0, payload, sound);
    payload.clear();
    appendCreateStreamResult(payload, 9'001, 1);
    writeCommand(server, 0, payload, sound);
    payload.clear();
    appendOnStatus(payload, {"status", "NetStream.Publish.Start", "go"});
    writeCommand(server, 1, payload, sound);

    size_t failed = 0;
    size_t accepted = 0;
    for (uint32_t seed = 0; seed < Seeds; ++seed) {
        std::mt19937 random(seed);
        ChunkReader reader;
        ChunkWriter writer;
        OriginSide side(connectObject, request, reader, writer, Random);
        Bytes answers;
        const auto progress = feed(side, damaged(sound, random), answers, random);
        ASSERT_LE(answers.size(), 64u * 1024) << "seed " << seed;
        ASSERT_EQ(side.failure().empty(), progress != OriginSide::Progress::Failed)
            << "seed " << seed;
        failed += progress == OriginSide::Progress::Failed ? 1 : 0;
        accepted += progress == OriginSide::Progress::Accepted ? 1 : 0;
    }
    EXPECT_GT(failed, Seeds / 10) << "or the damage does no harm";
    EXPECT_GT(accepted, Seeds / 100) << "or nothing gets behind the handshake";
}

} // namespace
} // namespace srsproxy::rtmp
