#include "plugins/rtmp/codec/handshake.h"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace srsproxy::rtmp {

namespace {

constexpr size_t DigestBytes = 32;
constexpr size_t SubBlockBytes = 764; // C1 = time 4, version 4, then one block each of key, digest

using Digest = std::array<uint8_t, DigestBytes>;
using Block = std::span<const uint8_t, HandshakeBlockBytes>;

// The two published keys: a text, then the same 32 bytes.
constexpr size_t ClientTextBytes = 30;
constexpr size_t ServerTextBytes = 36;
constexpr std::array<uint8_t, 32> KeyTail = {
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57,
    0x6E, 0xEC, 0x5D, 0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE};
constexpr char ClientText[] = "Genuine Adobe Flash Player 001";
constexpr char ServerText[] = "Genuine Adobe Flash Media Server 001";
static_assert(sizeof(ClientText) == ClientTextBytes + 1);
static_assert(sizeof(ServerText) == ServerTextBytes + 1);

std::array<uint8_t, ServerTextBytes + KeyTail.size()> serverKey() {
    std::array<uint8_t, ServerTextBytes + KeyTail.size()> key{};
    std::copy_n(ServerText, ServerTextBytes, key.begin());
    std::copy(KeyTail.begin(), KeyTail.end(), key.begin() + ServerTextBytes);
    return key;
}

std::optional<Digest> hmac(const void* key, size_t keyBytes, std::span<const uint8_t> text) {
    Digest digest{};
    unsigned int size = 0;
    const auto* done = HMAC(EVP_sha256(), key, static_cast<int>(keyBytes), text.data(), text.size(),
                            digest.data(), &size);
    if (done == nullptr || size != DigestBytes) {
        return std::nullopt;
    }
    return digest;
}

// Where the digest lies: four bytes at the head of the digest block say how far behind them.
size_t digestOffset(Block block, HandshakeKind kind) {
    const size_t head = kind == HandshakeKind::DigestBeforeKey ? 8 : 8 + SubBlockBytes;
    const size_t sum = size_t{block[head]} + block[head + 1] + block[head + 2] + block[head + 3];
    return head + 4 + sum % (SubBlockBytes - 4 - DigestBytes);
}

// HMAC over the block without the place of the digest itself.
std::optional<Digest> blockDigest(Block block, size_t offset, const char* key, size_t keyBytes) {
    std::array<uint8_t, HandshakeBlockBytes - DigestBytes> text;
    const auto gap = block.begin() + static_cast<std::ptrdiff_t>(offset);
    const auto middle = std::copy(block.begin(), gap, text.begin());
    std::copy(gap + DigestBytes, block.end(), middle);
    return hmac(key, keyBytes, text);
}

std::optional<Digest> verifiedDigest(Block c1, HandshakeKind kind) {
    const size_t offset = digestOffset(c1, kind);
    const auto digest = blockDigest(c1, offset, ClientText, ClientTextBytes);
    if (!digest || !std::equal(digest->begin(), digest->end(),
                               c1.begin() + static_cast<std::ptrdiff_t>(offset))) {
        return std::nullopt;
    }
    return digest;
}

bool isSigned(Block c1) {
    return std::any_of(c1.begin() + 4, c1.begin() + 8, [](uint8_t byte) { return byte != 0; });
}

// S1 with our digest, S2 with the answer to the client's.
bool signAnswer(HandshakeKind kind, const Digest& clientDigest,
                std::span<uint8_t, HandshakeBlockBytes> s1,
                std::span<uint8_t, HandshakeBlockBytes> s2) {
    // ffmpeg checks our digest only when the version's first byte is at least 3.
    constexpr std::array<uint8_t, 4> Version = {3, 5, 1, 1};
    std::copy(Version.begin(), Version.end(), s1.begin() + 4);
    const size_t offset = digestOffset(s1, kind);
    const auto digest = blockDigest(s1, offset, ServerText, ServerTextBytes);

    const auto key = serverKey();
    const auto answerKey = hmac(key.data(), key.size(), clientDigest);
    if (!digest || !answerKey) {
        return false;
    }
    const auto answer =
        hmac(answerKey->data(), answerKey->size(), s2.first<HandshakeBlockBytes - DigestBytes>());
    if (!answer) {
        return false;
    }
    std::copy(digest->begin(), digest->end(), s1.begin() + static_cast<std::ptrdiff_t>(offset));
    std::copy(answer->begin(), answer->end(), s2.last<DigestBytes>().begin());
    return true;
}

} // namespace

