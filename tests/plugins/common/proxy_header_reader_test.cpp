#include "plugins/common/proxy_header_reader.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "core/base/log.h"
#include "core/event/event_loop.h"
#include "plugins/common/tcp_listener.h"

namespace srsproxy {
namespace {

constexpr auto Deadline = std::chrono::seconds(10);
constexpr std::string_view Line = "PROXY TCP4 1.2.3.4 5.6.7.8 1111 1935\r\n";
const std::string Signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string Local = Signature + std::string("\x20\0\0\0", 4);
const std::string Tcp4 =
    Signature + std::string("\x21\x11\0\x0C\x01\x02\x03\x04\x05\x06\x07\x08\x04\x57\x07\x8F", 16);

/// What came of one connection.
struct Told {
    Fd socket; ///< invalid: refused
    std::string client;
    std::string local;
    std::string reason;
    bool leftSilently = false;
};

class Handler final : public IProxyHeaderHandler {
public:
    void headerRead(Fd socket, const ProxiedClient& client) override {
        note({std::move(socket), toString(client.client), toString(client.local), "", false});
    }
    void headerRefused(const SocketAddress& peer, const std::string& reason,
                       bool leftSilently) override {
        note({Fd(), toString(peer), "", reason, leftSilently});
    }
    Told wait() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, Deadline, [this] { return !told_.empty(); }));
        return take();
    }
    std::optional<Told> look() {
        const std::lock_guard lock(mutex_);
        return told_.empty() ? std::nullopt : std::optional(take());
    }

private:
    void note(Told told) {
        const std::lock_guard lock(mutex_);
        told_.push_back(std::move(told));
        changed_.notify_all();
    }
    Told take() {
        if (told_.empty()) {
            return {};
        }
        Told told = std::move(told_.front());
        told_.erase(told_.begin());
        return told;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Told> told_;
};

