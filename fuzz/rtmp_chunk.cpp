// The reader gives the same messages and the same error however the input is cut, with the limits
// of a real connection, in the command phase and under a relay that captures everything; and what
// it read can be written and read again.
// Input: one byte for the length of the pieces, then the chunk stream.
#include "plugins/rtmp/codec/chunk_relay.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <cstdint>
#include <cstdlib>

using namespace srsproxy::rtmp;

namespace {

constexpr ChunkLimits Limits{8, 512, 1024, 4096};

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

// As test::parse, but everything is captured by a relay; nothing may come out of it.
test::Parsed captureAll(std::span<const uint8_t> input, size_t pieceBytes) {
    ChunkReader reader(Limits);
    ChunkWriter writer;
    ChunkRelay relay(reader, writer);
    relay.captureAll(true);
    OutputList list;
    test::Collector collector;
    test::Parsed parsed;
    while (!input.empty() && parsed.error == ChunkError::None) {
        const size_t count = std::min(pieceBytes, input.size());
        test::Bytes piece(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
        parsed.error = relay.relay(piece, collector, list).error;
        input = input.subspan(count);
    }
    require(list.empty() && !relay.insidePassed() && !relay.lastTimestampMs());
    parsed.messages = std::move(collector.messages);
    parsed.insideChunk = reader.currentChunk() != nullptr;
    return parsed;
}

void requireSame(const test::Parsed& one, const test::Parsed& other) {
    require(one.error == other.error && one.messages == other.messages &&
            one.insideChunk == other.insideChunk);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) {
        return 0;
    }
    const std::span<const uint8_t> input(data + 1, size - 1);
    const size_t pieceBytes = 1 + data[0] % 64;
    const test::Parsed whole = test::parse(input, SIZE_MAX, Limits);
    requireSame(whole, test::parse(input, pieceBytes, Limits));
    requireSame(captureAll(input, SIZE_MAX), captureAll(input, pieceBytes));

    std::vector<test::OwnedMessage> wanted;
    ChunkWriter writer;
    test::Bytes again;
    for (const test::OwnedMessage& message : whole.messages) {
        if (message.type != MessageType::Abort) {
            writer.write(message.view(), again);
            wanted.push_back(message);
        }
    }
    require(test::parse(again).messages == wanted);
    return 0;
}
