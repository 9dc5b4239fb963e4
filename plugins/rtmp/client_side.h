#pragma once

/// The proxy as a server towards the client: handshake and commands, up to the publish or play
/// that names the stream. Nothing here tells the client that a stream has started: only the
/// origin's own word does. Pure but for the bytes that it appends; owned by a session.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/handshake.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy::rtmp {

/// What the client asked for, in the client's own bytes: they are what the origin will see.
struct StreamRequest {
    int32_t role = RoleUnknown;
    std::string tcUrl;
    std::string streamName;                     ///< with its query
    std::vector<uint8_t> connectObject;         ///< the whole object of connect
    std::vector<std::vector<uint8_t>> preamble; ///< releaseStream, FCPublish, …, in order
    std::vector<uint8_t> start;                 ///< the publish or play command
    uint8_t startType = 0;                      ///< its message type
    uint32_t streamId = 0;                      ///< the client's number of the stream
    std::optional<uint32_t> bufferMs;           ///< SetBufferLength, if the client sent one
    uint32_t ackWindowBytes = 0;                ///< WindowAckSize, or 0

    /// As the core wants it: tcUrl and stream name joined.
    std::string url() const;
};

class ClientSide final : private MessageVisitor {
public:
    enum class Progress { Working, Requested, Failed };

    /// `reader` and `writer` are the client hop's; `random` gives the handshake its bytes.
    ClientSide(ChunkReader& reader, ChunkWriter& writer,
               std::span<const uint8_t, HandshakeRandomBytes> random)
        : reader_(reader), writer_(writer), random_(random) {}

    /// Takes bytes from the client, appends the answers to `out`. After Requested, only
    /// `consumed` bytes of the input are dealt with. After Failed, failure() says why.
    Progress feed(std::span<uint8_t> input, size_t& consumed, std::vector<uint8_t>& out);

    const StreamRequest& request() const { return request_; }
    const std::string& failure() const { return failure_; }
    bool handshakeDone() const { return step_ == Step::Commands; }

private:
    enum class Step { C0C1, C2, Commands };

    Progress fail(std::string_view why);
    Progress readHandshake(std::span<uint8_t>& input, std::vector<uint8_t>& out);
    Next onMessage(const Message& message) override;
    Next onCommand(const Message& message);
    Next onConnect(const Command& command);
    Next onStart(const Message& message, std::string_view streamName, int32_t role);
    void onControl(const Message& message);
    void answer(const std::vector<uint8_t>& payload, uint32_t streamId = 0);

    ChunkReader& reader_;
    ChunkWriter& writer_;
    std::span<const uint8_t, HandshakeRandomBytes> random_;
    Step step_ = Step::C0C1;
    std::vector<uint8_t> block_; ///< the unfinished C0C1
    size_t c2Bytes_ = 0;         ///< of C2 seen so far
    bool connected_ = false;
    uint32_t nextStreamId_ = 1;
    StreamRequest request_;
    std::string failure_;
    std::vector<uint8_t>* out_ = nullptr; ///< during feed() only
};

} // namespace srsproxy::rtmp
