// RTMP messages: type ids, the message value passed between the codec's parts, and the protocol
// control messages (types 1-6), which belong to one hop and are never relayed.
//
// Pure functions and values; any thread. Spans borrow: whoever made them owns the bytes.
// Sources: Adobe RTMP 1.0 §5.4 (control), §6.2 and §7.1 (types), §7.1.7 (user control events).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace srsproxy::rtmp {

namespace MessageType {
inline constexpr uint8_t SetChunkSize = 1;
inline constexpr uint8_t Abort = 2;
inline constexpr uint8_t Acknowledgement = 3;
inline constexpr uint8_t UserControl = 4;
inline constexpr uint8_t WindowAckSize = 5;
inline constexpr uint8_t SetPeerBandwidth = 6;
inline constexpr uint8_t Audio = 8;
inline constexpr uint8_t Video = 9;
inline constexpr uint8_t DataAmf3 = 15;
inline constexpr uint8_t CommandAmf3 = 17;
inline constexpr uint8_t DataAmf0 = 18;
inline constexpr uint8_t CommandAmf0 = 20;
inline constexpr uint8_t Aggregate = 22;
} // namespace MessageType

// Chunk stream for protocol control (§5.4); commands of ours go on the next one.
inline constexpr uint32_t ControlChunkStream = 2;
inline constexpr uint32_t CommandChunkStream = 3;

// Upper bound of the 24-bit length field, thus of any message and of any useful chunk size.
inline constexpr uint32_t MaxMessageBytes = 0xFFFFFF;
inline constexpr uint32_t DefaultChunkSize = 128;

// True for types 1-6: they talk about the hop itself.
constexpr bool isControl(uint8_t type) {
    return type >= MessageType::SetChunkSize && type <= MessageType::SetPeerBandwidth;
}

constexpr bool isCommand(uint8_t type) {
    return type == MessageType::CommandAmf0 || type == MessageType::CommandAmf3;
}

// What a relay hands to the session instead of passing it on. Everything else, unknown types
// included, passes as bytes.
constexpr bool isCapturedInRelay(uint8_t type) {
    return isControl(type) || isCommand(type);
}

// What carries the stream's time. Data messages do not: many senders write 0 in them.
constexpr bool isTimed(uint8_t type) {
    return type == MessageType::Audio || type == MessageType::Video ||
           type == MessageType::Aggregate;
}

// What a stream is made of, and a MediaTap sees.
constexpr bool isMedia(uint8_t type) {
    return isTimed(type) || type == MessageType::DataAmf0 || type == MessageType::DataAmf3;
}

// A whole message. `payload` borrows.
struct Message {
    uint32_t csid = CommandChunkStream; // chunk stream it came on, or is to go out on
    uint32_t streamId = 0;              // message stream id ("msid")
    uint32_t timestampMs = 0;           // absolute, modulo 2^32
    uint8_t type = 0;
    std::span<const uint8_t> payload;
};

// User control event types (§7.1.7).
namespace UserEvent {
inline constexpr uint16_t StreamBegin = 0;
inline constexpr uint16_t StreamEof = 1;
inline constexpr uint16_t StreamDry = 2;
inline constexpr uint16_t SetBufferLength = 3;
inline constexpr uint16_t StreamIsRecorded = 4;
inline constexpr uint16_t PingRequest = 6;
inline constexpr uint16_t PingResponse = 7;
} // namespace UserEvent

struct UserControl {
    uint16_t event = 0;
    uint32_t value = 0; // stream id, or the ping's timestamp
    uint32_t extra = 0; // SetBufferLength: milliseconds
    bool hasExtra = false;
};

enum class BandwidthLimit : uint8_t { Hard = 0, Soft = 1, Dynamic = 2 };

struct PeerBandwidth {
    uint32_t windowBytes = 0;
    BandwidthLimit limit = BandwidthLimit::Dynamic;
};

// A control message with its payload inside, so it can be made on the stack and written at once.
class ControlMessage {
public:
    // Requires: size <= 10.
    ControlMessage(uint8_t type, const uint8_t* bytes, uint8_t size);
    // Borrows from *this: use while it lives. Message stream 0, csid 2, timestamp 0.
    Message message() const;

private:
    std::array<uint8_t, 10> bytes_{};
    uint8_t size_ = 0;
    uint8_t type_ = 0;
};

ControlMessage makeSetChunkSize(uint32_t size);
ControlMessage makeAbort(uint32_t csid);
ControlMessage makeAcknowledgement(uint32_t sequence);
ControlMessage makeWindowAckSize(uint32_t windowBytes);
ControlMessage makeSetPeerBandwidth(uint32_t windowBytes, BandwidthLimit limit);
// StreamBegin, StreamEof, StreamDry, StreamIsRecorded, PingRequest, PingResponse.
ControlMessage makeUserControl(uint16_t event, uint32_t value);
ControlMessage makeSetBufferLength(uint32_t streamId, uint32_t bufferMs);

// Payload of types 1, 2, 3 and 5: one 32-bit number. Bytes behind it are ignored.
std::optional<uint32_t> parseControlNumber(std::span<const uint8_t> payload);
// Unknown events are returned too; with less than 4 bytes behind the event `value` is 0.
std::optional<UserControl> parseUserControl(std::span<const uint8_t> payload);
// A missing limit byte counts as Dynamic.
std::optional<PeerBandwidth> parseSetPeerBandwidth(std::span<const uint8_t> payload);

// Says when an Acknowledgement is due (§5.4.3, §5.4.4). One for each inbound direction of a hop.
class Acknowledger {
public:
    // The peer announced its window (WindowAckSize). 0 switches acknowledging off.
    void setWindow(uint32_t windowBytes) { windowBytes_ = windowBytes; }

    // Count bytes read from the socket, after the handshake. Returns the sequence number to send
    // when an Acknowledgement is due and takes it as sent. Acknowledges at half the window, as
    // some servers stop sending when the whole window is outstanding. At most one per call.
    std::optional<uint32_t> received(uint64_t bytes) {
        total_ += bytes;
        const uint64_t due = windowBytes_ < 2 ? windowBytes_ : windowBytes_ / 2;
        if (windowBytes_ == 0 || total_ - acknowledged_ < due) {
            return std::nullopt;
        }
        acknowledged_ = total_;
        return static_cast<uint32_t>(total_);
    }

    uint64_t totalBytes() const { return total_; }

private:
    uint64_t total_ = 0;
    uint64_t acknowledged_ = 0;
    uint32_t windowBytes_ = 0;
};

} // namespace srsproxy::rtmp
