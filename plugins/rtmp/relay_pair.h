#pragma once

/// Both directions of a running stream: media passes as bytes, and what belongs to one hop only
/// (acknowledgements, pings, stream numbers) is dealt with here. Owned by a session, used on its
/// loop. Sends nothing: fills the output lists that it is given.

#include <cstdint>
#include <span>
#include <string_view>

#include "plugins/rtmp/codec/chunk_relay.h"
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/hop.h"

namespace srsproxy::rtmp {

class RelayPair {
public:
    /// Takes over at any byte. `clientStream` and `originStream` are the two hops' numbers of
    /// the one stream.
    RelayPair(Hop& client, uint32_t clientStream, Hop& origin, uint32_t originStream);

    /// Relays what came from one side. `toOther` goes to the other hop, `back` to the one the
    /// bytes came from. False when the sender broke the protocol; failure() says how.
    bool fromClient(std::span<uint8_t> input, OutputList& toOther, OutputList& back);
    bool fromOrigin(std::span<uint8_t> input, OutputList& toOther, OutputList& back);

    /// Tells the client of the stream's end, if a message can be put there: not inside a chunk.
    void tellEnd(std::string_view level, std::string_view code, std::string_view description,
                 OutputList& toClient);

    std::string_view failure() const { return failure_; }

private:
    /// One direction: bytes from `from` to `to`.
    class Direction final : public MessageVisitor {
    public:
        Direction(RelayPair& pair, Hop& from, uint32_t fromStream, Hop& to, uint32_t toStream);
        bool relay(std::span<uint8_t> input, OutputList& toOther, OutputList& back);
        ChunkRelay& chunks() { return chunks_; }

    private:
        Next onMessage(const Message& message) override;
        void onUserControl(const Message& message);
        Next onCommand(const Message& message);
        /// A second stream on the connection: said no to, in the protocol's words.
        void refuse(const Message& message, const Command& command);

        RelayPair& pair_;
        Hop& from_;
        Hop& to_;
        uint32_t fromStream_;
        uint32_t toStream_;
        ChunkRelay chunks_;
        OutputList* toOther_ = nullptr; ///< during relay() only
        OutputList* back_ = nullptr;    ///< during relay() only
    };

    Direction& opposite(const Direction& direction) { return &direction == &up_ ? down_ : up_; }

    std::string_view failure_;
    uint32_t clientStream_;
    Direction up_;
    Direction down_;
};

} // namespace srsproxy::rtmp
