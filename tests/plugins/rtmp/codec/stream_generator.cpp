#include "tests/plugins/rtmp/codec/stream_generator.h"

#include <algorithm>
#include <iterator>

namespace srsproxy::rtmp::test {

namespace {

constexpr uint32_t ChunkStreams[] = {2, 3, 4, 5, 6, 63, 64, 100, 319, 320, 1000, 65599};
constexpr uint8_t PassedTypes[] = {8, 9, 15, 16, 18, 19, 22, 99};
constexpr uint8_t CapturedTypes[] = {3, 4, 5, 6, 17, 20};

uint8_t shortestForm(uint32_t csid) {
    return csid < 64 ? 1 : csid < 320 ? 2 : 3;
}

} // namespace

void StreamGenerator::run() {
    size_t started = 0;
    for (;;) {
        std::vector<uint32_t> busy;
        for (const auto& [csid, stream] : streams_) {
            if (stream.busy) {
                busy.push_back(csid);
            }
        }
        if (started >= plan_.messages && busy.empty()) {
            // So that no reader is left waiting for an extended timestamp that does not come.
            control(MessageType::Acknowledgement, 0);
            return;
        }
        const uint32_t dice = pick(100);
        if (dice < 4) {
            setChunkSize();
        } else if (dice < 7 && plan_.aborts) {
            abort();
        } else if (dice < 45 && started < plan_.messages) {
            const uint32_t csid = ChunkStreams[pick(std::size(ChunkStreams))];
            if (!streams_[csid].busy) {
                start(csid);
                ++started;
            }
        } else if (!busy.empty()) {
            proceed(busy[pick(static_cast<uint32_t>(busy.size()))]);
        }
    }
}

void StreamGenerator::start(uint32_t csid) {
    Stream& stream = streams_[csid];
    const OwnedMessage before = stream.message;
    OwnedMessage& message = stream.message;
    message.csid = csid;
    if (!stream.known) {
        const bool longForm = csid >= 64 && csid < 320 && pick(2) == 0;
        stream.idForm = longForm ? 3 : shortestForm(csid);
        message.timestampMs = plan_.lateTimes ? 0xFFFFFF - 40 + pick(60) : pick(2000);
        if (plan_.lateTimes && pick(3) == 0) {
            message.timestampMs = 0xFFFFFFFF - pick(100);
        }
    } else if (pick(3) != 0) {
        message.timestampMs += stream.field; // so that type 3 starts come up
    } else {
        message.timestampMs += plan_.lateTimes && pick(10) == 0 ? 0x1000000 + pick(50) : pick(50);
    }
    if (!stream.known || pick(4) == 0) {
        message.streamId = pick(4);
    }
    size_t length = before.payload.size();
    if (!stream.known || message.type <= 2 || pick(3) == 0) {
        const bool command = plan_.commands && pick(5) == 0;
        message.type = command ? CapturedTypes[pick(std::size(CapturedTypes))]
                               : PassedTypes[pick(std::size(PassedTypes))];
        length = pick(8) == 0 ? 0 : pick(static_cast<uint32_t>(plan_.maxPayloadBytes));
    }
    message.payload.resize(length);
    std::generate(message.payload.begin(), message.payload.end(),
                  [this] { return static_cast<uint8_t>(pick(256)); });

    // The legal header types, then any of them.
    const uint32_t delta = message.timestampMs - before.timestampMs;
    uint32_t highest = 0;
    if (stream.known && message.streamId == before.streamId) {
        highest = 1;
        if (message.type == before.type && length == before.payload.size()) {
            highest = delta == stream.field ? 3 : 2;
        }
    } else if (!stream.known && message.streamId == 0) {
        highest = 1; // librtmp's first ping
    }
    const auto format = static_cast<uint8_t>(pick(2) == 0 ? highest : pick(highest + 1));
    if (format != 3) {
        stream.field = format == 0    ? message.timestampMs
                       : stream.known ? delta
                                      : message.timestampMs;
        stream.extended = stream.field >= 0xFFFFFF || (plan_.lateTimes && pick(20) == 0);
    }
    putBasic(format, csid, stream);
    if (format <= 2) {
        putNumber(stream.extended ? 0xFFFFFF : stream.field, 3);
    }
    if (format <= 1) {
        putNumber(static_cast<uint32_t>(length), 3);
        putNumber(message.type, 1);
    }
    if (format == 0) {
        for (int shift = 0; shift < 32; shift += 8) {
            putNumber(message.streamId >> shift, 1);
        }
    }
    if (stream.extended && (format <= 2 || plan_.repeatTimestamps)) {
        putNumber(stream.field, 4);
    }
    stream.known = true;
    stream.busy = true;
    stream.sent = 0;
    putPayload(stream);
}

void StreamGenerator::proceed(uint32_t csid) {
    Stream& stream = streams_[csid];
    putBasic(3, csid, stream);
    if (stream.extended && plan_.repeatTimestamps) {
        putNumber(stream.field, 4);
    }
    putPayload(stream);
}

void StreamGenerator::putPayload(Stream& stream) {
    const Bytes& payload = stream.message.payload;
    const size_t count = std::min<size_t>(chunkSize_, payload.size() - stream.sent);
    append(bytes, std::span(payload).subspan(stream.sent, count));
    stream.sent += count;
    if (stream.sent == payload.size()) {
        stream.busy = false;
        messages.push_back(stream.message);
    }
}

void StreamGenerator::setChunkSize() {
    const uint32_t size = 1 + pick(plan_.maxChunkSize);
    control(1, size);
    chunkSize_ = size;
}

void StreamGenerator::abort() {
    const uint32_t csid = ChunkStreams[pick(std::size(ChunkStreams))];
    control(2, csid);
    if (streams_.contains(csid)) {
        streams_[csid].busy = false;
    }
}

// On chunk stream 2, or 7 when that one is inside a message (or for a change). May span chunks when
// these are tiny.
void StreamGenerator::control(uint8_t type, uint32_t value) {
    const uint32_t csid = streams_[2].busy || pick(4) == 0 ? 7 : 2;
    Stream& stream = streams_[csid];
    stream.idForm = 1;
    stream.known = true;
    stream.field = 0;
    stream.extended = false;
    stream.message = {csid, 0, 0, type, {}};
    for (int shift = 24; shift >= 0; shift -= 8) {
        stream.message.payload.push_back(static_cast<uint8_t>(value >> shift));
    }
    stream.sent = 0;
    putBasic(0, csid, stream);
    append(bytes, Bytes{0, 0, 0, 0, 0, 4, type, 0, 0, 0, 0});
    putPayload(stream);
    while (stream.sent < 4) {
        proceed(csid);
    }
    stream.busy = false;
}

void StreamGenerator::putBasic(uint8_t format, uint32_t csid, const Stream& stream) {
    const auto top = static_cast<uint8_t>(format << 6);
    if (stream.idForm == 1) {
        bytes.push_back(static_cast<uint8_t>(top | csid));
    } else if (stream.idForm == 2) {
        bytes.push_back(top);
        bytes.push_back(static_cast<uint8_t>(csid - 64));
    } else {
        bytes.push_back(static_cast<uint8_t>(top | 1));
        bytes.push_back(static_cast<uint8_t>((csid - 64) & 0xFF));
        bytes.push_back(static_cast<uint8_t>((csid - 64) >> 8));
    }
}

void StreamGenerator::putNumber(uint32_t value, int byteCount) {
    for (int shift = (byteCount - 1) * 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<uint8_t>(value >> shift));
    }
}

} // namespace srsproxy::rtmp::test
