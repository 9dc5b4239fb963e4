#pragma once

/// One client connection and, once its stream is named, the connection to the stream's origin.
/// Goes through the phases below; each has a deadline, and each end a cause in the access log.
/// Owned by its LoopPart; lives and dies on that loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/rtmp/client_side.h"
#include "plugins/rtmp/hop.h"
#include "plugins/rtmp/loop_part.h"
#include "plugins/rtmp/origin_side.h"
#include "plugins/rtmp/relay_pair.h"

namespace srsproxy::rtmp {

class Session final : public ISessionOwner,
                      private IFdHandler,
                      private ITimerHandler,
                      private IRouteHandler {
public:
    Session(LoopPart& part, size_t place);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start(Fd client, ISession& record);
    void kicked(int32_t cause, Str reason) noexcept override;
    /// Ends the session at once; it is gone when the outermost call into it returns.
    void finish(int32_t cause, int32_t side, std::string_view detail);

    size_t place() const { return place_; }
    void setPlace(size_t place) { place_ = place; }

private:
    enum class Phase {
        Client,     ///< handshake and commands of the client
        Routing,    ///< the proxy looks for an origin; the client waits
        Connecting, ///< to the origin; the client waits
        Origin,     ///< handshake and commands of the origin; the client waits
        Relay,      ///< the stream runs
        Closing     ///< last words are on their way
    };
    /// Answers of ours to a peer that does not read them: more than this and it is cut off.
    static constexpr size_t MaxUnsentAnswers = 1024 * 1024;

    /// Deletes the session, if it has ended, when the outermost call into it returns.
    class Entry {
    public:
        explicit Entry(Session& session) : session_(session) { ++session_.entries_; }
        ~Entry() {
            if (--session_.entries_ == 0 && session_.finished_) {
                session_.part_.remove(session_);
            }
        }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

    private:
        Session& session_;
    };

    void ready(int32_t fd, uint32_t events) noexcept override;
    void expired(uint64_t timer) noexcept override;
    void routed(const RouteAnswer* answer) noexcept override;

    void onClient(uint32_t events);
    void onOrigin(uint32_t events);
    void readClientSide();
    void feedClientSide(std::span<uint8_t> input);
    void askForOrigin();
    void onOriginConnected();
    void readOriginSide();
    void originHungUp(const std::string& how);
    void originFailed(int32_t outcome, const std::string& detail);
    void originDeclined(const std::string& detail);
    void startRelay(std::span<uint8_t> originInput);
    void relay(Hop& from, std::span<uint8_t> input);
    void readRelay(Hop& from);
    void relayEnded(Hop& from, const Received& received);
    void sendingFailed(Hop& hop, int error);
    void applyBackPressure();
    void writeHeld(const OriginSide::Held& held, std::vector<uint8_t>& toClient);
    void refuseClient(std::string_view code, std::string_view description);
    void closeAfterLastWords(int32_t cause, int32_t side, std::string detail);
    void tellEnd(const std::string& why);
    void readClosing(Hop& hop);
    void goOnClosing();
    void deadline(int64_t fromNowUs);
    void countBytes();

    LoopPart& part_;
    size_t place_;
    ISession* record_ = nullptr;
    Phase phase_ = Phase::Client;
    bool finished_ = false;
    uint32_t entries_ = 0;
    bool clientSaidAnything_ = false;
    uint64_t timer_ = 0;
    int64_t deadlineUs_ = 0; ///< the timer runs until here or earlier, and then goes on
    struct {
        uint64_t received = 0;
        uint64_t sent = 0;
    } earlierOrigins_; ///< bytes of the origins that failed this session

    int32_t role_ = RoleUnknown;
    Hop client_;
    std::unique_ptr<ClientSide> clientSide_;
    std::vector<uint8_t> clientLeftover_; ///< came with the publish or play command
    std::unique_ptr<Hop> origin_;
    std::unique_ptr<OriginSide> originSide_;
    std::unique_ptr<RelayPair> pair_;
    std::string originName_; ///< for the log
    struct Ending {
        int32_t cause;
        int32_t side;
        std::string detail;
    };
    std::optional<Ending> ending_; ///< while Closing: what comes then changes it no more
};

} // namespace srsproxy::rtmp
