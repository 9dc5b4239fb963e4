#pragma once

/// One TCP connection of a session, to the client or to the origin, plain or inside TLS: its
/// socket, its chunk state in both directions, and what the socket has not taken yet. Holds no
/// buffer while there is nothing to hold. Owned by a session, used on its loop.
///
/// Costs one epoll_ctl to open, one when it is connected, one for each change of what is watched,
/// and one to close.

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plugins/common/socket.h"
#include "plugins/common/tls_stream.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/codec/output_list.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy::rtmp {

/// What one reading gave. `bytes` is 0 unless Data; `error` is an errno with Failed.
struct Received {
    enum Kind { Data, Nothing, Closed, Failed } kind = Nothing;
    size_t bytes = 0;
    int error = 0;
};

class Hop {
public:
    /// `limits` outlives the hop.
    Hop(IEventLoop& loop, IFdHandler& owner, const ChunkLimits& limits)
        : reader(limits), loop_(loop), owner_(owner) {}
    Hop(IEventLoop& loop, IFdHandler& owner, const ChunkLimits&& limits) = delete;
    ~Hop() { close(); }
    Hop(const Hop&) = delete;
    Hop& operator=(const Hop&) = delete;

    /// Takes over a connected socket and reads from it.
    void open(Fd socket);
    /// Takes over a socket that is connecting: writability comes first, then call connected().
    void openConnecting(Fd socket);
    /// The socket is connected: reads from it from now on.
    void connected();
    /// Everything from here on is inside TLS; what was sent before stays plain, and goes first.
    /// Begins the handshake, which goes on inside receive() and flush(); it needs the hop to be
    /// read. What is sent meanwhile waits for its end. Requires: open and connected; `tls` is of
    /// this socket. Look at hasBuffered() then.
    void startTls(std::unique_ptr<TlsStream> tls);
    /// The TLS handshake is not over.
    bool handshaking() const { return tls_ && tls_->handshaking(); }
    void close();

    bool isOpen() const { return socket_.valid(); }
    bool owns(int fd) const { return socket_.valid() && socket_.get() == fd; }
    int fd() const { return socket_.get(); }

    /// Reads once, and counts what came for the acknowledgements that the peer wants. With TLS
    /// it may be Nothing although the socket was readable.
    Received receive(std::span<uint8_t> buffer);
    /// The same into several pieces, filled one after the other.
    Received receive(std::span<const iovec> room);
    /// As receive(), but takes nothing more from the socket: for what hasBuffered() told of, so
    /// that a fast peer does not keep the loop to itself.
    Received receiveBuffered(std::span<uint8_t> buffer);
    /// TLS has something for receive() that no readiness will announce. To be looked at after
    /// startTls(), receive(), flush() and setReading(true), while the hop is to be read.
    bool hasBuffered() const { return tls_ && tls_->hasBuffered(); }
    void countReceived(size_t bytes) {
        dueAck_ = acknowledger_.received(bytes).has_value() || dueAck_;
    }
    uint64_t bytesReceived() const { return acknowledger_.totalBytes(); }
    /// The peer announced its acknowledgement window.
    void setAckWindow(uint32_t windowBytes) { acknowledger_.setWindow(windowBytes); }
    /// The sequence number that is due to the peer, once.
    std::optional<uint32_t> takeDueAck();

    /// Sends, or keeps what the socket does not take. False when the connection failed: failure()
    /// says how, and errno. Several pieces go in one call of the kernel.
    bool send(std::span<const iovec> pieces);
    bool send(const OutputList& output) { return send(output.pieces()); }
    bool send(std::span<const uint8_t> bytes);
    /// Goes on with what was kept, and with the TLS handshake. As send().
    bool flush();
    /// Bytes that the socket has not taken.
    size_t unsentBytes() const { return unsent_ ? unsent_->bytes.size() - unsent_->offset : 0; }

    /// Reading stops and starts; writability is watched while something is unsent.
    void setReading(bool on);
    bool isReading() const { return reading_; }

    /// Tells the peer that no more will come. What TLS has to say first may wait for flush().
    void shutdownWrite();

    /// For the log: how the last failure of receive(), send() or flush() came about.
    std::string failure() const;

    ChunkReader reader;
    uint64_t bytesSent = 0; ///< taken by the socket; with TLS, what was inside
    ChunkWriter writer;

private:
    /// What the socket has not taken; there is none while it takes everything.
    struct Unsent {
        std::vector<uint8_t> bytes;
        size_t offset = 0;
        size_t plainBytes = 0; ///< of those behind `offset`, sent before TLS began
    };

    /// Bytes that were sent before TLS began have still to go; it begins behind them.
    bool plainFirst() const { return tls_ && unsent_ && unsent_->plainBytes > 0; }
    Received receiveTls(std::span<const iovec> room, TlsSource source = TlsSource::Socket);
    Received received(ssize_t got);
    bool failed(int error);
    ssize_t put(std::span<const iovec> pieces);
    ssize_t putUnsent();
    void keep(std::span<const iovec> pieces, size_t from);
    void updateWatch();

    Fd socket_;
    int error_ = 0; ///< errno of the last failure
    bool reading_ = false;
    bool connecting_ = false;
    bool dueAck_ = false;
    bool writeEnded_ = false; ///< shutdownWrite() was called
    IEventLoop& loop_;
    IFdHandler& owner_;
    Acknowledger acknowledger_;
    std::unique_ptr<TlsStream> tls_;
    std::unique_ptr<Unsent> unsent_;
};

} // namespace srsproxy::rtmp
