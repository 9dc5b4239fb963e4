// Small helpers of the RTMP codec's tests: hex tables, messages that own their payload, collectors.
#pragma once

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"

#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace srsproxy::rtmp::test {

using Bytes = std::vector<uint8_t>;

// "03 00ff 'live'": pairs of hex digits, quoted text as it is, anything else ignored.
inline Bytes hex(std::string_view text) {
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    Bytes bytes;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') {
            quoted = !quoted;
        } else if (quoted) {
            bytes.push_back(static_cast<uint8_t>(text[i]));
        } else if (digit(text[i]) >= 0 && i + 1 < text.size() && digit(text[i + 1]) >= 0) {
            bytes.push_back(static_cast<uint8_t>(digit(text[i]) * 16 + digit(text[i + 1])));
            ++i;
        }
    }
    return bytes;
}

inline void append(Bytes& out, std::span<const uint8_t> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

struct OwnedMessage {
    uint32_t csid = 0;
    uint32_t streamId = 0;
    uint32_t timestampMs = 0;
    uint8_t type = 0;
    Bytes payload;

    bool operator==(const OwnedMessage&) const = default;

    // The chunk stream is a hop's own business: injected and early messages may change it.
    bool sameContent(const OwnedMessage& other) const {
        return streamId == other.streamId && timestampMs == other.timestampMs &&
               type == other.type && payload == other.payload;
    }

    Message view() const { return {csid, streamId, timestampMs, type, payload}; }
};

inline OwnedMessage own(const Message& message) {
    return {message.csid, message.streamId, message.timestampMs, message.type,
            Bytes(message.payload.begin(), message.payload.end())};
}

inline std::ostream& operator<<(std::ostream& out, const OwnedMessage& m) {
    return out << "csid " << m.csid << " stream " << m.streamId << " type " << int{m.type}
               << " time " << m.timestampMs << " bytes " << m.payload.size();
}

class Collector : public MessageVisitor {
public:
    Next onMessage(const Message& message) override {
        messages.push_back(own(message));
        return messages.size() == stopAfter ? Next::Stop : Next::Continue;
    }

    std::vector<OwnedMessage> messages;
    size_t stopAfter = 0;
};

struct Parsed {
    std::vector<OwnedMessage> messages;
    ChunkError error = ChunkError::None;
    bool insideChunk = false;
};

inline constexpr ChunkLimits WideLimits{4096, MaxMessageBytes, 0x40000000, MaxMessageBytes};

// Parses in pieces of at most `pieceBytes`, each in a buffer of its own.
inline Parsed parse(std::span<const uint8_t> input, size_t pieceBytes = SIZE_MAX,
                    const ChunkLimits& limits = WideLimits) {
    ChunkReader reader(limits);
    Collector collector;
    Parsed parsed;
    while (!input.empty() && parsed.error == ChunkError::None) {
        const size_t count = std::min(pieceBytes, input.size());
        Bytes piece(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
        parsed.error = reader.feed(piece, collector).error;
        input = input.subspan(count);
    }
    parsed.messages = std::move(collector.messages);
    parsed.insideChunk = reader.currentChunk() != nullptr;
    return parsed;
}

} // namespace srsproxy::rtmp::test
