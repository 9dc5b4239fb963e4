#include "plugins/rtmp/codec/media_tap.h"

#include "plugins/rtmp/codec/chunk_reader.h"

namespace srsproxy::rtmp {

void show(MediaTap& tap, const Message& message) {
    ChunkStream stream(message.csid);
    stream.length = static_cast<uint32_t>(message.payload.size());
    stream.timestampMs = message.timestampMs;
    stream.timestampField = message.timestampMs;
    stream.streamId = message.streamId;
    stream.type = message.type;
    ChunkView view{};
    view.startsMessage = true;
    view.endsChunk = true;
    view.transient = true;
    // Only a relay writes to its chunks; a tap never does.
    view.bytes = {const_cast<uint8_t*>(message.payload.data()), message.payload.size()};
    tap.chunk(stream, view);
}

} // namespace srsproxy::rtmp