std::string_view describe(HandshakeError error) {
    switch (error) {
    case HandshakeError::None:
        return "no error";
    case HandshakeError::VersionEncrypted:
        return "RTMPE (version 6 or 8) is not supported; use rtmp:// or rtmps://";
    case HandshakeError::VersionUnknown:
        return "not an RTMP handshake (version byte is not 3); is this TLS or HTTP on an RTMP "
               "port?";
    case HandshakeError::CryptoFailed:
        return "HMAC-SHA256 failed in libcrypto";
    }
    return "unknown error";
}

std::span<const uint8_t> BlockCollector::take(std::span<uint8_t>& input, size_t size) {
    if (bytes_.empty() && input.size() >= size) {
        const std::span<const uint8_t> whole = input.first(size);
        input = input.subspan(size);
        return whole;
    }
    const size_t taken = std::min(input.size(), size - bytes_.size());
    bytes_.insert(bytes_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(taken));
    input = input.subspan(taken);
    return bytes_.size() == size ? std::span<const uint8_t>(bytes_) : std::span<const uint8_t>();
}

HandshakeError checkVersion(uint8_t c0) {
    if (c0 == RtmpVersion) {
        return HandshakeError::None;
    }
    return c0 == 6 || c0 == 8 ? HandshakeError::VersionEncrypted : HandshakeError::VersionUnknown;
}

HandshakeAnswer answerC0C1(std::span<const uint8_t, C0C1Bytes> c0c1,
                           std::span<const uint8_t, HandshakeRandomBytes> random,
                           std::span<uint8_t, S0S1S2Bytes> s0s1s2) {
    HandshakeAnswer answer;
    answer.error = checkVersion(c0c1[0]);
    if (answer.error != HandshakeError::None) {
        return answer;
    }
    const Block c1 = c0c1.last<HandshakeBlockBytes>();
    std::array<uint8_t, 2 * HandshakeBlockBytes> blocks{}; // time 0, version 0
    const std::span<uint8_t, 2 * HandshakeBlockBytes> both(blocks);
    const auto s1 = both.first<HandshakeBlockBytes>();
    const auto s2 = both.last<HandshakeBlockBytes>();
    std::copy(random.begin(), random.end(), s1.begin() + 8);
    std::copy(c1.begin(), c1.end(), s2.begin()); // the echo of a plain answer (§5.2.4)

    if (isSigned(c1)) {
        for (const auto kind : {HandshakeKind::DigestAfterKey, HandshakeKind::DigestBeforeKey}) {
            const std::optional<Digest> digest = verifiedDigest(c1, kind);
            if (!digest) {
                continue;
            }
            std::copy(random.rbegin(), random.rend(), s2.begin());
            if (!signAnswer(kind, *digest, s1, s2)) {
                answer.error = HandshakeError::CryptoFailed;
                return answer;
            }
            answer.kind = kind;
            break;
        }
    }
    s0s1s2[0] = RtmpVersion;
    std::copy(blocks.begin(), blocks.end(), s0s1s2.begin() + 1);
    return answer;
}

void makeC0C1(std::span<const uint8_t, HandshakeRandomBytes> random,
              std::span<uint8_t, C0C1Bytes> c0c1) {
    c0c1[0] = RtmpVersion;
    std::fill_n(c0c1.begin() + 1, 8, uint8_t{0});
    std::copy(random.begin(), random.end(), c0c1.begin() + 9);
}

HandshakeError answerS0S1(std::span<const uint8_t, C0C1Bytes> s0s1,
                          std::span<uint8_t, C2Bytes> c2) {
    const HandshakeError error = checkVersion(s0s1[0]);
    if (error == HandshakeError::None) {
        std::copy(s0s1.begin() + 1, s0s1.end(), c2.begin());
    }
    return error;
}

} // namespace srsproxy::rtmp
