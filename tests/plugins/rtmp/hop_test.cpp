#include "plugins/rtmp/hop.h"

#include <gtest/gtest.h>

#include "tests/plugins/common/tls_peers.h"
#include "tests/plugins/rtmp/hop_support.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;
using srsproxy::test::SocketPair;

class NoEvents final : public IFdHandler {
public:
    void ready(int32_t, uint32_t) noexcept override {}
};

TEST(Hop, KeepsOrderWhenItNeverRunsEmpty) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    PollLoop loop;
    NoEvents events;
    Hop hop(loop, events, DefaultChunkLimits);
    hop.open(Fd(ends[0]));
    const Fd peer(ends[1]);

    std::vector<uint8_t> chunk(50'000);
    uint8_t next = 0;
    uint8_t expected = 0;
    size_t received = 0;
    const auto read = [&](size_t most) {
        std::vector<uint8_t> buffer(most);
        const ssize_t got = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
        for (ssize_t i = 0; i < got; ++i) {
            ASSERT_EQ(buffer[static_cast<size_t>(i)], expected++);
        }
        received += got > 0 ? static_cast<size_t>(got) : 0;
    };
    size_t sent = 0;
    do { // until the socket is full
        for (uint8_t& byte : chunk) {
            byte = next++;
        }
        ASSERT_TRUE(hop.send(chunk));
        sent += chunk.size();
    } while (hop.unsentBytes() < 2 * chunk.size());
    for (int i = 0; i < 200; ++i) { // one in, one out
        read(chunk.size());
        ASSERT_TRUE(hop.flush());
        ASSERT_GT(hop.unsentBytes(), 0u);
        for (uint8_t& byte : chunk) {
            byte = next++;
        }
        ASSERT_TRUE(hop.send(chunk));
        sent += chunk.size();
    }
    while (received < sent) {
        const size_t before = received;
        read(chunk.size());
        ASSERT_GT(received, before);
        ASSERT_TRUE(hop.flush());
    }
    EXPECT_EQ(hop.unsentBytes(), 0u);
    EXPECT_EQ(hop.bytesSent, sent);
}

TEST(Hop, SaysThatAConnectionIsGone) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    PollLoop loop;
    NoEvents events;
    Hop hop(loop, events, DefaultChunkLimits);
    hop.open(Fd(ends[0]));
    Fd(ends[1]).reset();
    const std::vector<uint8_t> bytes(10);
    EXPECT_FALSE(hop.send(bytes));
    std::vector<uint8_t> buffer(10);
    EXPECT_EQ(hop.receive(buffer).kind, Received::Closed);
}

TEST(Hop, OpensAndConnectsWithOneEpollCallEach) {
    PollLoop loop;
    Party party(loop);
    SocketPair sockets;
    const int fd = sockets.server.get();
    party.hop.openConnecting(std::move(sockets.server));
    EXPECT_EQ(loop.mask(fd), EventWrite);
    const std::vector<uint8_t> early = noise(10);
    EXPECT_TRUE(party.hop.send(early));
    EXPECT_EQ(party.hop.unsentBytes(), 10u) << "nothing goes before it is connected";
    EXPECT_EQ(loop.calls, 1u);
    party.hop.connected();
    EXPECT_EQ(loop.mask(fd), EventRead | EventWrite);
    EXPECT_TRUE(party.hop.flush());
    EXPECT_EQ(loop.mask(fd), static_cast<uint32_t>(EventRead));
    EXPECT_EQ(loop.calls, 3u);
    party.hop.close();
    EXPECT_EQ(loop.calls, 4u);

    Party second(loop);
    second.hop.openConnecting(std::move(sockets.client));
    second.hop.connected();
    EXPECT_EQ(loop.calls, 6u);
    EXPECT_TRUE(second.hop.isReading());
}

