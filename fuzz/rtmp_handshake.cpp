// Any C0C1 gets a refusal or a complete answer, and the client side takes what the server side
// made.
#include "plugins/rtmp/codec/handshake.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

using namespace srsproxy::rtmp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::array<uint8_t, C0C1Bytes> c0c1{};
    std::array<uint8_t, HandshakeRandomBytes> random{};
    std::copy_n(data, std::min(size, c0c1.size()), c0c1.begin());
    if (size > c0c1.size()) {
        std::copy_n(data + c0c1.size(), std::min(size - c0c1.size(), random.size()),
                    random.begin());
    }
    std::array<uint8_t, S0S1S2Bytes> answer{};
    const HandshakeAnswer result = answerC0C1(c0c1, random, answer);
    std::array<uint8_t, C2Bytes> c2{};
    const auto s0s1 = std::span<const uint8_t, S0S1S2Bytes>(answer).first<C0C1Bytes>();
    const HandshakeError error = answerS0S1(s0s1, c2);
    const bool accepted = result.error == HandshakeError::None;
    if (accepted != (c0c1[0] == RtmpVersion) || accepted != (error == HandshakeError::None)) {
        std::abort();
    }
    if (accepted && !std::equal(c2.begin(), c2.end(), answer.begin() + 1)) {
        std::abort();
    }
    if (accepted && result.kind == HandshakeKind::Simple &&
        !std::equal(c0c1.begin() + 1, c0c1.end(), answer.begin() + C0C1Bytes)) {
        std::abort();
    }
    return 0;
}
