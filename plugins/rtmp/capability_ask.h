#pragma once

/// Connections of the proxy's own that ask origins what they offer: handshake, the client's connect
/// with every capability in it, the answer into the book, and an orderly end. One asker per loop;
/// owned by the loop's part and used on the loop only.
///
/// An asking goes on when the client that caused it has left: the answer serves the next one, and
/// nobody can make the proxy ask the same origin again and again by coming and going.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugins/common/socket.h"
#include "plugins/rtmp/capability_book.h"
#include "plugins/rtmp/codec/handshake.h"
#include "plugins/rtmp/hop.h"

namespace srsproxy::rtmp {

/// An origin as IOrigins shows it.
struct OriginTarget {
    std::string id;
    std::string kind;
    std::string scheme;
    std::string address;
    std::string clientAddress;
    uint16_t port = 0;
    uint64_t generation = 0;
};

/// Opens connections to origins the way sessions do.
class IOriginConnector {
public:
    /// Starts to connect: Hop::openConnecting(). False when it cannot. [loop]
    virtual bool connect(const OriginTarget& origin, Hop& hop) = 0;
    /// `hop` is connected: begins TLS if that is wanted, and appends to `first` what the origin
    /// wants right before C0. False when it cannot. [loop]
    virtual bool enter(const OriginTarget& origin, const SocketAddress& client, Hop& hop,
                       std::vector<uint8_t>& first) = 0;

protected:
    ~IOriginConnector() = default;
};

class CapabilityAsker {
public:
    /// `budgetUs`: how long an origin may take from the first packet to its answer. `random` gives
    /// the handshake its bytes; `buffer` is the loop's, for reading. All outlive this.
    CapabilityAsker(IEventLoop& loop, CapabilityBook& book, IOriginConnector& connector,
                    std::span<const uint8_t, HandshakeRandomBytes> random,
                    std::span<uint8_t> buffer, int64_t budgetUs);
    /// Closes what is open, and tells the book that nothing was heard.
    ~CapabilityAsker();
    CapabilityAsker(const CapabilityAsker&) = delete;
    CapabilityAsker& operator=(const CapabilityAsker&) = delete;

    IEventLoop& loop() { return loop_; }
    CapabilityBook& book() { return book_; }
    int64_t budgetUs() const { return budgetUs_; }

    /// Requires: the book said Yours. The book is told the answer, or that there was none, once;
    /// its waiters are woken later, never from within this call. `connectObject` is sent as it is.
    void ask(const OriginTarget& origin, std::shared_ptr<const std::vector<uint8_t>> connectObject,
             const SocketAddress& client);
    /// Connections that are open, those that only wait for the origin's close included.
    size_t open() const { return asks_.size(); }

private:
    class Ask;
    void remove(Ask& ask);

    IEventLoop& loop_;
    CapabilityBook& book_;
    IOriginConnector& connector_;
    std::span<const uint8_t, HandshakeRandomBytes> random_;
    std::span<uint8_t> buffer_;
    const int64_t budgetUs_;
    std::vector<std::unique_ptr<Ask>> asks_;
};

} // namespace srsproxy::rtmp
