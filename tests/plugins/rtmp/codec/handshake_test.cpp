#include "plugins/rtmp/codec/handshake.h"
#include "tests/plugins/rtmp/codec/fixture_files.h"

#include <gtest/gtest.h>

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace srsproxy::rtmp::test {
namespace {

constexpr size_t BlockSize = HandshakeBlockBytes;

// A second, plain implementation of the published digest rules, proved on captured blocks below.
Bytes sign(const Bytes& key, const Bytes& text) {
    Bytes digest(32);
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
         digest.data(), nullptr);
    return digest;
}

Bytes withTail(const char* text) {
    Bytes key = hex(std::string("'") + text + "'");
    append(key, hex("f0eec24a8068bee82e00d0d1029e7e57 6eec5d2d29806fab93b8e636cfeb31ae"));
    return key;
}

const Bytes ClientKey = withTail("Genuine Adobe Flash Player 001");
const Bytes ServerKey = withTail("Genuine Adobe Flash Media Server 001");

Bytes head(const Bytes& key, std::ptrdiff_t size) {
    return Bytes(key.begin(), key.begin() + size);
}

std::ptrdiff_t digestAt(const Bytes& block, HandshakeKind kind) {
    const size_t at = kind == HandshakeKind::DigestBeforeKey ? 8 : 772;
    const int sum = block[at] + block[at + 1] + block[at + 2] + block[at + 3];
    return static_cast<std::ptrdiff_t>(at) + 4 + sum % 728;
}

Bytes digestOf(const Bytes& block, HandshakeKind kind, const Bytes& key) {
    Bytes text = block;
    const auto at = text.begin() + digestAt(block, kind);
    text.erase(at, at + 32);
    return sign(key, text);
}

Bytes digestIn(const Bytes& block, HandshakeKind kind) {
    const auto at = block.begin() + digestAt(block, kind);
    return Bytes(at, at + 32);
}

bool s2Answers(const Bytes& s2, const Bytes& clientDigest) {
    return sign(sign(ServerKey, clientDigest), head(s2, 1504)) == Bytes(s2.end() - 32, s2.end());
}

Bytes slice(const Bytes& bytes, size_t at) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return Bytes(begin, begin + BlockSize);
}

std::array<uint8_t, HandshakeRandomBytes> randomBytes(uint32_t seed) {
    std::array<uint8_t, HandshakeRandomBytes> bytes{};
    std::minstd_rand random(seed);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(random());
    }
    return bytes;
}

struct Exchange {
    HandshakeAnswer result;
    Bytes s0s1s2;
    Bytes s1() const { return slice(s0s1s2, 1); }
    Bytes s2() const { return slice(s0s1s2, 1 + BlockSize); }
};

Exchange answer(const Bytes& c0c1) {
    Exchange run;
    run.s0s1s2.resize(S0S1S2Bytes);
    run.result = answerC0C1(std::span<const uint8_t, C0C1Bytes>(c0c1.data(), C0C1Bytes),
                            randomBytes(5), std::span<uint8_t, S0S1S2Bytes>(run.s0s1s2));
    return run;
}

Bytes signedC0C1(HandshakeKind kind, uint32_t seed) {
    Bytes c1 = hex("00000000 80000702");
    append(c1, randomBytes(seed));
    const Bytes digest = digestOf(c1, kind, head(ClientKey, 30));
    std::copy(digest.begin(), digest.end(), c1.begin() + digestAt(c1, kind));
    Bytes c0c1 = {3};
    append(c0c1, c1);
    return c0c1;
}

TEST(Handshake, R16AnswersBothDigestSchemas) {
    for (const auto kind : {HandshakeKind::DigestAfterKey, HandshakeKind::DigestBeforeKey}) {
        for (uint32_t seed = 1; seed <= 50; ++seed) {
            const Bytes c0c1 = signedC0C1(kind, seed);
            const Exchange run = answer(c0c1);
            ASSERT_EQ(run.result.error, HandshakeError::None);
            ASSERT_EQ(run.result.kind, kind);
            EXPECT_EQ(run.s0s1s2[0], 3);
            EXPECT_GE(run.s1()[4], 3); // else ffmpeg takes the answer as plain
            EXPECT_EQ(digestIn(run.s1(), kind), digestOf(run.s1(), kind, head(ServerKey, 36)));
            EXPECT_TRUE(s2Answers(run.s2(), digestIn(slice(c0c1, 1), kind)));
        }
    }
}

