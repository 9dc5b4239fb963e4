#pragma once

/// The proxy's two kinds of neighbours for the tests over loopback, on blocking sockets: a client,
/// and an origin that goes as far as the test's script says. A socket time-out is the deadline of
/// every wait, so nothing here can hang.

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/common/socket.h"
#include "tests/plugins/rtmp/support.h"

namespace srsproxy::rtmp::test {

inline constexpr int DeadlineMs = 10'000;
inline constexpr uint32_t ClientStream = 1;
inline constexpr uint32_t OriginStream = 9;

using Bytes = std::vector<uint8_t>;

/// How a connection ended, as its peer sees it.
enum class End { Fin, Reset, StillOpen };

/// One blocking connection that speaks RTMP messages.
class Peer : private MessageVisitor {
public:
    Peer() = default;
    explicit Peer(Fd socket) : socket_(std::move(socket)) {
        const timeval limit{DeadlineMs / 1000, 0};
        ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        setNoDelay(fd());
    }
    Peer(Peer&&) = default;
    Peer& operator=(Peer&&) = default;
    virtual ~Peer() = default;

    int fd() const { return socket_.get(); }
    bool isOpen() const { return socket_.valid(); }

    /// False when the connection is gone.
    bool trySend(const Bytes& bytes) {
        size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t taken = put(bytes.data() + sent, bytes.size() - sent);
            if (taken <= 0) {
                return false;
            }
            sent += static_cast<size_t>(taken);
        }
        return true;
    }
    void send(const Bytes& bytes) {
        if (!trySend(bytes)) {
            throw std::runtime_error(errorText("test peer: sending", errno));
        }
    }
    /// Sends what the socket takes until it has taken nothing for `quietMs`, or is gone; the
    /// number of bytes.
    size_t sendUntilStalled(const Bytes& bytes, int quietMs) {
        size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t taken =
                ::send(fd(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (taken > 0) {
                sent += static_cast<size_t>(taken);
                continue;
            }
            pollfd wanted{fd(), POLLOUT, 0};
            if (errno != EAGAIN || ::poll(&wanted, 1, quietMs) == 0) {
                break;
            }
        }
        return sent;
    }

    /// Exactly that many bytes, before any message is read.
    Bytes raw(size_t count) {
        Bytes bytes(count);
        size_t got = 0;
        while (got < count) {
            const ssize_t more = take(bytes.data() + got, count - got);
            if (more <= 0) {
                throw std::runtime_error("test peer: the connection ended early");
            }
            got += static_cast<size_t>(more);
        }
        return bytes;
    }
    /// The next message, or an exception at the connection's end or the deadline.
    Kept next() {
        while (messages_.empty()) {
            if (receive() <= 0) {
                throw std::runtime_error("test peer: no message came");
            }
        }
        Kept kept = std::move(messages_.front());
        messages_.pop_front();
        return kept;
    }
    Kept nextCommand(std::string_view name) {
        for (;;) {
            Kept kept = next();
            if (isCommand(kept.message.type) && kept.commandName() == name) {
                return kept;
            }
        }
    }
    Kept nextOf(uint8_t type) {
        for (;;) {
            Kept kept = next();
            if (kept.message.type == type) {
                return kept;
            }
        }
    }
    /// Reads until so many more bytes have come, whole messages or not.
    void readBytes(size_t count) {
        for (size_t got = 0; got < count;) {
            const ssize_t more = receive();
            if (more <= 0) {
                throw std::runtime_error("test peer: the bytes did not come");
            }
            got += static_cast<size_t>(more);
        }
    }
    /// Reads what is there now.
    void drain() {
        pollfd wanted{fd(), POLLIN, 0};
        while (::poll(&wanted, 1, 0) == 1 && receive() > 0) {
        }
    }
    /// Media and data messages that came and were not looked at.
    size_t pendingMedia() const {
        return static_cast<size_t>(
            std::count_if(messages_.begin(), messages_.end(), [](const Kept& kept) {
                return !isControl(kept.message.type) && !isCommand(kept.message.type);
            }));
    }
    /// Reads to the end and throws away what comes.
    End end() {
        for (;;) {
            const ssize_t got = receive();
            if (got <= 0) {
                return got == 0 ? End::Fin : errno == EAGAIN ? End::StillOpen : End::Reset;
            }
        }
    }

    void leave() { socket_.reset(); }
    void halfClose() { ::shutdown(fd(), SHUT_WR); }
    void reset() {
        const linger now{1, 0};
        ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        socket_.reset();
    }

    void command(uint32_t streamId, const Bytes& payload) {
        Bytes out;
        writeCommand(writer, streamId, payload, out);
        send(out);
    }
    void status(uint32_t streamId, std::string_view level, std::string_view code,
                std::string_view why) {
        Bytes payload;
        appendOnStatus(payload, {level, code, why});
        command(streamId, payload);
    }

    ChunkWriter writer;

protected:
    // As send() and recv(): a peer in TLS has its own.
    virtual ssize_t put(const uint8_t* bytes, size_t size) {
        return ::send(fd(), bytes, size, MSG_NOSIGNAL);
    }
    virtual ssize_t take(uint8_t* bytes, size_t size) { return ::recv(fd(), bytes, size, 0); }

private:
    ssize_t receive() {
        Bytes buffer(64 * 1024);
        const ssize_t got = take(buffer.data(), buffer.size());
        if (got > 0) {
            const FeedResult result =
                reader_.feed(std::span(buffer).first(static_cast<size_t>(got)), *this);
            EXPECT_EQ(result.error, ChunkError::None) << describe(result.error);
        }
        return got;
    }
    Next onMessage(const Message& message) override {
        messages_.push_back({message, {message.payload.begin(), message.payload.end()}});
        messages_.back().message.payload = {};
        return Next::Continue;
    }

    Fd socket_;
    static constexpr ChunkLimits Limits{64, 8 * 1024 * 1024, 16 * 1024 * 1024, MaxMessageBytes};
    ChunkReader reader_{Limits};
    std::deque<Kept> messages_;
};

inline Bytes connectObject() {
    Bytes object;
    Amf0Writer(object)
        .beginObject()
        .key("app")
        .string("live")
        .key("tcUrl")
        .string("rtmp://h/live")
        .endObject();
    return object;
}

class Client : public Peer {
public:
    using Peer::Peer;

