#include "plugins/rtmp/codec/messages.h"

#include "plugins/rtmp/codec/byte_order.h"

#include <algorithm>

namespace srsproxy::rtmp {

namespace {

ControlMessage makeNumber(uint8_t type, uint32_t value) {
    uint8_t bytes[4];
    store32(bytes, value);
    return ControlMessage(type, bytes, sizeof(bytes));
}

} // namespace

ControlMessage::ControlMessage(uint8_t type, const uint8_t* bytes, uint8_t size)
    : size_(std::min<uint8_t>(size, static_cast<uint8_t>(bytes_.size()))), type_(type) {
    std::copy_n(bytes, size_, bytes_.begin());
}

Message ControlMessage::message() const {
    Message message;
    message.csid = ControlChunkStream;
    message.type = type_;
    message.payload = std::span<const uint8_t>(bytes_.data(), size_);
    return message;
}

ControlMessage makeSetChunkSize(uint32_t size) {
    return makeNumber(MessageType::SetChunkSize, size);
}

ControlMessage makeAbort(uint32_t csid) {
    return makeNumber(MessageType::Abort, csid);
}

ControlMessage makeAcknowledgement(uint32_t sequence) {
    return makeNumber(MessageType::Acknowledgement, sequence);
}

ControlMessage makeWindowAckSize(uint32_t windowBytes) {
    return makeNumber(MessageType::WindowAckSize, windowBytes);
}

ControlMessage makeSetPeerBandwidth(uint32_t windowBytes, BandwidthLimit limit) {
    uint8_t bytes[5];
    store32(bytes, windowBytes);
    bytes[4] = static_cast<uint8_t>(limit);
    return ControlMessage(MessageType::SetPeerBandwidth, bytes, sizeof(bytes));
}

ControlMessage makeUserControl(uint16_t event, uint32_t value) {
    uint8_t bytes[6];
    store16(bytes, event);
    store32(bytes + 2, value);
    return ControlMessage(MessageType::UserControl, bytes, sizeof(bytes));
}

ControlMessage makeSetBufferLength(uint32_t streamId, uint32_t bufferMs) {
    uint8_t bytes[10];
    store16(bytes, UserEvent::SetBufferLength);
    store32(bytes + 2, streamId);
    store32(bytes + 6, bufferMs);
    return ControlMessage(MessageType::UserControl, bytes, sizeof(bytes));
}

std::optional<uint32_t> parseControlNumber(std::span<const uint8_t> payload) {
    if (payload.size() < 4) {
        return std::nullopt;
    }
    return load32(payload.data());
}

std::optional<UserControl> parseUserControl(std::span<const uint8_t> payload) {
    if (payload.size() < 2) {
        return std::nullopt;
    }
    UserControl control;
    control.event = load16(payload.data());
    if (payload.size() >= 6) {
        control.value = load32(payload.data() + 2);
    }
    if (payload.size() >= 10) {
        control.extra = load32(payload.data() + 6);
        control.hasExtra = true;
    }
    return control;
}

std::optional<PeerBandwidth> parseSetPeerBandwidth(std::span<const uint8_t> payload) {
    if (payload.size() < 4) {
        return std::nullopt;
    }
    PeerBandwidth bandwidth;
    bandwidth.windowBytes = load32(payload.data());
    if (payload.size() >= 5 && payload[4] <= static_cast<uint8_t>(BandwidthLimit::Dynamic)) {
        bandwidth.limit = static_cast<BandwidthLimit>(payload[4]);
    }
    return bandwidth;
}

} // namespace srsproxy::rtmp