TEST(Handshake, AgreesWithCapturedDigests) {
    // SRS signs what it sends to ffmpeg's player: proof of the test's own rules.
    const Bytes c0c1 = readFixture("rtmp/ffmpeg-play.c2s.bin");
    const Bytes captured = readFixture("rtmp/ffmpeg-play.s2c.bin");
    const Exchange run = answer(c0c1);
    ASSERT_NE(run.result.kind, HandshakeKind::Simple);
    const HandshakeKind kind = run.result.kind;
    const Bytes s1 = slice(captured, 1);
    EXPECT_EQ(digestIn(s1, kind), digestOf(s1, kind, head(ServerKey, 36)));
    EXPECT_TRUE(s2Answers(slice(captured, 1 + BlockSize), digestIn(slice(c0c1, 1), kind)));
    EXPECT_TRUE(s2Answers(run.s2(), digestIn(slice(c0c1, 1), kind)));
}

TEST(Handshake, AnswersPlainlyWhenNothingIsSigned) {
    Bytes c0c1 = {3, 0, 0, 0, 9, 0, 0, 0, 0};
    append(c0c1, randomBytes(3));
    const Exchange run = answer(c0c1);
    EXPECT_EQ(run.result.error, HandshakeError::None);
    EXPECT_EQ(run.result.kind, HandshakeKind::Simple);
    EXPECT_EQ(run.s2(), slice(c0c1, 1));
    EXPECT_EQ(head(run.s1(), 8), Bytes(8, 0));
}

TEST(Handshake, AnswersPlainlyWhenTheDigestDoesNotVerify) {
    Bytes c0c1 = signedC0C1(HandshakeKind::DigestBeforeKey, 4);
    c0c1.back() ^= 1;
    const Exchange run = answer(c0c1);
    EXPECT_EQ(run.result.kind, HandshakeKind::Simple);
    EXPECT_EQ(run.s2(), slice(c0c1, 1));
}

TEST(Handshake, R16RefusesWrongVersions) {
    EXPECT_EQ(checkVersion(3), HandshakeError::None);
    EXPECT_EQ(checkVersion(6), HandshakeError::VersionEncrypted);
    EXPECT_EQ(checkVersion(8), HandshakeError::VersionEncrypted);
    EXPECT_EQ(checkVersion(0x16), HandshakeError::VersionUnknown); // TLS ClientHello
    EXPECT_EQ(checkVersion('G'), HandshakeError::VersionUnknown);
    Bytes c0c1(C0C1Bytes);
    c0c1[0] = 6;
    const Exchange run = answer(c0c1);
    EXPECT_EQ(run.result.error, HandshakeError::VersionEncrypted);
    EXPECT_EQ(run.s0s1s2, Bytes(S0S1S2Bytes, 0));
    EXPECT_NE(describe(run.result.error).find("RTMPE"), std::string_view::npos);
}

TEST(Handshake, ClientSideEchoesS1) {
    std::array<uint8_t, C0C1Bytes> c0c1{};
    makeC0C1(randomBytes(8), c0c1);
    EXPECT_EQ(c0c1[0], 3);
    EXPECT_EQ(c0c1[5], 0); // plain: no version
    const Bytes captured = readFixture("rtmp/ffmpeg-play.s2c.bin");
    std::array<uint8_t, C2Bytes> c2{};
    const std::span<const uint8_t, C0C1Bytes> s0s1(captured.data(), C0C1Bytes);
    EXPECT_EQ(answerS0S1(s0s1, c2), HandshakeError::None);
    EXPECT_TRUE(std::equal(c2.begin(), c2.end(), captured.begin() + 1));
    std::array<uint8_t, C0C1Bytes> http{'H', 'T', 'T', 'P'};
    EXPECT_EQ(answerS0S1(http, c2), HandshakeError::VersionUnknown);
}

} // namespace
} // namespace srsproxy::rtmp::test