    void handshake() {
        Bytes c0c1(C0C1Bytes);
        c0c1[0] = RtmpVersion;
        send(c0c1);
        raw(S0S1S2Bytes);
        send(Bytes(C2Bytes));
    }
    void connect() { connect(connectObject()); }
    /// The proxy's answer.
    Kept connect(const Bytes& object) {
        Bytes payload;
        appendConnect(payload, 1, object);
        command(0, payload);
        return nextCommand("_result");
    }
    /// Its number.
    uint32_t createStream() {
        Bytes payload;
        appendCall(payload, "createStream", 2);
        command(0, payload);
        const Kept kept = nextCommand("_result");
        const auto answer = parseAnswer(*parseCommand(kept.message.type, kept.payload));
        return answer->streamId.value_or(0);
    }
    /// The bytes of the command that names the stream.
    Bytes ask(std::string_view publishOrPlay, std::string_view stream,
              uint32_t streamId = ClientStream) {
        Bytes payload;
        appendStreamCall(payload, publishOrPlay, 5, stream);
        Bytes out;
        writeCommand(writer, streamId, payload, out);
        return out;
    }
    /// `on`: the stream whose message it is.
    void deleteStream(uint32_t streamId, uint32_t on = 0) {
        Bytes number;
        Amf0Writer(number).number(streamId);
        Bytes payload;
        appendCall(payload, "deleteStream", 0, number);
        command(on, payload);
    }
    void closeStream(uint32_t streamId) {
        Bytes payload;
        appendCall(payload, "closeStream", 0);
        command(streamId, payload);
    }
    /// All of it, up to the question.
    void askFor(std::string_view publishOrPlay, std::string_view stream) {
        handshake();
        connect();
        createStream();
        send(ask(publishOrPlay, stream));
    }
    /// Code and description of the next onStatus.
    std::pair<std::string, std::string> told() {
        const Kept kept = nextCommand("onStatus");
        const auto answer = parseAnswer(*parseCommand(kept.message.type, kept.payload));
        return {std::string(answer->code), std::string(answer->description)};
    }
};

/// How far an origin has gone with a session.
enum class Stage {
    Silent,    ///< has C0 and C1, says nothing
    Greeted,   ///< handshake done, has connect
    Connected, ///< has answered connect, has createStream
    Asked,     ///< has answered createStream, has publish or play
    Running    ///< has accepted the stream
};

class OriginPeer : public Peer {
public:
    using Peer::Peer;

    void goTo(Stage stage) {
        raw(C0C1Bytes);
        if (stage == Stage::Silent) {
            return;
        }
        Bytes answer(S0S1S2Bytes);
        answer[0] = RtmpVersion;
        send(answer);
        raw(C2Bytes);
        nextCommand("connect");
        if (stage == Stage::Greeted) {
            return;
        }
        Bytes payload;
        appendConnectResult(payload, 1);
        command(0, payload);
        createTransaction = transactionOf(nextCommand("createStream"));
        if (stage == Stage::Connected) {
            return;
        }
        payload.clear();
        appendCreateStreamResult(payload, createTransaction, streamId);
        command(0, payload);
        for (role = ""; role.empty();) {
            const Kept kept = next();
            const std::string name = isCommand(kept.message.type) ? kept.commandName() : "";
            if (name == "publish" || name == "play") {
                role = name;
                asked = kept;
                startTransaction = transactionOf(kept);
            }
        }
        if (stage == Stage::Running) {
            accept();
        }
    }
    void accept() {
        status(streamId, "status",
               role == "publish" ? "NetStream.Publish.Start" : "NetStream.Play.Start", "go");
    }
    /// `_error` to the command with that transaction.
    void refuse(double transaction, std::string_view code, std::string_view why) {
        Bytes payload;
        appendError(payload, transaction, {"error", code, why});
        command(0, payload);
    }

    uint32_t streamId = OriginStream; ///< its number of the stream
    std::string role;                 ///< "publish" or "play", once Asked
    Kept asked;                       ///< that command
    double createTransaction = 0;
    double startTransaction = 0;

private:
    static double transactionOf(const Kept& kept) {
        return parseCommand(kept.message.type, kept.payload)->transactionId;
    }
};

} // namespace srsproxy::rtmp::test
