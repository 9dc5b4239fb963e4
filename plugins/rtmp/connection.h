#pragma once

/// One client connection and its streams. Reads what the client says and leads it where it
/// belongs: the handshake, commands that the proxy answers, and the streams' messages. With one
/// running stream its bytes pass; with several, whole messages are sorted by stream.
/// Owned by its LoopPart; lives and dies on that loop.

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/rtmp/capability_inquiry.h"
#include "plugins/rtmp/client_handshake.h"
#include "plugins/rtmp/client_side.h"
#include "plugins/rtmp/hop.h"
#include "plugins/rtmp/loop_part.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {

class Connection final : private IFdHandler,
                         private ITimerHandler,
                         private MessageVisitor,
                         private IClientRequests,
                         private IOfferHandler {
public:
    Connection(LoopPart& part, size_t place);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// False, and nothing happens any more, when the core takes no session: over a limit, or
    /// draining. `tls` is null on a plain listener.
    bool start(Fd client, const SocketAddress& address, std::unique_ptr<TlsStream> tls);
    /// Ends everything at once; the connection is gone when the outermost call into it returns.
    void finish(int32_t cause, int32_t side, std::string_view detail);

    size_t place() const { return place_; }
    void setPlace(size_t place) { place_ = static_cast<uint32_t>(place); }

    // For its streams.

    /// Around everything that is called from outside: the connection is deleted, if it has
    /// ended, when the outermost one goes.
    class Entry {
    public:
        explicit Entry(Connection& connection) : connection_(connection) { ++connection_.entries_; }
        ~Entry() {
            if (--connection_.entries_ == 0) {
                connection_.leaveCall();
            }
        }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

    private:
        Connection& connection_;
    };

    LoopPart& part() { return part_; }
    Hop& client() { return client_; }
    ClientAddresses addresses() const { return {address_.unpack(), localAddress(client_.fd())}; }
    std::span<const uint8_t> connectObject() const { return clientSide_.connectObject(); }
    std::string tcUrl() const { return clientSide_.tcUrl(); }
    bool closing() const { return ending_ != nullptr; }

    /// A message to the client, at the first place where one may stand; sent by conclude().
    /// False when too much waits already.
    bool tellClient(const Message& message);
    bool tellClient(const ControlMessage& message) { return tellClient(message.message()); }
    /// Another stream is in the middle of a message to the client: nothing else may be said.
    bool isClientTaken(const Stream& asking) const;
    /// Whether the client means this stream by its number: a later one may have it by now.
    bool speaksFor(const Stream& stream) { return find(stream.id()) == &stream; }
    /// Whether this is the only stream of the connection.
    bool isOnly(const Stream& stream) const;
    /// A stream has started to relay, or has ended: who passes bytes may have changed.
    void streamsChanged();
    /// What the client sent ahead is dealt with now.
    void resumeFeeding();

    /// Ends the connection when what was said has reached the client, or a second has passed.
    void closeAfterLastWords(int32_t cause, int32_t side, std::string detail);
    /// Reads a side of a connection that closes, and throws away what it says.
    void readClosing(Hop& hop);
    /// At the end of every event: sends what was collected, applies back-pressure, counts.
    void conclude();
    /// Gives the client's bytes since the last call to the stream that they belong to.
    void countBytes();

private:
    /// Answers of ours to a client that does not read them: more than this and it is not read any
    /// more, and cut off when it has no running stream.
    static constexpr size_t MaxUnsentAnswers = 1024 * 1024;

    void ready(int32_t fd, uint32_t events) noexcept override;
    void expired(uint64_t timer) noexcept override;
    Next onMessage(const Message& message) override;
    void answer(const Message& message) override;
    Next offerWanted() override;
    Next start(StreamRequest request) override;
    Next leave(uint32_t streamId, const Message& command) override;
    bool forward(const Message& message, const Command& command) override;
    void offered(const Capabilities& offer) override;

    void readClient();
    void readOnce(bool bufferedOnly);
    void feed(std::span<uint8_t> input);
    size_t feedOnce(std::span<uint8_t> input);
    void feedHandshake(std::span<uint8_t>& input);
    bool isWaiting();
    bool isNaming();
    void onUserControl(const Message& message);
    Next onMedia(const Message& message);
    void clientGone(bool orderly, const std::string& how);
    void updateReading();
    void flushClient();
    void goOnClosing();
    void rearm();
    void leaveCall();

    Stream* find(uint32_t streamId);
    /// The one stream that has not ended, if there is but one.
    Stream* theOnly();
    Stream* primary();
    Stream* passing();
    /// Null when the core takes no session.
    Stream* addStream();

    LoopPart& part_;
    uint32_t place_; ///< in the loop part's table
    uint32_t entries_ = 0;
    bool finished_ = false;
    bool changed_ = false; ///< another reader of the client's bytes takes over
    PackedAddress address_;
    uint64_t timer_ = 0;
    int64_t timerDueUs_ = 0;
    int64_t deadlineUs_ = 0; ///< to name a stream, or to close; 0: none
    uint64_t countedReceived_ = 0;
    uint64_t countedSent_ = 0;

    Hop client_;
    std::unique_ptr<ClientHandshake> handshake_; ///< until it is done
    ClientSide clientSide_;
    std::unique_ptr<CapabilityInquiry> inquiry_; ///< while connect waits for its answer
    std::vector<uint8_t> leftover_;              ///< came while the client has to wait
    std::forward_list<Stream> streams_;          ///< the youngest first
    std::unique_ptr<const Ending> ending_; ///< while closing: what comes then changes it no more
};

} // namespace srsproxy::rtmp
