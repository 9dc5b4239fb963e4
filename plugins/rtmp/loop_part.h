#pragma once

/// What the RTMP plugin has on one event loop: the accepting sockets, the connections, and the
/// buffers that all connections of the loop share. Owned by the core; everything in it is used
/// on the loop's thread only.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugins/common/proxy_header_reader.h"
#include "plugins/common/tcp_listener.h"
#include "plugins/rtmp/block_pool.h"
#include "plugins/rtmp/capability_inquiry.h"
#include "plugins/rtmp/codec/handshake.h"
#include "plugins/rtmp/codec/output_list.h"
#include "plugins/rtmp/shared.h"
#include "srsproxy/protocol.h"

namespace srsproxy::rtmp {

class Connection;

/// An accepting socket of one loop.
struct Listener {
    Fd socket;
    bool tls = false;
};

class LoopPart final : public ILoopPart, private IOriginConnector, private ITimerHandler {
public:
    LoopPart(Shared& shared, IEventLoop& loop, std::vector<Listener> listeners);

    void drain(int64_t graceMs) noexcept override;
    void destroy() noexcept override;

    // For its connections.
    IEventLoop& loop() { return loop_; }
    const Config& config() const { return shared_.config; }
    const Services& services() const { return shared_.services; }
    const OriginDoors& doors() const { return shared_.doors; }
    ResumeFigures& resumes() { return shared_.resumes; }
    CapabilityBook& book() { return shared_.book; }
    HostResolver& resolver() { return shared_.resolver; }
    BlockPool& blocks() { return blocks_; }
    /// As large as a key frame, so that one read and one write serve a wake-up.
    std::span<uint8_t> readBuffer() { return readBuffer_; }
    /// What the event in hand has to say to the client, and to the origin that its bytes pass to.
    OutputList& toClient() { return toClient_; }
    OutputList& toOrigin() { return toOrigin_; }
    /// An empty vector for words that are sent at once: set-up leaves no holes in the heap.
    std::vector<uint8_t>& scratch() {
        scratch_.clear();
        return scratch_;
    }
    std::span<const uint8_t, HandshakeRandomBytes> handshakeRandom() const { return random_; }
    /// Asks what may be offered to a client that speaks Enhanced RTMP.
    std::unique_ptr<CapabilityInquiry> inquire(IOfferHandler& handler,
                                               std::span<const uint8_t> connectObject,
                                               const SocketAddress& client);
    void remove(Connection& connection);
    void log(int32_t level, uint64_t session, const char* topic, const std::string& message);

private:
    class Door;

    ~LoopPart();
    void serve(Fd client, const SocketAddress& address, bool tls);
    bool connect(const OriginTarget& origin, Hop& hop) override;
    bool enter(const OriginTarget& origin, const SocketAddress& client, Hop& hop,
               std::vector<uint8_t>& first) override;
    void expired(uint64_t timer) noexcept override;

    Shared& shared_;
    IEventLoop& loop_;
    std::vector<uint8_t> readBuffer_;
    std::vector<uint8_t> scratch_;
    OutputList toClient_;
    OutputList toOrigin_;
    std::array<uint8_t, HandshakeRandomBytes> random_{};
    BlockPool blocks_;
    CapabilityAsker asker_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::vector<std::unique_ptr<Connection>> connections_; ///< each knows its place
    uint64_t reloadTimer_ = 0; ///< on loop 0: looks at the certificates' files
};

} // namespace srsproxy::rtmp