TEST(Hop, ReadsIntoSeveralPiecesAndCounts) {
    PollLoop loop;
    Party party(loop);
    SocketPair sockets;
    party.hop.open(std::move(sockets.server));
    party.hop.setAckWindow(100);
    std::vector<uint8_t> bytes = noise(150);
    ASSERT_EQ(::send(sockets.client.get(), bytes.data(), bytes.size(), 0), 150);
    std::vector<uint8_t> room(200);
    const Received received = party.hop.receive(cut(room, {40, 0, 60, 100}));
    EXPECT_EQ(received.kind, Received::Data);
    EXPECT_EQ(received.bytes, 150u);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), room.begin()));
    EXPECT_EQ(party.hop.takeDueAck(), 150u);
    EXPECT_EQ(party.hop.takeDueAck(), std::nullopt);
    EXPECT_EQ(party.hop.receive(room).kind, Received::Nothing);
    EXPECT_EQ(party.hop.bytesReceived(), 150u);
}

TEST(Hop, SendsSeveralPiecesInOneCall) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    const Fd peer(ends[1]);
    PollLoop loop;
    Party party(loop);
    party.hop.open(Fd(ends[0]));
    std::vector<uint8_t> bytes = noise(100);
    ASSERT_TRUE(party.hop.send(cut(bytes, {10, 20, 70})));
    std::vector<uint8_t> packet(200);
    EXPECT_EQ(::recv(peer.get(), packet.data(), packet.size(), 0), 100) << "a packet is a call";
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), packet.begin()));
    EXPECT_EQ(party.hop.bytesSent, 100u);
}

