#pragma once

/// A publish in few words, received as a proxy does, for the tests of ReplayBuffer.

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "plugins/rtmp/codec/media_keeper.h"
#include "plugins/rtmp/replay_buffer.h"
#include "tests/plugins/rtmp/codec/test_support.h"

namespace srsproxy::rtmp::test {

inline const Bytes Metadata = hex("02 000a 'onMetaData' 08");
inline const Bytes VideoHeader = hex("17 00 000000 aa");
inline const Bytes OtherVideoHeader = hex("17 00 000000 bb");
inline const Bytes AudioHeader = hex("af 00 1210");
inline const Bytes Key = hex("17 01 000000 05");
inline const Bytes Inter = hex("27 01 000000 01");
inline const Bytes Sound = hex("af 01 21");

/// A message, on stream 1 and on the chunk stream of its type.
struct Sent {
    uint8_t type;
    uint32_t timeMs;
    Bytes payload;

    bool operator==(const Sent&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Sent& sent) {
    return out << "type " << int{sent.type} << " at " << sent.timeMs << " ms, "
               << sent.payload.size() << " bytes that begin with "
               << (sent.payload.empty() ? -1 : int{sent.payload[0]});
}

using Messages = std::vector<Sent>;

inline Bytes longer(Bytes payload, size_t size, uint8_t fill = 0x5A) {
    payload.resize(size, fill);
    return payload;
}

/// A client and a proxy without an origin, or with one that takes everything.
class ReplayBufferTest : public testing::Test, protected MessageVisitor {
protected:
    /// Of a message that begins with a type 0 header, in chunks of 128 bytes.
    static constexpr ptrdiff_t AfterTwoChunks = 12 + 128 + 1 + 128;
    static constexpr size_t MaxBytes = size_t{1} << 20;

    void publish(const Messages& messages) {
        for (const Sent& sent : messages) {
            receive(chunks(sent));
        }
    }

    /// Chunk streams as encoders use them.
    static uint32_t csidOf(uint8_t type) {
        return type == MessageType::Audio ? 4U : type == MessageType::Video ? 6U : 5U;
    }

    Bytes chunks(const Sent& sent) {
        Bytes bytes;
        client.write({csidOf(sent.type), 1, sent.timeMs, sent.type, sent.payload}, bytes);
        return bytes;
    }

    void setChunkSize(uint32_t size) {
        Bytes bytes;
        client.write(makeSetChunkSize(size), bytes);
        receive(bytes);
    }

    void abort(uint32_t csid) {
        Bytes bytes;
        client.write(makeAbort(csid), bytes);
        receive(bytes);
    }

    /// One wake-up for each piece of room.
    void receive(std::span<const uint8_t> bytes) {
        while (!bytes.empty()) {
            Bytes own(bytes.begin(), bytes.end());
            const std::span<const iovec> room = replay.space();
            std::span<uint8_t> piece(own);
            if (!room.empty()) {
                const size_t size = std::min(bytes.size(), room[0].iov_len);
                std::memcpy(room[0].iov_base, bytes.data(), size);
                replay.received(size);
                piece = {static_cast<uint8_t*>(room[0].iov_base), size};
            }
            ASSERT_EQ(MediaKeeper(reader, replay, *this).feed(piece).error, ChunkError::None);
            replay.settle();
            bytes = bytes.subspan(piece.size());
        }
    }

    Messages replayed() {
        Messages messages;
        replay.replay([&](const Message& message) { messages.push_back(copy(message)); });
        return messages;
    }

    static Sent copy(const Message& message) {
        return {
            message.type, message.timestampMs, {message.payload.begin(), message.payload.end()}};
    }

    Next onMessage(const Message&) override { return Next::Continue; }

    BlockBudget budget{size_t{64} << 20};
    BlockPool pool{budget, 0};
    ReplayBuffer replay{pool, MaxBytes};
    ChunkReader reader;
    ChunkWriter client;
};

} // namespace srsproxy::rtmp::test
