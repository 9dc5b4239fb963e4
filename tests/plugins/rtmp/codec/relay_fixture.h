// A relay between two hops, fed with hex texts; what its tap saw, message by message.
#pragma once

#include "plugins/rtmp/codec/chunk_relay.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace srsproxy::rtmp::test {

// Writes down what it is shown: "9@100 ab|cd!" is a video message of time 100 that came in two
// pieces and became complete, "9@100 ab x" one that was given up.
class TapLog final : public MediaTap {
public:
    void chunk(const ChunkStream& stream, const ChunkView& view) override {
        if (view.startsMessage) {
            text += std::to_string(stream.type) + "@" + std::to_string(stream.timestampMs) + " ";
        }
        put(stream, view.bytes.subspan(view.headerSize));
    }
    void more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool) override {
        put(stream, bytes);
    }
    void aborted(const ChunkStream&) override { text += " x "; }

    std::string taken() { return std::exchange(text, {}); }

    std::string text;

private:
    void put(const ChunkStream& stream, std::span<const uint8_t> bytes) {
        text.append(bytes.begin(), bytes.end());
        text += stream.remaining == 0 ? "! " : "|";
    }
};

class RelayFixture : public ::testing::Test, public MessageVisitor {
protected:
    RelayFixture() { relay.mapStream(1, 1); }

    Next onMessage(const Message& message) override {
        captured.push_back(own(message));
        if (onCaptured) {
            onCaptured(message);
        }
        return Next::Continue;
    }

    // Bytes for the next hop; the number of pieces stays in `pieces`.
    Bytes feed(std::string_view text) { return feed(relay, text); }
    Bytes feed(ChunkRelay& to, std::string_view text) {
        input = hex(text);
        const FeedResult result = to.relay(input, *this, list);
        EXPECT_EQ(result.error, ChunkError::None) << describe(result.error);
        return taken();
    }

    Bytes taken() {
        Bytes bytes;
        list.copyFrom(0, bytes);
        pieces = list.pieces().size();
        list.clear();
        return bytes;
    }

    ChunkReader reader;
    ChunkWriter writer;
    ChunkRelay relay{reader, writer};
    OutputList list;
    Bytes input;
    std::vector<OwnedMessage> captured;
    std::function<void(const Message&)> onCaptured;
    size_t pieces = 0;
};

inline constexpr const char* VideoStart = "04 000064 000002 09 01000000 'ab'";
inline constexpr const char* ChunksOf2 = "02 000000 000004 01 00000000 00000002";
inline constexpr const char* ChunksOf4 = "02 000000 000004 01 00000000 00000004";

} // namespace srsproxy::rtmp::test