TEST(Hop, SendsMorePiecesThanTheKernelTakesAtOnce) {
    PollLoop loop;
    Party from(loop);
    Party to(loop);
    SocketPair sockets(1);
    from.hop.open(std::move(sockets.server));
    to.hop.open(std::move(sockets.client));
    std::vector<uint8_t> bytes = noise(30'000);
    ASSERT_TRUE(from.hop.send(cut(bytes, std::vector<size_t>(3000, 10))));
    EXPECT_GT(from.hop.unsentBytes(), 0u);
    turnUntilQuiet(loop);
    EXPECT_TRUE(to.got == bytes);
    EXPECT_EQ(from.hop.bytesSent, bytes.size());
}

TEST(Hop, EndsItsSideBehindWhatIsUnsent) {
    PollLoop loop;
    Party from(loop);
    Party to(loop);
    SocketPair sockets(1);
    from.hop.open(std::move(sockets.server));
    to.hop.open(std::move(sockets.client));
    const std::vector<uint8_t> bytes = noise(100'000);
    ASSERT_TRUE(from.hop.send(bytes));
    from.hop.shutdownWrite();
    for (int i = 0; i < 10'000 && to.hop.isOpen(); ++i) {
        loop.turn();
    }
    EXPECT_TRUE(to.got == bytes);
    EXPECT_EQ(to.last.kind, Received::Closed);
}

// --- TLS ------------------------------------------------------------------------------------

struct TlsHop : ::testing::Test {
    srsproxy::test::TempFolder folder;
    srsproxy::test::TestAuthority authority;
    TlsServerContext servers{{{authority.issue("a", "IP:127.0.0.1").write(folder)}}};
    TlsClientContext clients{{true, authority.writeCa(folder), ""}};
    PollLoop loop;
    Party server{loop};
    Party client{loop};

    void open(int bufferBytes = 0) {
        SocketPair sockets(bufferBytes);
        server.hop.open(std::move(sockets.server));
        client.hop.open(std::move(sockets.client));
    }
    void startTls(const std::string& expected = "127.0.0.1") {
        server.hop.startTls(servers.accept(server.hop.fd()));
        client.hop.startTls(clients.connect(client.hop.fd(), expected));
    }
    void openTls(int bufferBytes = 0) {
        open(bufferBytes);
        startTls();
        turnUntilQuiet(loop);
        ASSERT_FALSE(server.hop.handshaking());
        ASSERT_FALSE(client.hop.handshaking());
    }
};

TEST_F(TlsHop, CarriesAMebibyteEachWay) {
    for (const int bufferBytes : {0, 1, 30'000}) {
        Party near(loop);
        Party far(loop);
        SocketPair sockets(bufferBytes);
        near.hop.open(std::move(sockets.client));
        far.hop.open(std::move(sockets.server));
        const std::vector<uint8_t> plain = noise(3);
        ASSERT_TRUE(near.hop.send(plain)); // as a PROXY header would
        loop.turn();
        EXPECT_EQ(std::exchange(far.got, {}), plain);
        far.hop.startTls(servers.accept(far.hop.fd()));
        near.hop.startTls(clients.connect(near.hop.fd(), "127.0.0.1"));
        std::vector<uint8_t> up = noise(1 << 20);
        const std::vector<uint8_t> down = noise((1 << 20) + 1);
        ASSERT_TRUE(near.hop.send(cut(up, {1, 12, 4096, 100'000, (1 << 20) - 104'109})));
        ASSERT_TRUE(far.hop.send(down));
        EXPECT_EQ(near.hop.unsentBytes(), up.size()) << "all waits for the handshake";
        EXPECT_EQ(loop.mask(near.hop.fd()), static_cast<uint32_t>(EventRead));
        turnUntilQuiet(loop);
        EXPECT_TRUE(far.got == up);
        EXPECT_TRUE(near.got == down);
        EXPECT_EQ(near.hop.bytesSent, plain.size() + up.size());
        EXPECT_EQ(far.hop.bytesReceived(), plain.size() + up.size());
        EXPECT_EQ(far.hop.unsentBytes() + near.hop.unsentBytes(), 0u);
        EXPECT_EQ(loop.mask(near.hop.fd()), static_cast<uint32_t>(EventRead));
        if (bufferBytes != 1) { // records come whole
            EXPECT_EQ(near.idleWakeUps + far.idleWakeUps, 0u);
        }
    }
}

TEST_F(TlsHop, SaysWhenBytesWaitThatNoEventAnnounces) {
    openTls();
    const std::vector<uint8_t> bytes = noise(10'000);
    ASSERT_TRUE(client.hop.send(bytes));
    std::vector<uint8_t> buffer(4000);
    EXPECT_EQ(server.hop.receive(buffer).bytes, 4000u);
    EXPECT_TRUE(server.hop.hasBuffered());
    server.hop.setReading(false);
    EXPECT_EQ(loop.mask(server.hop.fd()), 0u);
    server.hop.setReading(true);
    EXPECT_FALSE(loop.turn()) << "the socket has nothing";
    EXPECT_TRUE(server.hop.hasBuffered());
    std::vector<uint8_t> rest(20'000);
    EXPECT_EQ(server.hop.receive(cut(rest, {1000, 2000, 17'000})).bytes, 6000u);
    EXPECT_TRUE(std::equal(bytes.begin() + 4000, bytes.end(), rest.begin()));
    EXPECT_FALSE(server.hop.hasBuffered());
}

TEST_F(TlsHop, GoesOnWithTheHandshakeWhenThereIsRoom) {
    open(1);
    std::vector<uint8_t> filler(100'000);
    const ssize_t filled = ::send(server.hop.fd(), filler.data(), filler.size(), 0);
    ASSERT_GT(filled, 0);
    client.hop.setReading(false);
    startTls();
    turnUntilQuiet(loop);
    EXPECT_EQ(loop.mask(server.hop.fd()), EventRead | EventWrite);
    ASSERT_EQ(::recv(client.hop.fd(), filler.data(), filler.size(), 0), filled);
    client.hop.setReading(true);
    turnUntilQuiet(loop);
    EXPECT_FALSE(server.hop.handshaking());
    EXPECT_EQ(loop.mask(server.hop.fd()), static_cast<uint32_t>(EventRead));
}

TEST_F(TlsHop, SendsFirstWhatWasSentPlain) {
    open(1);
    const std::vector<uint8_t> plain = noise(50'000);
    ASSERT_TRUE(client.hop.send(plain));
    ASSERT_GT(client.hop.unsentBytes(), 0u);
    client.hop.startTls(clients.connect(client.hop.fd(), "127.0.0.1"));
    EXPECT_EQ(loop.mask(client.hop.fd()), static_cast<uint32_t>(EventWrite));
    std::vector<uint8_t> buffer(10);
    EXPECT_EQ(client.hop.receive(buffer).kind, Received::Nothing);
    const std::vector<uint8_t> inside = noise(1000);
    ASSERT_TRUE(client.hop.send(inside));
    while (server.got.size() < plain.size()) { // the server reads up to where TLS begins
        server.readBytes = plain.size() - server.got.size();
        ASSERT_TRUE(loop.turn());
    }
    EXPECT_TRUE(server.got == plain);
    server.got.clear();
    server.readBytes = 65536;
    server.hop.startTls(servers.accept(server.hop.fd()));
    turnUntilQuiet(loop);
    EXPECT_TRUE(server.got == inside);
    EXPECT_EQ(client.hop.bytesSent, plain.size() + inside.size());
}

TEST_F(TlsHop, TakesLeaveAndNoticesLeaveTaking) {
    for (const bool close : {true, false}) {
        openTls();
        ASSERT_TRUE(client.hop.send(noise(100)));
        if (close) {
            client.hop.close();
        } else {
            client.hop.shutdownWrite();
        }
        while (server.hop.isOpen() && loop.turn()) {
        }
        EXPECT_EQ(server.got.size(), 100u);
        EXPECT_EQ(server.last.kind, Received::Closed);
        EXPECT_NE(server.failure, "the peer closed the connection") << "that is for truncated ones";
        client.hop.close();
        server.got.clear();
    }
}

TEST_F(TlsHop, TakesATruncatedEndForAnEnd) {
    openTls();
    ::shutdown(client.hop.fd(), SHUT_WR);
    loop.turn();
    EXPECT_EQ(server.last.kind, Received::Closed);
    EXPECT_EQ(server.failure, "the peer closed the connection");
}

TEST_F(TlsHop, SaysWhyThereIsNoTls) {
    open();
    startTls("127.0.0.2");
    while (client.hop.isOpen() || server.hop.isOpen()) {
        ASSERT_TRUE(loop.turn());
    }
    EXPECT_EQ(client.last.kind, Received::Failed);
    EXPECT_EQ(client.last.error, EPROTO);
    EXPECT_EQ(client.failure,
              "certificate verify failed: IP address mismatch, it is not for 127.0.0.2");
    EXPECT_EQ(server.last.kind, Received::Failed);
    EXPECT_EQ(server.failure, "the peer refused: bad certificate");
}

TEST_F(TlsHop, SaysThatAPlainPeerCame) {
    open();
    server.hop.startTls(servers.accept(server.hop.fd()));
    std::vector<uint8_t> hello(1537, 0);
    hello[0] = 3;
    ASSERT_TRUE(client.hop.send(hello));
    loop.turn();
    EXPECT_EQ(server.last.kind, Received::Failed);
    EXPECT_TRUE(server.failure.starts_with("this is not TLS: it began with byte 0x03, as plain "
                                           "RTMP does"))
        << server.failure;
}

TEST_F(TlsHop, WaitsQuietlyForAPeerThatStopsInTheHandshake) {
    open();
    server.hop.startTls(servers.accept(server.hop.fd()));
    ASSERT_TRUE(server.hop.send(noise(100)));
    const std::vector<uint8_t> start = {0x16, 3, 1, 2, 0, 1, 0};
    ASSERT_TRUE(client.hop.send(start));
    turnUntilQuiet(loop);
    EXPECT_TRUE(server.hop.handshaking());
    EXPECT_EQ(server.hop.unsentBytes(), 100u);
    client.hop.close();
    loop.turn();
    EXPECT_EQ(server.last.kind, Received::Closed);
    EXPECT_EQ(server.failure, "the peer closed the connection in the TLS handshake");
}

} // namespace
} // namespace srsproxy::rtmp
