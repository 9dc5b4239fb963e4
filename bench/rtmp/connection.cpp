#include "bench/rtmp/connection.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugins/rtmp/codec/amf0.h"

namespace rtmpload {

namespace rtmp = srsproxy::rtmp;

namespace {

constexpr size_t SaturatedBytes = 256 * 1024; ///< queued for one write
constexpr size_t MaxPieces = 128;

bool isMedia(uint8_t type) {
    return type == rtmp::MessageType::Audio || type == rtmp::MessageType::Video;
}

std::string errorText(const char* what) {
    return std::string(what) + ": " + std::generic_category().message(errno);
}

} // namespace

Connection::Connection(const Shared& shared, Owner& owner, int fd)
    : shared_(shared), owner_(owner), fd_(fd) {
    shared_.poller.add(fd_, EPOLLIN, *this);
}

Connection::~Connection() {
    close();
}

void Connection::close() {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

void Connection::fail(const std::string& why) {
    if (isOpen()) {
        close();
        owner_.ended(*this, why);
    }
}

void Connection::ready(uint32_t events) {
    if (!isOpen()) {
        return; // closed by a handler before it in the same turn
    }
    if (connecting_) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            fail(std::string("connect: ") + std::generic_category().message(error));
            return;
        }
        connecting_ = false;
        onConnected();
    }
    if ((events & EPOLLOUT) != 0) {
        flush();
    }
    if (isOpen() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        read();
    }
}

void Connection::expectConnect() {
    connecting_ = true;
    watchWriting(true);
}

// --- in -------------------------------------------------------------------------------------

void Connection::read() {
    const ssize_t got = ::recv(fd_, shared_.readBuffer.data(), shared_.readBuffer.size(), 0);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            fail(errorText("recv"));
        }
        return;
    }
    if (got == 0) {
        fail("closed by the other end");
        return;
    }
    readNs_ = nowNs();
    const auto bytes = static_cast<size_t>(got);
    if (const auto sequence = acknowledger_.received(bytes)) {
        control(rtmp::makeAcknowledgement(*sequence));
    }
    take(shared_.readBuffer.first(bytes));
    if (isOpen() && !queue_.empty()) {
        flush();
    }
}

void Connection::take(std::span<uint8_t> input) {
    if (step_ == Step::FirstBlock) {
        const size_t taken = std::min(input.size(), rtmp::C0C1Bytes - block_.size());
        block_.insert(block_.end(), input.begin(),
                      input.begin() + static_cast<std::ptrdiff_t>(taken));
        input = input.subspan(taken);
        if (block_.size() < rtmp::C0C1Bytes) {
            return;
        }
        step_ = Step::SecondBlock;
        onFirstBlock(std::span<const uint8_t, rtmp::C0C1Bytes>(block_));
        std::vector<uint8_t>().swap(block_);
    }
    if (step_ == Step::SecondBlock) {
        const size_t taken = std::min(input.size(), rtmp::HandshakeBlockBytes - secondBlockBytes_);
        secondBlockBytes_ += taken;
        input = input.subspan(taken);
        if (secondBlockBytes_ < rtmp::HandshakeBlockBytes) {
            return;
        }
        step_ = Step::Chunks;
    }
    const rtmp::FeedResult result = reader_.feed(input, static_cast<rtmp::ChunkSink&>(*this));
    if (result.error != rtmp::ChunkError::None) {
        ++shared_.tally.corrupted;
        fail(std::string("chunks: ") + std::string(rtmp::describe(result.error)));
    }
}

rtmp::Fate Connection::startMessage(rtmp::ChunkStream& stream) {
    if (!isMedia(stream.type) || !stream_) {
        return rtmp::Fate::Capture;
    }
    if (!receiver_) {
        receiver_ = std::make_unique<Receiver>(shared_.tally, *stream_);
    }
    receiver_->begin(stream.type == rtmp::MessageType::Video, stream.length, stream.timestampMs,
                     stream.streamId == messageStream_);
    return rtmp::Fate::Pass;
}

void Connection::passChunk(rtmp::ChunkStream& stream, const rtmp::ChunkView& chunk) {
    passingVideo_ = stream.type == rtmp::MessageType::Video;
    receiver_->add(passingVideo_, chunk.bytes.subspan(chunk.headerSize), readNs_);
}

void Connection::passMore(rtmp::ChunkStream&, std::span<uint8_t> bytes, bool, bool) {
    receiver_->add(passingVideo_, bytes, readNs_);
}

