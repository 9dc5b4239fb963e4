#pragma once

/// The proxy as a server towards one client: its commands, from connect to the end of the
/// connection. Answers what the proxy can answer itself, and hands the rest to the connection.
/// Nothing here tells the client that a stream has started: only the origin's own word does.
/// Owned by a connection, used on its loop; touches no socket.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/commands.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy::rtmp {

/// One publish or play, in the client's own bytes: they are what the origin will see.
struct StreamRequest {
    int32_t role = RoleUnknown;
    uint32_t streamId = 0;                      ///< the client's number of the stream
    uint8_t startType = 0;                      ///< message type of `start`
    std::vector<uint8_t> start;                 ///< the publish or play command
    std::vector<std::vector<uint8_t>> preamble; ///< releaseStream, FCPublish, as of type 20
    std::optional<uint32_t> bufferMs;           ///< SetBufferLength, if the client sent one

    /// With its query; empty when the command has none.
    std::string_view streamName() const;
};

/// As the core wants it: tcUrl and stream name joined, the query of tcUrl behind the name.
std::string streamUrl(std::string_view tcUrl, std::string_view streamName);

/// What a ClientSide leaves to its connection. Called from within onCommand() only.
class IClientRequests {
public:
    /// To the client, on the connection's own chunk stream.
    virtual void answer(const Message& message) = 0;
    /// A client that speaks Enhanced RTMP: ClientSide::answerConnect() is owed, now or later.
    virtual Next offerWanted() = 0;
    virtual Next start(StreamRequest request) = 0;
    /// closeStream and deleteStream.
    virtual Next leave(uint32_t streamId, const Message& command) = 0;
    /// Any other command: true when a running stream took it.
    virtual bool forward(const Message& message, const Command& command) = 0;

protected:
    ~IClientRequests() = default;
};

class ClientSide {
public:
    /// `maxStreams`: how many streams the client may have created at a time.
    ClientSide(IClientRequests& requests, uint32_t maxStreams)
        : requests_(requests), maxStreams_(maxStreams) {}

    /// A message of type 17 or 20. After Stop with a failure() the connection is to end; after
    /// another Stop whoever feeds looks at what has changed.
    Next onCommand(const Message& message);
    /// SetBufferLength before the stream is asked for.
    void onBufferLength(uint32_t bufferMs) { bufferMs_ = bufferMs; }
    /// Answers the connect that offerWanted() told of.
    void answerConnect(const Capabilities& offer);

    bool connected() const { return !connectObject_.empty(); }
    /// The whole object of connect, as sent. Empty before it came.
    std::span<const uint8_t> connectObject() const { return connectObject_; }
    std::string tcUrl() const;
    /// Null while there is none.
    const char* failure() const { return failure_; }

private:
    Next fail(const char* why);
    Next onConnect(const Command& command);
    void onCreateStream(const Command& command);
    void onOther(const Message& message, const Command& command);
    Next onStart(const Message& message, int32_t role);
    void send(uint32_t streamId, std::span<const uint8_t> payload);

    IClientRequests& requests_;
    std::vector<uint8_t> connectObject_;
    double connectTransaction_ = 0;
    std::vector<std::vector<uint8_t>> preamble_; ///< of the stream that is asked for next
    std::optional<uint32_t> bufferMs_;           ///< likewise
    uint32_t maxStreams_;
    uint32_t created_ = 0; ///< createStream less deleteStream
    uint32_t lastStreamId_ = 0;
    const char* failure_ = nullptr; ///< one of a few fixed texts
};

} // namespace srsproxy::rtmp
