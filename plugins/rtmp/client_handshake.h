#pragma once

/// The server's half of the handshake with one client: takes C0, C1 and C2, gives S0, S1 and S2.
/// Pure but for the bytes that it appends; needed only until it is done. Owned by a connection.
/// Source: Adobe RTMP 1.0 §5.2.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rtmp/codec/handshake.h"

namespace srsproxy::rtmp {

class ClientHandshake {
public:
    /// `random` gives S1 its bytes, and outlives this.
    explicit ClientHandshake(std::span<const uint8_t, HandshakeRandomBytes> random)
        : random_(random) {}

    /// Takes bytes from the front of `input`, which then holds what comes after C2, and appends
    /// the answer to `out`. False when the client does not speak RTMP: failure() says why.
    bool feed(std::span<uint8_t>& input, std::vector<uint8_t>& out);

    bool done() const { return c2Bytes_ == C2Bytes; }
    const std::string& failure() const { return failure_; }

private:
    bool fail(std::string_view why);

    std::span<const uint8_t, HandshakeRandomBytes> random_;
    BlockCollector c0c1_;
    bool answered_ = false;
    size_t c2Bytes_ = 0; ///< of C2 seen so far
    std::string failure_;
};

} // namespace srsproxy::rtmp
