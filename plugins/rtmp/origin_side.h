#pragma once

/// The proxy as a client towards the origin: handshake, connect, createStream, then the client's
/// own publish or play, until the origin says yes or no. Never waits for an answer to
/// releaseStream or FCPublish: many origins give none. Pure but for the bytes that it appends;
/// owned by a session.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rtmp/client_side.h"
#include "plugins/rtmp/codec/capabilities.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/handshake.h"
#include "plugins/rtmp/redirect.h"

namespace srsproxy::rtmp {

class OriginSide final : private MessageVisitor {
public:
    enum class Progress {
        Working,
        Accepted, ///< the stream runs; what follows is media
        Declined, ///< the origin said no: refusal()
        Failed    ///< it does not speak RTMP as it should: failure()
    };

    /// `connectObject` is the object of the client's connect; `reader` and `writer` are the origin
    /// hop's. All arguments outlive this.
    OriginSide(std::span<const uint8_t> connectObject, const StreamRequest& request,
               ChunkReader& reader, ChunkWriter& writer,
               std::span<const uint8_t, HandshakeRandomBytes> random)
        : connectObject_(connectObject), request_(request), reader_(reader), writer_(writer),
          random_(random) {}

    /// Appends what goes out first.
    void begin(std::vector<uint8_t>& out);
    /// Takes bytes from the origin, appends the answers to `out`. After any end, only `consumed`
    /// bytes of the input are dealt with.
    Progress feed(std::span<uint8_t> input, size_t& consumed, std::vector<uint8_t>& out);

    /// The origin's number of the stream. Requires: Accepted.
    uint32_t streamId() const { return streamId_; }
    /// Whether the handshake went well and connect, the client's first word, has gone out.
    bool connectSent() const { return step_ != Step::Handshake; }
    /// Whether the publish or play command has gone out: from then on a closed connection is
    /// how some origins say no.
    bool asked() const { return step_ == Step::Start; }
    /// The window that the origin announced, or 0.
    uint32_t ackWindowBytes() const { return ackWindowBytes_; }

    /// What the origin said for the client up to its yes or no: to be sent on, with the client's
    /// stream id where `forStream`.
    struct Held {
        uint8_t type;
        bool forStream;
        uint32_t timestampMs;
        std::vector<uint8_t> payload;
    };
    const std::vector<Held>& held() const { return held_; }

    /// Declined before the stream's own status: what the origin gave as code and description.
    struct Refusal {
        std::string code;
        std::string description;
        bool toldByStatus = false; ///< the origin's own onStatus is the last of held()
    };
    const Refusal& refusal() const { return refusal_; }
    /// Declined, but the origin says where the stream would be welcome. Borrows from this.
    std::optional<Redirect> redirect() const;
    /// The origin asks to be left for another place, and goes on until then. Borrows from this.
    std::optional<Redirect> reconnect() const;
    /// What the origin said of itself in its answer to connect.
    const Capabilities& capabilities() const { return capabilities_; }
    const std::string& failure() const { return failure_; }

private:
    enum class Step { Handshake, S2, Connect, CreateStream, Start };

    Next onMessage(const Message& message) override;
    Next onCommand(const Message& message);
    Next onAnswer(const Message& message, const Answer& answer);
    Next onStatus(const Message& message, const Answer& answer);
    Next onUserControl(const Message& message);
    Next decline(const Message& message, const Answer& answer);
    Next fail(std::string_view why);
    Next hold(const Message& message);
    void sendConnect();
    void sendCreateStream();
    void sendStart();
    void command(uint8_t type, uint32_t streamId, std::span<const uint8_t> payload);

    std::span<const uint8_t> connectObject_;
    const StreamRequest& request_;
    ChunkReader& reader_;
    ChunkWriter& writer_;
    std::span<const uint8_t, HandshakeRandomBytes> random_;
    Step step_ = Step::Handshake;
    BlockCollector s0s1_;
    size_t s2Bytes_ = 0;
    uint32_t streamId_ = 0;
    double startTransaction_ = 0; ///< the client's, of publish or play; 0: none
    uint32_t ackWindowBytes_ = 0;
    std::vector<Held> held_;
    size_t heldBytes_ = 0;
    Refusal refusal_;
    std::vector<uint8_t> refusalCommand_; ///< the whole of it: a redirect has more to say
    std::vector<uint8_t> reconnectCommand_;
    Capabilities capabilities_;
    std::string failure_;
    Progress progress_ = Progress::Working;
    std::vector<uint8_t>* out_ = nullptr; ///< during feed() only
};

} // namespace srsproxy::rtmp
