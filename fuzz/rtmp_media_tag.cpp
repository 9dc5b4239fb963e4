// Classification of media messages: a longer prefix never changes the answer, NeedMore ends in
// time, and the track told is one of the message's tracks. Input: type, length behind the bytes
// that are there (two bytes), then the first bytes of the payload.
#include "plugins/rtmp/codec/media_tag.h"

#include <cstdint>
#include <cstdlib>
#include <span>

using namespace srsproxy::rtmp;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) {
        return 0;
    }
    const uint8_t type = data[0];
    const std::span<const uint8_t> payload(data + 3, size - 3);
    const size_t length = payload.size() + data[1] * size_t{256} + data[2];

    MediaTag tag;
    for (size_t count = 0; count <= payload.size(); ++count) {
        const MediaTag next = classifyMedia(type, payload.first(count), length);
        require(next.kind != MediaKind::NeedMore || (count < MediaPrefixBytes && count < length));
        // Only the last byte of a message may tell that its header is cut short.
        if (tag.kind != MediaKind::NeedMore && count < length) {
            require(next.kind == tag.kind && next.track == tag.track);
        }
        tag = next;
    }
    const MediaTag whole = classifyMedia(type, payload, payload.size());
    require(whole.kind != MediaKind::NeedMore);
    if (isHead(whole.kind)) {
        require(mediaTracks(type, payload).test(whole.track));
    } else {
        mediaTracks(type, payload);
    }
    return 0;
}
