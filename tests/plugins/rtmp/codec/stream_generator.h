// Makes random but legal chunk streams, as an unusual sender would: many chunk streams interleaved,
// every header type that is legal, every form of chunk stream id, extended timestamps repeated or
// not, Set Chunk Size and Abort in the middle. Independent of the codec's own writer.
#pragma once

#include "tests/plugins/rtmp/codec/test_support.h"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace srsproxy::rtmp::test {

struct GeneratorPlan {
    uint32_t seed = 1;
    size_t messages = 60;
    size_t maxPayloadBytes = 700;
    uint32_t maxChunkSize = 400;
    bool repeatTimestamps = true; // extended ones, on type 3 chunks
    bool lateTimes = false;       // around the 24-bit and the 32-bit wrap
    bool aborts = true;
    bool commands = true;
};

class StreamGenerator {
public:
    explicit StreamGenerator(const GeneratorPlan& plan) : plan_(plan), random_(plan.seed) {}

    void run();

    Bytes bytes;
    std::vector<OwnedMessage> messages; // in order of completion

private:
    struct Stream {
        OwnedMessage message;
        size_t sent = 0;
        bool busy = false;
        bool known = false;
        uint32_t field = 0;
        bool extended = false;
        uint8_t idForm = 0; // bytes of the basic header to use
    };

    uint32_t pick(uint32_t count) { return static_cast<uint32_t>(random_() % count); }
    void start(uint32_t csid);
    void proceed(uint32_t csid);
    void setChunkSize();
    void abort();
    void control(uint8_t type, uint32_t value);
    void putBasic(uint8_t format, uint32_t csid, const Stream& stream);
    void putNumber(uint32_t value, int byteCount);
    void putPayload(Stream& stream);

    GeneratorPlan plan_;
    std::mt19937 random_;
    std::map<uint32_t, Stream> streams_;
    uint32_t chunkSize_ = DefaultChunkSize;
};

} // namespace srsproxy::rtmp::test
