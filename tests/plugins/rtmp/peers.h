#pragma once

/// The proxy's two kinds of neighbours for the session tests, on plain blocking sockets: a client,
/// and an origin that goes as far as the test's script says. A socket time-out is the deadline of
/// every wait, so nothing here can hang.

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

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

    int fd() const { return socket_.get(); }
    bool isOpen() const { return socket_.valid(); }

    /// False when the connection is gone.
    bool trySend(const Bytes& bytes) {
        size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t taken =
                ::send(fd(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
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
            const ssize_t more = ::recv(fd(), bytes.data() + got, count - got, 0);
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

private:
    ssize_t receive() {
        Bytes buffer(64 * 1024);
        const ssize_t got = ::recv(fd(), buffer.data(), buffer.size(), 0);
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
    ChunkReader reader_{ChunkLimits{64, 8 * 1024 * 1024, 16 * 1024 * 1024, MaxMessageBytes}};
    std::deque<Kept> messages_;
};

/// Connects to a port of this machine. `receiveBytes` 0: the system's buffer.
inline Fd connectTo(uint16_t port, int receiveBytes = 0) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receiveBytes != 0) {
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof receiveBytes);
    }
    const SocketAddress address = socketAddress("127.0.0.1", port);
    if (::connect(fd.get(), address.raw(), address.size) != 0) {
        throw std::runtime_error(errorText("test client: connect", errno));
    }
    return fd;
}

class Client final : public Peer {
public:
    using Peer::Peer;

    void handshake() {
        Bytes c0c1(C0C1Bytes);
        c0c1[0] = RtmpVersion;
        send(c0c1);
        raw(S0S1S2Bytes);
        send(Bytes(C2Bytes));
    }
    void connect() {
        Bytes object;
        Amf0Writer(object)
            .beginObject()
            .key("app")
            .string("live")
            .key("tcUrl")
            .string("rtmp://h/live")
            .endObject();
        Bytes payload;
        appendConnect(payload, 1, object);
        command(0, payload);
        nextCommand("_result");
    }
    void createStream() {
        Bytes payload;
        appendCall(payload, "createStream", 2);
        command(0, payload);
        nextCommand("_result");
    }
    /// The bytes of the command that names the stream.
    Bytes ask(std::string_view publishOrPlay, std::string_view stream) {
        Bytes payload;
        appendStreamCall(payload, publishOrPlay, 5, stream);
        Bytes out;
        writeCommand(writer, ClientStream, payload, out);
        return out;
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

class OriginPeer final : public Peer {
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
        appendConnectResult(payload, 1, {});
        command(0, payload);
        createTransaction = transactionOf(nextCommand("createStream"));
        if (stage == Stage::Connected) {
            return;
        }
        payload.clear();
        appendCreateStreamResult(payload, createTransaction, OriginStream);
        command(0, payload);
        for (role = ""; role.empty();) {
            const Kept kept = next();
            const std::string name = isCommand(kept.message.type) ? kept.commandName() : "";
            if (name == "publish" || name == "play") {
                role = name;
                startTransaction = transactionOf(kept);
            }
        }
        if (stage == Stage::Running) {
            accept();
        }
    }
    void accept() {
        status(OriginStream, "status",
               role == "publish" ? "NetStream.Publish.Start" : "NetStream.Play.Start", "go");
    }
    /// `_error` to the command with that transaction.
    void refuse(double transaction, std::string_view code, std::string_view why) {
        Bytes payload;
        appendError(payload, transaction, {"error", code, why});
        command(0, payload);
    }

    std::string role; ///< "publish" or "play", once Asked
    double createTransaction = 0;
    double startTransaction = 0;

private:
    static double transactionOf(const Kept& kept) {
        return parseCommand(kept.message.type, kept.payload)->transactionId;
    }
};

/// A listening socket of this machine.
class Listener {
public:
    explicit Listener(int backlog = 64)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        SocketAddress address = socketAddress("127.0.0.1", 0);
        if (::bind(socket_.get(), address.raw(), address.size) != 0 ||
            ::listen(socket_.get(), backlog) != 0 ||
            ::getsockname(socket_.get(), address.raw(), &address.size) != 0) {
            throw std::runtime_error(errorText("test origin: listen", errno));
        }
        port_ = portOf(address);
    }
    uint16_t port() const { return port_; }
    OriginPeer accept() {
        pollfd wanted{socket_.get(), POLLIN, 0};
        if (::poll(&wanted, 1, DeadlineMs) != 1) {
            throw std::runtime_error("test origin: nobody connected");
        }
        return OriginPeer(Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    }
    OriginPeer accept(Stage stage) {
        OriginPeer peer = accept();
        peer.goTo(stage);
        return peer;
    }

private:
    Fd socket_;
    uint16_t port_ = 0;
};

/// A port where connections are neither made nor refused: its queue is full.
class DeafPort {
public:
    DeafPort() : listener_(0), filler_(connectTo(listener_.port())) {}
    uint16_t port() const { return listener_.port(); }

private:
    Listener listener_;
    Fd filler_;
};

} // namespace srsproxy::rtmp::test
