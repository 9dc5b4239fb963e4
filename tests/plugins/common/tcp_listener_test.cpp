#include "plugins/common/tcp_listener.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "core/base/log.h"
#include "core/event/event_loop.h"

namespace srsproxy {
namespace {

TEST(TcpListener, GivesEveryLoopItsOwnSocketOnOnePort) {
    const ListenerSockets listener = bindListeners({"127.0.0.1", 0}, 3);
    EXPECT_EQ(listener.sockets.size(), 3u);
    EXPECT_NE(portOf(listener.address), 0);
}

TEST(TcpListener, RefusesAPortThatASecondProxyWouldShare) {
    const ListenerSockets first = bindListeners({"127.0.0.1", 0}, 1);
    const uint16_t port = portOf(first.address);
    try {
        bindListeners({"127.0.0.1", port}, 1);
        FAIL() << "two listeners share a port unnoticed";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("127.0.0.1:" + std::to_string(port)),
                  std::string::npos);
        EXPECT_NE(std::string(error.what()).find("change `listen`"), std::string::npos);
    }
}

class Taken final : public IAcceptHandler {
public:
    void accepted(Fd client, const SocketAddress& peer) override {
        first.set_value({std::move(client), toString(peer)});
    }
    void acceptFailed(int) override {}
    std::promise<std::pair<Fd, std::string>> first;
};

TEST(TcpListener, AcceptsOnItsLoop) {
    LoopGroup loops(1, Log(std::make_shared<NullLogSink>(), "test"));
    loops.start();
    ListenerSockets listener = bindListeners({"", 0}, 1);
    Taken taken;
    std::unique_ptr<TcpAcceptor> acceptor;
    loops.at(0).call([&] {
        acceptor =
            std::make_unique<TcpAcceptor>(std::move(listener.sockets[0]), loops.at(0), taken);
    });
    const Fd client = startConnect(socketAddress("127.0.0.1", portOf(listener.address)));
    ASSERT_TRUE(client.valid());
    auto future = taken.first.get_future();
    ASSERT_EQ(future.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_TRUE(future.get().second.starts_with("127.0.0.1:"));
    loops.at(0).call([&] { acceptor.reset(); });
}

} // namespace
} // namespace srsproxy
