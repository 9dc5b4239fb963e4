#include "plugins/common/tls_stream.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <random>

#include "tests/plugins/common/tls_peers.h"

namespace srsproxy {
namespace {

using namespace test;

std::vector<uint8_t> noise(size_t size, unsigned seed) {
    std::minstd_rand random(seed);
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(random() >> 7);
    }
    return bytes;
}

struct TlsStreams : ::testing::Test {
    TempFolder folder;
    TestAuthority authority;
    TlsServerContext servers{{{authority.issue("a", "DNS:a.example").write(folder)}}};
    TlsClientContext clients{{true, authority.writeCa(folder), "a.example"}};

    /// Both ends of one connection.
    struct Connection {
        explicit Connection(TlsStreams& all, int bufferBytes = 0)
            : sockets(bufferBytes), server(all.servers.accept(sockets.server.get())),
              client(all.clients.connect(sockets.client.get(), "")) {}
        SocketPair sockets;
        std::unique_ptr<TlsStream> server;
        std::unique_ptr<TlsStream> client;
    };
    /// What the server makes of bytes that are no handshake.
    TlsResult serverGets(std::span<const uint8_t> bytes, bool thenClose, std::string& failure) {
        SocketPair sockets;
        const auto server = servers.accept(sockets.server.get());
        EXPECT_EQ(::send(sockets.client.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
        if (thenClose) {
            sockets.client.reset();
        }
        std::vector<uint8_t> got;
        TlsResult result = readInto(*server, got);
        if (result.kind == TlsResult::WantRead) { // the bytes alone; then what is behind them
            result = readInto(*server, got);
        }
        EXPECT_TRUE(got.empty());
        EXPECT_TRUE(server->handshaking());
        failure = server->failure();
        return result;
    }
};

TEST_F(TlsStreams, CarryEverythingThroughTinySocketBuffers) {
    for (const int bufferBytes : {0, 1, 20'000}) { // the kernel makes some KiB of 1
        Connection ends(*this, bufferBytes);
        struct Way {
            TlsStream& from;
            TlsStream& to;
            std::vector<uint8_t> sent;
            std::vector<uint8_t> got;
            size_t taken;
        } ways[] = {{*ends.client, *ends.server, noise(1 << 20, 1), {}, 0},
                    {*ends.server, *ends.client, noise(1 << 20, 2), {}, 0}};
        std::minstd_rand random(3);
        bool waited = false;
        for (int round = 0; round < 100'000; ++round) {
            for (Way& way : ways) {
                const auto rest = std::span(way.sent).subspan(way.taken);
                const TlsResult result = writeFrom(way.from, rest);
                ASSERT_LT(result.kind, TlsResult::Closed) << way.from.failure();
                way.taken += result.bytes;
                waited = waited || way.from.wantsWrite();
                readInto(way.to, way.got, 1 + random() % 40'000);
            }
            if (ways[0].got.size() == ways[0].sent.size() &&
                ways[1].got.size() == ways[1].sent.size()) {
                break;
            }
        }
        EXPECT_EQ(waited, true) << "a MiB fits into " << bufferBytes;
        for (const Way& way : ways) {
            EXPECT_TRUE(way.got == way.sent) << way.got.size();
        }
    }
}

TEST_F(TlsStreams, ShakeHandsWithTheSocketFull) {
    Connection ends(*this, 1);
    std::vector<uint8_t> filler(100'000, 0x16);
    const ssize_t filled = // nothing of the server's fits any more
        ::send(ends.sockets.server.get(), filler.data(), filler.size(), 0);
    ASSERT_GT(filled, 0);
    std::vector<uint8_t> got;
    ends.client->handshake();
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::WantWrite);
    EXPECT_TRUE(ends.server->wantsWrite());
    EXPECT_FALSE(ends.server->hasBuffered());
    ASSERT_EQ(::recv(ends.sockets.client.get(), filler.data(), filler.size(), 0), filled);
    EXPECT_EQ(ends.server->handshake().kind, TlsResult::WantRead);
    EXPECT_FALSE(ends.server->wantsWrite());
    EXPECT_TRUE(Handshake(*ends.server, *ends.client).done);
}

TEST_F(TlsStreams, FinishTheHandshakeOnceThereIsRoom) {
    for (const bool byReading : {true, false}) {
        Connection ends(*this, 1);
        std::vector<uint8_t> got;
        ends.client->handshake();
        EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::WantRead);
        while (ends.client->handshaking()) { // its Finished is under way
            readInto(*ends.client, got);
        }
        writeFrom(*ends.client, noise(10, 16));
        std::vector<uint8_t> filler(100'000);
        const ssize_t filled = ::send(ends.sockets.server.get(), filler.data(), filler.size(), 0);
        ASSERT_GT(filled, 0);
        EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::WantWrite); // session tickets
        EXPECT_TRUE(ends.server->handshaking());
        EXPECT_FALSE(ends.server->hasBuffered()) << "not before there is room";
        ASSERT_EQ(::recv(ends.sockets.client.get(), filler.data(), filler.size(), 0), filled);
        if (!byReading) {
            EXPECT_EQ(ends.server->handshake().kind, TlsResult::Data);
            EXPECT_TRUE(ends.server->hasBuffered()) << "came with the handshake's last bytes";
        }
        EXPECT_EQ(readInto(*ends.server, got).bytes, 10u);
        EXPECT_FALSE(ends.server->handshaking());
        EXPECT_FALSE(ends.server->wantsWrite());
    }
}

TEST_F(TlsStreams, PutsSmallPiecesIntoSharedRecords) {
    Connection ends(*this);
    ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
    const std::vector<uint8_t> bytes = noise(50'000, 4);
    const struct {
        const char* what;
        std::vector<size_t> sizes;
        size_t mostRecords;
    } rows[] = {
        {"many small", std::vector<size_t>(1000, 12), 1},
        {"header and long payload", {12, 40'000, 3}, 3},
        {"empty ones between", {0, 5, 0, 0, 7, 0}, 1},
        {"one", {50'000}, 4},
        {"none", {}, 0},
    };
    for (const auto& row : rows) {
        std::vector<iovec> pieces;
        size_t total = 0;
        for (const size_t size : row.sizes) {
            pieces.push_back({const_cast<uint8_t*>(bytes.data()) + total, size});
            total += size;
        }
        const TlsResult result = ends.client->write(pieces);
        EXPECT_EQ(result.bytes, total) << row.what;
        std::vector<uint8_t> cipher(200'000);
        const ssize_t onWire =
            ::recv(ends.sockets.server.get(), cipher.data(), cipher.size(), MSG_PEEK);
        // A record costs 22 bytes (RFC 8446 §5.2): header, content type, tag.
        EXPECT_LE(onWire, static_cast<ssize_t>(total + 22 * row.mostRecords)) << row.what;
        std::vector<uint8_t> got;
        readInto(*ends.server, got);
        EXPECT_TRUE(std::equal(got.begin(), got.end(), bytes.begin(),
                               bytes.begin() + static_cast<std::ptrdiff_t>(total)))
            << row.what;
    }
}

TEST_F(TlsStreams, TellOfBytesThatNoReadinessAnnounces) {
    Connection ends(*this);
    ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
    const std::vector<uint8_t> bytes = noise(3000, 5);
    for (const size_t at : {0, 1000, 2000}) { // three records
        writeFrom(*ends.client, std::span(bytes).subspan(at, 1000));
    }
    ASSERT_TRUE(ends.client->closeNotify());
    std::vector<uint8_t> got;
    uint8_t byte = 0;
    for (int i = 0; i < 3; ++i) { // stops within a record and between two
        EXPECT_EQ(readInto(*ends.server, got, i == 2 ? 500 : 750).kind, TlsResult::Data);
        EXPECT_EQ(::recv(ends.sockets.server.get(), &byte, 1, MSG_PEEK), -1);
        EXPECT_TRUE(ends.server->hasBuffered());
    }
    EXPECT_EQ(readInto(*ends.server, got).bytes, 1000u);
    EXPECT_TRUE(got == bytes);
    EXPECT_TRUE(ends.server->hasBuffered()) << "the end came with the last bytes";
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::Closed);
    EXPECT_FALSE(ends.server->hasBuffered());
}

TEST_F(TlsStreams, TellAnOrderlyEndFromATruncatedOne) {
    for (const bool orderly : {true, false}) {
        Connection ends(*this);
        ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
        writeFrom(*ends.client, noise(10, 6));
        if (orderly) {
            EXPECT_TRUE(ends.client->closeNotify());
            EXPECT_TRUE(ends.client->closeNotify()) << "twice is once";
        }
        ::shutdown(ends.sockets.client.get(), SHUT_WR);
        std::vector<uint8_t> got;
        EXPECT_EQ(readInto(*ends.server, got).bytes, 10u);
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(readInto(*ends.server, got).kind,
                      orderly ? TlsResult::Closed : TlsResult::Truncated);
        }
        EXPECT_EQ(ends.server->failure(), orderly ? "" : "the peer closed the connection");
        if (orderly) { // the other direction is still open
            writeFrom(*ends.server, noise(20, 7));
            EXPECT_EQ(readInto(*ends.client, got).bytes, 20u);
        }
    }
}

TEST_F(TlsStreams, WaitForRoomToSayGoodbye) {
    Connection ends(*this, 1);
    ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
    writeFrom(*ends.client, noise(10, 8));
    std::vector<uint8_t> got;
    EXPECT_EQ(readInto(*ends.server, got).bytes, 10u);
    std::vector<uint8_t> filler(100'000);
    const ssize_t filled = ::send(ends.sockets.client.get(), filler.data(), filler.size(), 0);
    ASSERT_GT(filled, 0);
    EXPECT_FALSE(ends.client->closeNotify());
    EXPECT_TRUE(ends.client->wantsWrite());
    ASSERT_EQ(::recv(ends.sockets.server.get(), filler.data(), filler.size(), 0), filled);
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::WantRead);
    EXPECT_TRUE(ends.client->closeNotify());
    EXPECT_FALSE(ends.client->wantsWrite());
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::Closed);
}

TEST_F(TlsStreams, SayWhatCameInsteadOfAHandshake) {
    std::vector<uint8_t> rtmp(1537, 0);
    rtmp[0] = 3; // C0, C1
    std::vector<uint8_t> badRecord = {0x16, 3, 1, 0, 5, 0xff, 0, 0, 1, 0};
    std::vector<uint8_t> longRecord = {0x16, 3, 1, 0xff, 0xff, 1};
    const std::string get = "GET / HTTP/1.1\r\n\r\n";
    const struct {
        const char* what;
        std::vector<uint8_t> bytes;
        bool thenClose;
        TlsResult::Kind kind;
        const char* failure;
    } rows[] = {
        {"plain RTMP", rtmp, false, TlsResult::Failed,
         "this is not TLS: it began with byte 0x03, as plain RTMP does; a TLS handshake begins "
         "with 0x16"},
        {"its first byte",
         {3},
         false,
         TlsResult::Failed,
         "this is not TLS: it began with byte 0x03, as plain RTMP does; a TLS handshake begins "
         "with 0x16"},
        {"plain HTTP",
         {get.begin(), get.end()},
         false,
         TlsResult::Failed,
         "this is not TLS: it began with byte 0x47, as plain HTTP does; a TLS handshake begins "
         "with 0x16"},
        {"anything",
         {0xe0, 1, 2, 3, 4},
         false,
         TlsResult::Failed,
         "this is not TLS: it began with byte 0xe0; a TLS handshake begins with 0x16"},
        {"no ClientHello", badRecord, false, TlsResult::Failed, "unexpected message"},
        {"a record too long", longRecord, false, TlsResult::Failed, "packet length too long"},
        {"a start", {0x16, 3, 1, 2, 0, 1}, false, TlsResult::WantRead, ""},
        {"a start, then the end",
         {0x16, 3, 1, 2, 0, 1},
         true,
         TlsResult::Truncated,
         "the peer closed the connection in the TLS handshake"},
        {"nothing, then the end",
         {},
         true,
         TlsResult::Truncated,
         "the peer closed the connection in the TLS handshake"},
    };
    for (const auto& row : rows) {
        std::string failure;
        EXPECT_EQ(serverGets(row.bytes, row.thenClose, failure).kind, row.kind) << row.what;
        EXPECT_EQ(failure, row.failure) << row.what;
    }
}

TEST_F(TlsStreams, StayWhereAPeerStopsInMidHandshake) {
    Connection ends(*this);
    std::vector<uint8_t> got;
    EXPECT_EQ(ends.server->handshake().kind, TlsResult::WantRead) << "the client speaks first";
    EXPECT_EQ(writeFrom(*ends.server, noise(10, 9)).kind, TlsResult::WantRead);
    ends.client->handshake();
    for (int i = 0; i < 3; ++i) { // the server's flight is never answered
        EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::WantRead);
        EXPECT_TRUE(ends.server->handshaking());
        EXPECT_FALSE(ends.server->wantsWrite());
        EXPECT_FALSE(ends.server->hasBuffered());
    }
    EXPECT_EQ(writeFrom(*ends.server, noise(10, 9)).kind, TlsResult::WantRead);
    EXPECT_TRUE(ends.server->closeNotify()) << "there is nothing to take leave of";
}

TEST_F(TlsStreams, BeginWithBytesThatWereReadBefore) {
    for (const size_t most : {1, 4096}) {
        Connection ends(*this);
        ends.client->handshake();
        std::vector<uint8_t> hello(most);
        const ssize_t size = ::recv(ends.sockets.server.get(), hello.data(), most, 0);
        ASSERT_GT(size, 0);
        hello.resize(static_cast<size_t>(size));
        ends.server = servers.accept(ends.sockets.server.get(), hello);
        EXPECT_TRUE(ends.server->hasBuffered());
        EXPECT_TRUE(Handshake(*ends.server, *ends.client).done) << most;
    }
}

TEST_F(TlsStreams, NoticeChangedBytes) {
    Connection ends(*this);
    ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
    writeFrom(*ends.client, noise(10, 10));
    std::vector<uint8_t> record(100);
    const ssize_t size = ::recv(ends.sockets.server.get(), record.data(), record.size(), 0);
    ASSERT_GT(size, 10);
    writeFrom(*ends.client, noise(10, 11)); // good, and never to be seen
    record[10] ^= 1;
    const SocketPair other;
    ASSERT_EQ(::dup3(other.server.get(), ends.sockets.server.get(), O_CLOEXEC),
              ends.sockets.server.get());
    ::send(other.client.get(), record.data(), static_cast<size_t>(size), 0);
    std::vector<uint8_t> got;
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::Failed);
    EXPECT_EQ(ends.server->failure(), "decryption failed or bad record mac");
    EXPECT_EQ(ends.server->error(), EPROTO);
    EXPECT_TRUE(got.empty());
    EXPECT_EQ(writeFrom(*ends.server, noise(10, 12)).kind, TlsResult::Failed);
    EXPECT_EQ(readInto(*ends.server, got).kind, TlsResult::Failed);
}

TEST_F(TlsStreams, SurviveAPeerThatIsGone) {
    // With SIGPIPE's own disposition: a signal would end the test.
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    Connection ends(*this);
    ASSERT_TRUE(Handshake(*ends.server, *ends.client).done);
    ends.sockets.client.reset();
    EXPECT_EQ(writeFrom(*ends.server, noise(10, 13)).kind, TlsResult::Failed);
    EXPECT_EQ(ends.server->error(), EPIPE);
    EXPECT_EQ(ends.server->failure(), "Broken pipe");
    EXPECT_TRUE(ends.server->closeNotify());
    std::signal(SIGPIPE, before);
}

TEST_F(TlsStreams, RenegotiateWithNobody) {
    const SocketPair sockets;
    const auto server = servers.accept(sockets.server.get());
    RawClient client(sockets.client.get(), nullptr, nullptr, TLS1_2_VERSION);
    ASSERT_TRUE(client.connect(*server));
    std::vector<uint8_t> got;
    SSL_renegotiate(client.ssl());
    SSL_do_handshake(client.ssl());
    EXPECT_EQ(readInto(*server, got).kind, TlsResult::WantRead); // says no, and goes on
    EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
    EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
}

TEST_F(TlsStreams, ChangeKeysWhenAskedTo) {
    const SocketPair sockets;
    const auto server = servers.accept(sockets.server.get());
    RawClient client(sockets.client.get(), nullptr);
    ASSERT_TRUE(client.connect(*server));
    std::vector<uint8_t> got;
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(client.ssl(), "ping", 4), 4);
    EXPECT_EQ(readInto(*server, got).bytes, 4u);
    EXPECT_FALSE(server->handshaking());
    writeFrom(*server, noise(5, 14));
    char answer[16];
    EXPECT_EQ(SSL_read(client.ssl(), answer, sizeof answer), 5);
    EXPECT_FALSE(server->wantsWrite());
}

TEST(TlsStream, FailsInWordsWithoutAConnection) {
    TlsStream stream(nullptr, -1);
    std::vector<uint8_t> got;
    EXPECT_EQ(stream.handshake().kind, TlsResult::Failed);
    EXPECT_EQ(readInto(stream, got).kind, TlsResult::Failed);
    EXPECT_EQ(writeFrom(stream, noise(1, 15)).kind, TlsResult::Failed);
    EXPECT_TRUE(stream.closeNotify());
    EXPECT_EQ(stream.failure(), "no memory for a TLS connection");
}

} // namespace
} // namespace srsproxy
