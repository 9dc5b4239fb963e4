// The reader gives the same messages and the same error however the input is cut, with the limits
// of a real connection, and what it read can be written and read again.
// Input: one byte for the length of the pieces, then the chunk stream.
#include "tests/plugins/rtmp/codec/test_support.h"

#include <cstdint>
#include <cstdlib>

using namespace srsproxy::rtmp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) {
        return 0;
    }
    const std::span<const uint8_t> input(data + 1, size - 1);
    const ChunkLimits limits{8, 512, 1024, MaxMessageBytes};
    const test::Parsed whole = test::parse(input, SIZE_MAX, limits);
    const test::Parsed pieces = test::parse(input, 1 + data[0] % 64, limits);
    if (whole.error != pieces.error || whole.messages != pieces.messages ||
        whole.insideChunk != pieces.insideChunk) {
        std::abort();
    }

    std::vector<test::OwnedMessage> wanted;
    ChunkWriter writer;
    test::Bytes again;
    for (const test::OwnedMessage& message : whole.messages) {
        if (message.type != MessageType::Abort) {
            writer.write(message.view(), again);
            wanted.push_back(message);
        }
    }
    if (test::parse(again).messages != wanted) {
        std::abort();
    }
    return 0;
}