/// Both ends of a connection over loopback.
struct Pair {
    Pair() {
        const ListenerSockets listener = bindListeners({"127.0.0.1", 0}, 1);
        client = startConnect(listener.address);
        pollfd wanted{listener.sockets[0].get(), POLLIN, 0};
        EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
        peer.size = sizeof peer.storage;
        server = Fd(::accept4(listener.sockets[0].get(), peer.raw(), &peer.size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
        EXPECT_TRUE(server.valid());
    }
    void send(std::string_view bytes) const {
        EXPECT_EQ(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// Whether the proxy's end was closed; waits for it.
    bool serverCloses() const {
        pollfd wanted{client.get(), POLLIN, 0};
        char byte = 0;
        return ::poll(&wanted, 1, 10'000) == 1 && ::recv(client.get(), &byte, 1, 0) <= 0;
    }

    Fd client;
    Fd server;
    SocketAddress peer;
};

/// What can be read without waiting.
std::string received(const Fd& socket) {
    char buffer[256];
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
}

class Scene {
public:
    explicit Scene(const ProxyHeaderReader::Limits& limits = {60'000'000, 16}) {
        loops_.start();
        onLoop([&] { reader_.emplace(loops_.at(0), handler, limits); });
    }
    ~Scene() { destroyReader(); }
    void destroyReader() {
        onLoop([&] { reader_.reset(); });
    }
    void add(Pair& pair) {
        onLoop([&] { reader_->add(std::move(pair.server), pair.peer); });
    }
    /// The loop has seen all that was sent before.
    void settle() {
        onLoop([] {}); // this one may have run in a wake-up that began earlier
        onLoop([] {});
    }
    size_t waiting() {
        size_t count = 0;
        onLoop([&] { count = reader_->waiting(); });
        return count;
    }

    Handler handler;

private:
    template <typename Work> void onLoop(Work work) { loops_.at(0).call(work); }

    LoopGroup loops_{1, Log(std::make_shared<NullLogSink>(), "test")};
    std::optional<ProxyHeaderReader> reader_;
};

TEST(ProxyHeaderReader, ReadsTheHeaderAndNotOneByteMore) {
    const struct {
        std::string header;
        std::string client; ///< empty: the real peer
        std::string local;
    } rows[] = {
        {std::string(Line), "1.2.3.4:1111", "5.6.7.8:1935"},
        {Tcp4, "1.2.3.4:1111", "5.6.7.8:1935"},
        {"PROXY UNKNOWN\r\n", "", "unknown"},
        {Local, "", "unknown"},
    };
    for (const auto& row : rows) {
        for (const bool thereBefore : {true, false}) {
            Scene scene;
            Pair pair;
            const std::string peer = row.client.empty() ? toString(pair.peer) : row.client;
            if (!thereBefore) {
                scene.add(pair);
                EXPECT_EQ(scene.waiting(), 1u);
            }
            pair.send(row.header + "\x03rtmp");
            if (thereBefore) {
                scene.add(pair);
            }
            const Told told = scene.handler.wait();
            EXPECT_EQ(told.client, peer) << told.reason;
            EXPECT_EQ(told.local, row.local);
            EXPECT_EQ(received(told.socket), "\x03rtmp");
            EXPECT_EQ(scene.waiting(), 0u);
            // Nobody watches the socket any more: what comes is the new owner's.
            pair.send("more");
            scene.settle();
            EXPECT_EQ(received(told.socket), "more");
        }
    }
}

TEST(ProxyHeaderReader, TakesAHeaderByteByByte) {
    for (const std::string& header : {std::string(Line), Tcp4}) {
        Scene scene;
        Pair pair;
        const int fd = pair.server.get();
        scene.add(pair);
        for (size_t i = 0; i < header.size(); ++i) {
            EXPECT_FALSE(scene.handler.look());
            pair.send(header.substr(i, 1));
            scene.settle();
            int unread = -1;
            ::ioctl(fd, FIONREAD, &unread);
            EXPECT_EQ(unread, 0) << "what stays unread wakes the loop for ever";
        }
        const Told told = scene.handler.wait();
        EXPECT_EQ(told.client, "1.2.3.4:1111") << told.reason;
        EXPECT_EQ(received(told.socket), "");
    }
}

TEST(ProxyHeaderReader, RefusesGarbage) {
    Scene scene;
    Pair early;
    early.send("\x03 a client that was not sent here by a load balancer");
    scene.add(early);
    Pair late;
    scene.add(late);
    late.send(std::string(Line.substr(0, 20)));
    scene.settle();
    late.send("bad\n");
    Told told = scene.handler.wait();
    EXPECT_EQ(told.reason, "does not begin with a PROXY header");
    EXPECT_EQ(told.client, toString(early.peer));
    EXPECT_FALSE(told.leftSilently);
    told = scene.handler.wait();
    EXPECT_NE(told.reason.find("CRLF"), std::string::npos) << told.reason;
    EXPECT_TRUE(early.serverCloses());
    EXPECT_TRUE(late.serverCloses());
    EXPECT_EQ(scene.waiting(), 0u);
}

TEST(ProxyHeaderReader, RefusesWhoSendsNoWholeHeaderInTime) {
    Scene scene({50'000, 16});
    for (const std::string_view sent : {"", "PROXY TCP4 "}) {
        Pair pair;
        pair.send(sent);
        scene.add(pair);
        const Told told = scene.handler.wait();
        EXPECT_EQ(told.reason, "sent no whole PROXY header within 50 ms");
        EXPECT_FALSE(told.leftSilently);
        EXPECT_TRUE(pair.serverCloses());
    }
}

TEST(ProxyHeaderReader, TellsHowAPeerLeft) {
    const struct {
        std::string_view sent;
        bool reset;
        const char* reason;
        bool silently;
    } rows[] = {
        {"", false, "closed before it sent a byte", true},
        {"PROXY", false, "closed within its PROXY header", false},
        {"", true, "was lost before the end of its PROXY header", false},
        {"PROXY", true, "was lost before the end of its PROXY header", false},
    };
    for (const auto& row : rows) {
        Scene scene;
        Pair pair;
        scene.add(pair);
        pair.send(row.sent);
        scene.settle();
        if (row.reset) {
            const linger now{1, 0};
            ::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }
        pair.client.reset();
        const Told told = scene.handler.wait();
        EXPECT_TRUE(told.reason.starts_with(row.reason)) << told.reason;
        EXPECT_EQ(told.leftSilently, row.silently) << told.reason;
        EXPECT_EQ(scene.waiting(), 0u);
    }
}

TEST(ProxyHeaderReader, LetsSoManyWaitAndNoMore) {
    Scene scene({60'000'000, 2});
    Pair first;
    Pair second;
    Pair third;
    Pair fourth;
    scene.add(first);
    scene.add(second);
    scene.add(third);
    const Told refused = scene.handler.wait();
    EXPECT_EQ(refused.reason, "came while 2 others were waiting for their PROXY header");
    EXPECT_EQ(refused.client, toString(third.peer));
    EXPECT_TRUE(third.serverCloses());
    // One whose header is there need not wait.
    fourth.send(Line);
    scene.add(fourth);
    EXPECT_TRUE(scene.handler.wait().socket.valid());
    // The others are still served, the one that came first last.
    for (Pair* pair : {&second, &first}) {
        pair->send(Line);
        EXPECT_TRUE(scene.handler.wait().socket.valid());
    }
    EXPECT_EQ(scene.waiting(), 0u);
}

TEST(ProxyHeaderReader, ClosesWhatWaitsWhenItIsDestroyed) {
    Scene scene;
    Pair pair;
    scene.add(pair);
    scene.destroyReader();
    EXPECT_TRUE(pair.serverCloses());
    EXPECT_FALSE(scene.handler.look());
}

} // namespace
} // namespace srsproxy
