#include "plugins/rtmp/codec/chunk_writer.h"

#include "plugins/rtmp/codec/chunk_header.h"

#include <algorithm>
#include <cstring>

namespace srsproxy::rtmp {

size_t ChunkWriter::encodedSize(const Message& message) const {
    const size_t basic = message.csid < 64 ? 1 : message.csid < 320 ? 2 : 3;
    const size_t extended = message.timestampMs >= ExtendedMark ? 4 : 0;
    const size_t length = message.payload.size();
    const size_t more = length == 0 ? 0 : (length - 1) / chunkSize_;
    return basic + 11 + extended + more * (basic + extended) + length;
}

size_t ChunkWriter::encode(const Message& message, uint8_t* out) {
    const std::span<const uint8_t> payload = message.payload;
    uint8_t header[MaxChunkHeaderBytes];
    size_t written =
        encodeType0(out, message.csid, message.timestampMs, static_cast<uint32_t>(payload.size()),
                    message.type, message.streamId);
    const size_t again =
        encodeType3(header, message.csid, message.timestampMs >= ExtendedMark, message.timestampMs);
    for (size_t done = 0; done < payload.size();) {
        if (done != 0) {
            std::memcpy(out + written, header, again);
            written += again;
        }
        const size_t count = std::min<size_t>(payload.size() - done, chunkSize_);
        std::memcpy(out + written, payload.data() + done, count);
        written += count;
        done += count;
    }
    if (message.type == MessageType::SetChunkSize) {
        const uint32_t size = parseControlNumber(payload).value_or(chunkSize_);
        chunkSize_ = std::clamp<uint32_t>(size, 1, MaxMessageBytes);
    }
    return written;
}

void ChunkWriter::write(const Message& message, std::vector<uint8_t>& out) {
    const size_t before = out.size();
    out.resize(before + encodedSize(message));
    encode(message, out.data() + before);
}

} // namespace srsproxy::rtmp
