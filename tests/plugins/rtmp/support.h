#pragma once

/// What the RTMP plugin's tests share: captured conversations, and a client and an origin that
/// speak through the codec alone.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/handshake.h"

namespace srsproxy::rtmp::test {

inline const std::array<uint8_t, HandshakeRandomBytes> Random{};

inline std::vector<uint8_t> fixture(const std::string& name) {
    std::ifstream file(std::string(SRSPROXY_FIXTURES) + "/rtmp/" + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A message with its own copy of the payload.
struct Kept {
    Message message;
    std::vector<uint8_t> payload;
    std::string commandName() const {
        const auto command = parseCommand(message.type, payload);
        return command ? std::string(command->name) : "";
    }
    std::string statusCode() const {
        const auto command = parseCommand(message.type, payload);
        const auto answer = command ? parseAnswer(*command) : std::nullopt;
        return answer ? std::string(answer->code) : "";
    }
};

/// Reads every message of a byte stream.
class Collector final : public MessageVisitor {
public:
    void feed(std::vector<uint8_t> bytes) {
        const FeedResult result = reader_.feed(bytes, *this);
        EXPECT_EQ(result.error, ChunkError::None);
    }
    std::vector<Kept> messages;

    const Kept* command(std::string_view name) const {
        for (const Kept& kept : messages) {
            if (isCommand(kept.message.type) && kept.commandName() == name) {
                return &kept;
            }
        }
        return nullptr;
    }

private:
    Next onMessage(const Message& message) override {
        messages.push_back({message, {message.payload.begin(), message.payload.end()}});
        messages.back().message.payload = {};
        return Next::Continue;
    }
    ChunkReader reader_;
};

inline void writeCommand(ChunkWriter& writer, uint32_t streamId,
                         const std::vector<uint8_t>& payload, std::vector<uint8_t>& out) {
    writer.write(Message{CommandChunkStream, streamId, 0, MessageType::CommandAmf0, payload}, out);
}

} // namespace srsproxy::rtmp::test
