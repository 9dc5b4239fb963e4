#include "plugins/rtmp/hop.h"

#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/event/event_loop.h"

namespace srsproxy::rtmp {
namespace {

class NoEvents final : public IFdHandler {
public:
    void ready(int32_t, uint32_t) noexcept override {}
};

TEST(Hop, KeepsOrderWhenItNeverRunsEmpty) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    EventLoop loop(0, Log(std::make_shared<NullLogSink>(), "test"));
    NoEvents events;
    Hop hop(loop, events, ChunkLimits{});
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
    EventLoop loop(0, Log(std::make_shared<NullLogSink>(), "test"));
    NoEvents events;
    Hop hop(loop, events, ChunkLimits{});
    hop.open(Fd(ends[0]));
    Fd(ends[1]).reset();
    const std::vector<uint8_t> bytes(10);
    EXPECT_FALSE(hop.send(bytes));
    std::vector<uint8_t> buffer(10);
    EXPECT_EQ(hop.receive(buffer).kind, Received::Closed);
}

} // namespace
} // namespace srsproxy::rtmp
