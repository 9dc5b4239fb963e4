#pragma once

/// A ClientHandshake and a ClientSide, fed with bytes without a socket, behind a fake connection
/// that keeps what it is asked for.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/rtmp/client_handshake.h"
#include "plugins/rtmp/client_side.h"
#include "tests/plugins/rtmp/support.h"

namespace srsproxy::rtmp::test {

class ServedClient final : private IClientRequests, private MessageVisitor {
public:
    explicit ServedClient(uint32_t maxStreams = 8) : side(*this, maxStreams) {}

    /// In pieces of `piece` bytes, up to the first publish or play, a failure, or the end.
    void feed(std::vector<uint8_t> bytes, size_t piece = 4096) {
        for (size_t at = 0; at < bytes.size() && !stopped();) {
            const size_t size = std::min(piece, bytes.size() - at);
            consumed += feedPiece(std::span(bytes).subspan(at, size));
            at += size;
        }
    }
    /// One reading; how much of it is dealt with.
    size_t feedPiece(std::span<uint8_t> input) {
        const size_t size = input.size();
        if (!handshake.done() && !handshake.feed(input, handshakeAnswer)) {
            return size - input.size();
        }
        const FeedResult result = reader.feed(input, static_cast<MessageVisitor&>(*this));
        chunkError = result.error;
        return size - input.size() + result.consumed;
    }
    bool stopped() const { return !requests.empty() || !failure().empty(); }
    std::string failure() const {
        if (!handshake.failure().empty()) {
            return handshake.failure();
        }
        if (chunkError != ChunkError::None) {
            return std::string(describe(chunkError));
        }
        return side.failure() != nullptr ? side.failure() : "";
    }
    const Kept* told(std::string_view command) const {
        const auto found = std::find_if(answers.begin(), answers.end(), [&](const Kept& kept) {
            return isCommand(kept.message.type) && kept.commandName() == command;
        });
        return found == answers.end() ? nullptr : &*found;
    }

    ClientHandshake handshake{Random};
    ChunkReader reader;
    ClientSide side;
    std::vector<uint8_t> handshakeAnswer;
    ChunkError chunkError = ChunkError::None;
    size_t consumed = 0;

    std::vector<Kept> answers;
    std::vector<StreamRequest> requests;
    std::vector<std::pair<uint32_t, std::string>> left; ///< stream and command
    std::vector<std::string> forwarded;
    size_t offersWanted = 0;
    bool takesForwarded = false; ///< as when a stream runs

private:
    Next onMessage(const Message& message) override {
        if (isCommand(message.type)) {
            return side.onCommand(message);
        }
        const auto event = message.type == MessageType::UserControl
                               ? parseUserControl(message.payload)
                               : std::nullopt;
        if (event && event->event == UserEvent::SetBufferLength) {
            side.onBufferLength(event->extra);
        }
        return Next::Continue;
    }
    void answer(const Message& message) override {
        answers.push_back({message, {message.payload.begin(), message.payload.end()}});
        answers.back().message.payload = {};
    }
    Next offerWanted() override {
        ++offersWanted;
        return Next::Stop;
    }
    Next start(StreamRequest request) override {
        requests.push_back(std::move(request));
        return Next::Stop;
    }
    Next leave(uint32_t streamId, const Message& command) override {
        left.emplace_back(streamId, std::string(parseCommand(command.type, command.payload)->name));
        return Next::Continue;
    }
    bool forward(const Message&, const Command& command) override {
        forwarded.emplace_back(command.name);
        return takesForwarded;
    }
};

} // namespace srsproxy::rtmp::test
