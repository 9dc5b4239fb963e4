// The RTMP handshake, both sides: fixed-size blocks in, fixed-size blocks out. The server side
// answers clients that sign their C1 (Flash, ffmpeg as player, some boxes) with a signature of its
// own, all others plainly. The client side, towards the origin, is plain.
//
// Pure functions; any thread. The caller owns all buffers, collects whole blocks and brings the
// randomness. Sources: Adobe RTMP 1.0 §5.2; the digest variant is undocumented, facts as in
// wire-facts.md §5.1 and checked against the captures in fixtures/rtmp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace srsproxy::rtmp {

inline constexpr size_t HandshakeBlockBytes = 1536; // C1, S1, C2, S2
inline constexpr size_t C0C1Bytes = 1 + HandshakeBlockBytes;
inline constexpr size_t C2Bytes = HandshakeBlockBytes; // its content is not checked
inline constexpr size_t S0S1S2Bytes = 1 + 2 * HandshakeBlockBytes;
inline constexpr size_t HandshakeRandomBytes = 1528; // one block without its head
inline constexpr uint8_t RtmpVersion = 3;

enum class HandshakeError : uint8_t {
    None,
    VersionEncrypted, // 6 or 8: RTMPE, which needs Adobe's key exchange
    VersionUnknown,   // anything else but 3: not RTMP at all, perhaps TLS or HTTP
    CryptoFailed      // libcrypto refused HMAC-SHA256
};

// For the log. Lives for ever.
std::string_view describe(HandshakeError error);

enum class HandshakeKind : uint8_t { Simple, DigestAfterKey, DigestBeforeKey };

struct HandshakeAnswer {
    HandshakeError error = HandshakeError::None;
    HandshakeKind kind = HandshakeKind::Simple;
};

// Puts a block of known size together from input that comes in pieces. Holds no memory when the
// block comes in one piece.
class BlockCollector {
public:
    // Takes from the front of `input`. The whole block, valid until the next call to either
    // method or until the input goes; empty while some of it is missing.
    std::span<const uint8_t> take(std::span<uint8_t>& input, size_t size);
    bool empty() const { return bytes_.empty(); }
    void release() { std::vector<uint8_t>().swap(bytes_); }

private:
    std::vector<uint8_t> bytes_;
};

// Check of C0, possible as soon as the first byte is in (§5.2.2).
HandshakeError checkVersion(uint8_t c0);

// Server: fills `s0s1s2` in answer to C0 and C1, which may go out at once. When `error` is set
// nothing was written.
HandshakeAnswer answerC0C1(std::span<const uint8_t, C0C1Bytes> c0c1,
                           std::span<const uint8_t, HandshakeRandomBytes> random,
                           std::span<uint8_t, S0S1S2Bytes> s0s1s2);

// Client: fills `c0c1`.
void makeC0C1(std::span<const uint8_t, HandshakeRandomBytes> random,
              std::span<uint8_t, C0C1Bytes> c0c1);

// Client: checks S0 and fills C2 with the echo of S1 (§5.2.4). S2 is not looked at: servers differ
// in what they put there. C2 may go out as soon as S0 and S1 are in.
HandshakeError answerS0S1(std::span<const uint8_t, C0C1Bytes> s0s1, std::span<uint8_t, C2Bytes> c2);

} // namespace srsproxy::rtmp
