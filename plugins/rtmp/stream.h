#pragma once

/// One stream of a client connection: the core's record of it, the connection to its origin, and
/// the relay between the two. When the origin dies under a running stream another one takes its
/// place, if the settings say so, and the client does not notice. Owned by its Connection, used
/// on its loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rtmp/client_side.h"
#include "plugins/rtmp/codec/chunk_relay.h"
#include "plugins/rtmp/detour.h"
#include "plugins/rtmp/hop.h"
#include "plugins/rtmp/key_frame_gate.h"
#include "plugins/rtmp/origin_door.h"
#include "plugins/rtmp/origin_side.h"
#include "plugins/rtmp/replay_buffer.h"

namespace srsproxy::rtmp {

class Connection;

/// For the access log.
struct Ending {
    int32_t cause;
    int32_t side;
    std::string detail;
};

class Stream final : public ISessionOwner,
                     private IFdHandler,
                     private IRouteHandler,
                     private MessageVisitor {
public:
    enum class Phase : uint8_t {
        Unnamed,    ///< no publish or play yet
        Routing,    ///< the proxy looks for an origin
        Connecting, ///< to the origin
        Asking,     ///< handshake and commands of the origin
        Relay,      ///< the stream runs
        BackOff,    ///< its origin is lost, and none was found: the next try is due later
        Leaving,    ///< the client has closed the stream; the origin has a moment to answer
        Ended
    };

    explicit Stream(Connection& connection);
    ~Stream() override;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// The core's record; once, before anything else.
    void adopt(ISession& record) { record_ = &record; }

    uint32_t id() const { return id_; }
    Phase phase() const { return phase_; }
    bool isRunning() const { return phase_ == Phase::Relay; }
    /// Its origin is lost, and it looks for another one.
    bool isResuming() const { return resume_ != nullptr && resume_->active; }
    /// Between publish or play and the origin's answer.
    bool isSettingUp() const {
        return phase_ >= Phase::Routing && phase_ <= Phase::Asking && !isResuming();
    }
    bool isLeaving() const { return phase_ == Phase::Leaving; }
    bool hasEnded() const { return phase_ == Phase::Ended; }
    /// When expired() is due; 0: never.
    int64_t deadlineUs() const { return deadlineUs_; }
    void expired();

    /// The client asks for it.
    void start(StreamRequest request);
    /// The client closes it.
    void leave(const Message& command);
    /// Ends it: one line in the access log.
    void end(const Ending& ending);
    void kicked(int32_t cause, Str reason) noexcept override;

    // The client's bytes and messages.

    /// Where the next bytes of the client are to be received; empty: wherever the caller likes.
    std::span<const iovec> space();
    void received(size_t bytes) { replay_->received(bytes); }
    /// Takes the client's bytes, as long as the client's only or first stream runs.
    FeedResult relayUp(std::span<uint8_t> input, MessageVisitor& visitor);
    /// Takes the client's bytes while no origin is there for them.
    FeedResult keep(std::span<uint8_t> input, MessageVisitor& visitor);
    /// A whole message for the origin; the stream id is put right. Kept for later while the
    /// stream is set up.
    void sendUp(const Message& message);
    void sendBufferLength(uint32_t bufferMs);
    /// Sends what relayUp() and sendUp() collected, before the bytes that relayUp() got go.
    void flushUp();
    /// Room for more of the client's bytes.
    bool takesInput() const;

    // The client's end of the origin's bytes.

    bool passesUp() const { return up_ && isRunning(); }
    /// Becomes the one that relayUp() is called of.
    void passUp();
    /// Bytes pass in both directions, or messages are taken apart for a client with more streams.
    void setWhole(bool whole);
    bool isInsidePassed() const { return down_ && down_->insidePassed(); }
    bool hasDown() const { return down_.has_value(); }
    bool tellClient(const Message& message, OutputList& out) { return down_->inject(message, out); }
    void updateReading();
    /// The client is told that the stream is over.
    void tellEnd(const std::string& why);
    /// What the connection's end leaves to do at the origin. Null: nothing.
    Hop* closingOrigin(bool deliver);

    /// The client's bytes, as far as they are this stream's.
    void countClientBytes(uint64_t received, uint64_t sent);
    /// At the end of every event, when all was sent: counts, and gives memory back.
    void settle();

private:
    /// Of ours to an origin that does not read them: more than this and it is not read any more,
    /// and given up while it is asked.
    static constexpr size_t MaxUnsentAnswers = 1024 * 1024;
    /// Zeros that a client is sent for what a lost origin owes it.
    static constexpr size_t MaxPaddingBytes = 1024 * 1024;

    /// What the client sent for a stream that has not started, beside others that run.
    struct Early {
        struct Kept {
            Message message; ///< its payload is the other member
            std::vector<uint8_t> payload;
        };
        std::vector<Kept> messages;
        size_t bytes = 0;
    };

    /// A search for another origin.
    struct Resume {
        bool active = true;
        uint32_t tries = 0;
        int64_t lostUs = 0;                      ///< when the origin was lost
        int64_t resumedUs = 0;                   ///< when the last search ended well
        std::optional<uint32_t> lastTimestampMs; ///< that the client saw
        std::string from;                        ///< the origin that was lost
        std::string why;
    };

    void ready(int32_t fd, uint32_t events) noexcept override;
    void routed(const RouteAnswer* answer) noexcept override;
    Next onMessage(const Message& message) override;

    // stream_setup.cpp
    void askForOrigin(uint32_t flags = 0);
    void connectTo(const SocketAddress& peer);
    void onConnected();
    void readAnswer(bool bufferedOnly);
    void originHungUp(const std::string& how);
    void originFailed(int32_t outcome, const std::string& detail);
    void originDeclined(const std::string& detail);
    void refuseAndEnd(std::string_view code, const std::string& description, const Ending& ending);
    void dropOrigin();
    void tellHeld(const OriginSide::Held& held);

    // stream_redirect.cpp
    bool follow(const Redirect& redirect);
    std::string originUrl() const;
    void goToDetour();

    // stream_relay.cpp
    void startRelay(std::span<uint8_t> originInput);
    bool opensGate(const Message& message);
    bool gateIsOverdue() const;
    bool sendUpNow(const Message& message);
    bool pushUp();

    // stream_origin.cpp
    void readOrigin();
    void readOnce(bool bufferedOnly);
    void readRelay(bool bufferedOnly);
    void relayDown(std::span<uint8_t> input);
    Next onOriginCommand(const Message& message);
    void onOriginUserControl(const Message& message);
    Next onOriginMedia(const Message& message);
    void noteStatus(const Answer& answer);

    // stream_end.cpp
    bool padDown();
    void sendingFailed();
    void endAfterWords(const Ending& ending);

    // stream_resume.cpp
    bool keepsRequest() const;
    bool mayResume() const;
    void originLost(int32_t outcome, const std::string& how, bool orderly);
    void startResume(const std::string& how, bool redirected);
    void backOff(const std::string& why);
    void resumed(const OriginSide& side);
    void giveUp(const std::string& why);
    void resumeFailed(const std::string& why);

    void deadline(int64_t fromNowUs);
    void watchOrigin();
    void countBytes();

    Connection& connection_;
    ISession* record_ = nullptr;
    int64_t deadlineUs_ = 0;
    uint64_t countedFromOrigin_ = 0;
    uint64_t countedToOrigin_ = 0;
    uint32_t id_ = 0;       ///< the client's number of the stream
    uint32_t originId_ = 0; ///< the origin's
    Phase phase_ = Phase::Unnamed;
    int8_t role_ = RoleUnknown;
    bool whole_ = false;          ///< messages are taken apart
    bool originEnded_ = false;    ///< the origin said that the stream is over
    bool stalled_ = false;        ///< the origin has not taken all
    bool redirectsEnded_ = false; ///< followed too many, or one that leads nowhere
    OriginDoor door_;
    std::string originName_; ///< for the log
    const char* fault_ =
        nullptr; ///< what a message of the origin's did, until its bytes are dealt with

    std::unique_ptr<StreamRequest> request_; ///< as long as an origin may have to be asked
    std::optional<Hop> origin_;
    std::unique_ptr<OriginSide> originSide_;
    std::optional<ChunkRelay> up_;   ///< only of the stream that the client's bytes go to
    std::optional<ChunkRelay> down_; ///< while the stream runs
    std::unique_ptr<ReplayBuffer> replay_;
    std::unique_ptr<KeyFrameGate> gate_; ///< until a resumed stream has a key frame to go on with
    std::unique_ptr<Resume> resume_;
    std::unique_ptr<Early> early_;
    std::unique_ptr<Detour> detour_; ///< while the origin is one that another has sent us to
};

} // namespace srsproxy::rtmp
