#pragma once

/// One TCP connection of a session, to the client or to the origin: its socket, its chunk state
/// in both directions, and what the socket has not taken yet. Holds no buffer while there is
/// nothing to hold. Owned by a session, used on its loop.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugins/common/socket.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/messages.h"
#include "plugins/rtmp/codec/output_list.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy::rtmp {

/// What one recv gave. `bytes` is 0 unless Data; `error` is an errno with Failed.
struct Received {
    enum Kind { Data, Nothing, Closed, Failed } kind = Nothing;
    size_t bytes = 0;
    int error = 0;
};

class Hop {
public:
    Hop(IEventLoop& loop, IFdHandler& owner, const ChunkLimits& limits)
        : reader(limits), loop_(loop), owner_(owner) {}
    ~Hop() { close(); }
    Hop(const Hop&) = delete;
    Hop& operator=(const Hop&) = delete;

    /// Takes over a connected socket and reads from it.
    void open(Fd socket);
    /// Takes over a socket that is connecting: writability comes first.
    void openConnecting(Fd socket);
    void close();

    bool isOpen() const { return socket_.valid(); }
    bool owns(int fd) const { return socket_.valid() && socket_.get() == fd; }
    int fd() const { return socket_.get(); }

    /// Reads once, and counts what came for the acknowledgements that the peer wants.
    Received receive(std::span<uint8_t> buffer);
    void countReceived(size_t bytes);
    uint64_t bytesReceived() const { return acknowledger_.totalBytes(); }
    /// The peer announced its acknowledgement window.
    void setAckWindow(uint32_t windowBytes) { acknowledger_.setWindow(windowBytes); }
    /// The sequence number that is due to the peer, once.
    std::optional<uint32_t> takeDueAck() { return std::exchange(dueAck_, std::nullopt); }

    /// Sends, or keeps what the socket does not take. False when the connection failed; errno
    /// says how.
    bool send(const OutputList& output);
    bool send(std::span<const uint8_t> bytes);
    /// Goes on with what was kept. As send().
    bool flush();
    /// Bytes that the socket has not taken.
    size_t unsentBytes() const { return unsent_.size() - unsentOffset_; }

    /// Reading stops and starts; writability is watched while something is unsent.
    void setReading(bool on);

    /// Tells the peer that no more will come.
    void shutdownWrite();

    ChunkReader reader;
    ChunkWriter writer;
    uint64_t bytesSent = 0; ///< taken by the socket

private:
    void updateWatch();

    IEventLoop& loop_;
    IFdHandler& owner_;
    Fd socket_;
    Acknowledger acknowledger_;
    std::optional<uint32_t> dueAck_;
    bool reading_ = false;
    bool connecting_ = false;
    std::vector<uint8_t> unsent_;
    size_t unsentOffset_ = 0;
};

} // namespace srsproxy::rtmp