void Connection::abortPassed(rtmp::ChunkStream&, const rtmp::Message&) {
    ++shared_.tally.corrupted; // nobody here gives up a message
}

rtmp::Next Connection::captured(const rtmp::Message& message) {
    if (message.type == rtmp::MessageType::WindowAckSize) {
        acknowledger_.setWindow(rtmp::parseControlNumber(message.payload).value_or(0));
    } else if (message.type == rtmp::MessageType::UserControl) {
        const auto event = rtmp::parseUserControl(message.payload);
        if (event && event->event == rtmp::UserEvent::PingRequest) {
            control(rtmp::makeUserControl(rtmp::UserEvent::PingResponse, event->value));
        }
    } else if (message.type == rtmp::MessageType::DataAmf0) {
        ++shared_.tally.metadata;
    } else if (rtmp::isCommand(message.type)) {
        if (const auto parsed = rtmp::parseCommand(message.type, message.payload)) {
            onCommand(*parsed);
        }
    }
    return isOpen() ? rtmp::Next::Continue : rtmp::Next::Stop;
}

// --- out ------------------------------------------------------------------------------------

void Connection::words(std::span<const uint8_t> bytes) {
    Item& item = queue_.emplace_back();
    item.words.assign(bytes.begin(), bytes.end());
    queued_ += bytes.size();
}

void Connection::command(const std::vector<uint8_t>& payload, uint32_t messageStream) {
    std::vector<uint8_t> bytes;
    writer_.write(rtmp::Message{rtmp::CommandChunkStream, messageStream, 0,
                                rtmp::MessageType::CommandAmf0, payload},
                  bytes);
    words(bytes);
}

void Connection::control(const rtmp::ControlMessage& message) {
    std::vector<uint8_t> bytes;
    writer_.write(message, bytes);
    words(bytes);
}

void Connection::startMedia() {
    source_ = std::make_unique<MediaSource>(shared_.media, *stream_);
    sending_ = true;
    std::vector<uint8_t> payload;
    rtmp::Amf0Writer metadata(payload);
    metadata.string("onMetaData").beginEcmaArray(2);
    metadata.key("width").number(1280).key("height").number(720).endObject();
    std::vector<uint8_t> bytes;
    writer_.write(rtmp::Message{rtmp::CommandChunkStream, messageStream_, 0,
                                rtmp::MessageType::DataAmf0, payload},
                  bytes);
    words(bytes);
    flush();
}

void Connection::sendNext() {
    put(source_->take(nowNs(), messageStream_));
    if (!writing_) {
        flush();
    }
}

void Connection::put(const MediaSource::Packet& packet) {
    Item& item = queue_.emplace_back();
    item.head = packet.head;
    item.headSize = packet.headSize;
    item.chunks = packet.chunks;
    queued_ += item.size();
}

void Connection::fill() {
    const int64_t now = nowNs();
    while (queued_ < SaturatedBytes) {
        put(source_->take(now, messageStream_));
    }
}

void Connection::flush() {
    const bool saturating = sending_ && shared_.saturate;
    if (saturating) {
        fill();
    }
    while (!queue_.empty()) {
        std::array<iovec, MaxPieces> pieces;
        size_t count = 0;
        size_t wanted = 0;
        size_t skip = firstSent_;
        const auto piece = [&](std::span<const uint8_t> bytes) {
            const size_t skipped = std::min(skip, bytes.size());
            skip -= skipped;
            bytes = bytes.subspan(skipped);
            if (!bytes.empty()) {
                pieces[count++] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
                wanted += bytes.size();
            }
        };
        for (const Item& item : queue_) {
            if (count + 3 > MaxPieces) {
                break;
            }
            piece({item.head.data(), item.headSize});
            piece(item.chunks);
            piece(item.words);
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        const ssize_t taken = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN && errno != EINTR) {
            fail(errorText("send"));
            return;
        }
        size_t went = taken > 0 ? static_cast<size_t>(taken) : 0;
        queued_ -= went;
        const bool all = went == wanted;
        went += firstSent_;
        while (!queue_.empty() && went >= queue_.front().size()) {
            went -= queue_.front().size();
            queue_.pop_front();
        }
        firstSent_ = went;
        if (!all) {
            watchWriting(true);
            return;
        }
    }
    watchWriting(saturating);
}

void Connection::watchWriting(bool on) {
    if (on != writing_) {
        writing_ = on;
        shared_.poller.modify(fd_, EPOLLIN | (on ? static_cast<uint32_t>(EPOLLOUT) : 0u), *this);
    }
}

} // namespace rtmpload
