#pragma once

/// One RTMP connection of ours, the part that is the same at both ends: its socket, handshake
/// blocks, chunks in, chunks out, acknowledgements. The two ends are ClientPeer and OriginPeer.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/rtmp/media.h"
#include "bench/rtmp/poller.h"
#include "bench/rtmp/receiver.h"
#include "plugins/rtmp/codec/chunk_reader.h"
#include "plugins/rtmp/codec/chunk_writer.h"
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/handshake.h"
#include "plugins/rtmp/codec/messages.h"

namespace rtmpload {

/// What all connections share.
struct Shared {
    const Poller& poller;
    const Media& media;
    Tally& tally;
    std::span<uint8_t> readBuffer;
    std::span<const uint8_t, srsproxy::rtmp::HandshakeRandomBytes> random;
    uint32_t chunkBytes;
    bool saturate;
};

class Connection : public Handler, private srsproxy::rtmp::ChunkSink {
public:
    /// Learns how a connection fares. `connection` may be close()d in there, not deleted.
    class Owner {
    public:
        virtual ~Owner() = default;
        /// Publish or play was asked for and accepted.
        virtual void established(Connection& connection) = 0;
        /// The other end closed it, or it broke; `why` is for people.
        virtual void ended(Connection& connection, const std::string& why) = 0;
    };

    Connection(const Shared& shared, Owner& owner, int fd);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void ready(uint32_t events) override;
    bool isOpen() const { return fd_ >= 0; }
    void close();

    /// Which of the streams it carries; known from the start at the client's end, from publish
    /// or play on at the origin's.
    std::optional<uint32_t> stream() const { return stream_; }

    /// From now on this end sends: metadata, then what sendNext() or saturation asks for.
    void startMedia();
    void stopMedia() { sending_ = false; }
    /// When the next message is due, from the stream's start.
    int64_t dueUs() const { return source_->dueUs(); }
    void sendNext();
    /// Media messages and metadata that this end has given away.
    uint64_t sentMessages() const { return source_ ? source_->sent() + 1 : 0; }

protected:
    /// C0C1 or S0S1 is complete.
    virtual void onFirstBlock(std::span<const uint8_t, srsproxy::rtmp::C0C1Bytes> block) = 0;
    virtual void onConnected() {}
    virtual void onCommand(const srsproxy::rtmp::Command& command) = 0;

    void setStream(uint32_t stream) { stream_ = stream; }
    void setMessageStream(uint32_t number) { messageStream_ = number; }
    uint32_t messageStream() const { return messageStream_; }
    const Shared& shared() const { return shared_; }
    /// The socket is still connecting: onConnected() comes first.
    void expectConnect();
    /// Queues; flush() sends.
    void words(std::span<const uint8_t> bytes);
    void command(const std::vector<uint8_t>& payload, uint32_t messageStream = 0);
    void control(const srsproxy::rtmp::ControlMessage& message);
    void flush();
    void establish() { owner_.established(*this); }
    void fail(const std::string& why);

private:
    /// Something to send: words of ours, or a media packet.
    struct Item {
        std::array<uint8_t, 12 + PrefixBytes> head{};
        size_t headSize = 0;
        std::span<const uint8_t> chunks;
        std::vector<uint8_t> words;

        size_t size() const { return headSize + chunks.size() + words.size(); }
    };
    enum class Step { FirstBlock, SecondBlock, Chunks };

    void read();
    void take(std::span<uint8_t> input);
    void fill();
    void put(const MediaSource::Packet& packet);
    void watchWriting(bool on);

    srsproxy::rtmp::Fate startMessage(srsproxy::rtmp::ChunkStream& stream) override;
    void passChunk(srsproxy::rtmp::ChunkStream& stream,
                   const srsproxy::rtmp::ChunkView& chunk) override;
    void passMore(srsproxy::rtmp::ChunkStream& stream, std::span<uint8_t> bytes, bool transient,
                  bool endsChunk) override;
    void abortPassed(srsproxy::rtmp::ChunkStream& stream,
                     const srsproxy::rtmp::Message& message) override;
    srsproxy::rtmp::Next captured(const srsproxy::rtmp::Message& message) override;

    const Shared& shared_;
    Owner& owner_;
    int fd_;
    bool connecting_ = false;
    bool writing_ = false; ///< writability is watched
    Step step_ = Step::FirstBlock;
    std::vector<uint8_t> block_;
    size_t secondBlockBytes_ = 0;
    srsproxy::rtmp::ChunkReader reader_;
    srsproxy::rtmp::ChunkWriter writer_;
    srsproxy::rtmp::Acknowledger acknowledger_;

    std::optional<uint32_t> stream_;
    uint32_t messageStream_ = 0;
    std::unique_ptr<Receiver> receiver_;
    bool passingVideo_ = false;
    int64_t readNs_ = 0;

    std::unique_ptr<MediaSource> source_;
    bool sending_ = false;
    std::deque<Item> queue_;
    size_t queued_ = 0;
    size_t firstSent_ = 0; ///< bytes of the queue's first item that the socket took
};

} // namespace rtmpload
