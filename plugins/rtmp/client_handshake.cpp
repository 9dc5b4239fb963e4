#include "plugins/rtmp/client_handshake.h"

#include <algorithm>

namespace srsproxy::rtmp {

bool ClientHandshake::fail(std::string_view why) {
    failure_ = why;
    return false;
}

bool ClientHandshake::feed(std::span<uint8_t>& input, std::vector<uint8_t>& out) {
    if (!answered_) {
        if (c0c1_.empty() && !input.empty()) {
            if (const HandshakeError error = checkVersion(input[0]);
                error != HandshakeError::None) {
                return fail(describe(error));
            }
        }
        const std::span<const uint8_t> c0c1 = c0c1_.take(input, C0C1Bytes);
        if (c0c1.empty()) {
            return true;
        }
        const size_t at = out.size();
        out.resize(at + S0S1S2Bytes);
        const HandshakeAnswer answer =
            answerC0C1(c0c1.first<C0C1Bytes>(), random_,
                       std::span<uint8_t, S0S1S2Bytes>(out.data() + at, S0S1S2Bytes));
        c0c1_.release();
        if (answer.error != HandshakeError::None) {
            out.resize(at);
            return fail(describe(answer.error));
        }
        answered_ = true;
    }
    const size_t taken = std::min(input.size(), C2Bytes - c2Bytes_);
    c2Bytes_ += taken;
    input = input.subspan(taken);
    return true;
}

} // namespace srsproxy::rtmp
