#include "core/api/deadline_socket.h"

#include <algorithm>
#include <cerrno>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Thread.h>

namespace srsproxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How soon a waiting thread notices that the server stops.
constexpr milliseconds Slice{100};
constexpr int Backlog = 128;

class ListeningSocket final : public Poco::Net::ServerSocketImpl {
public:
    explicit ListeningSocket(StopFlag stop) : stop_(std::move(stop)) {}

    Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override {
        sockaddr_storage address{};
        socklen_t size = sizeof(address);
        const int fd = ::accept4(sockfd(), reinterpret_cast<sockaddr*>(&address), &size,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                Poco::Thread::sleep(50); // the backlog stays full: do not spin on it
            }
            throw Poco::Net::NetException("accept");
        }
        client = Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), size);
        return new DeadlineSocket(fd, stop_);
    }

private:
    ~ListeningSocket() override = default;
    StopFlag stop_;
};

void listenOn(Poco::Net::SocketImpl& socket, const std::string& host, uint16_t port) {
    using Poco::Net::SocketAddress;
    constexpr bool ReuseAddress = true;
    constexpr bool ReusePort = false; // a taken port must be an error
    if (!host.empty()) {
        const SocketAddress address(host, port);
        if (address.family() == Poco::Net::AddressFamily::IPv6) {
            socket.bind6(address, ReuseAddress, ReusePort, true);
        } else {
            socket.bind(address, ReuseAddress, ReusePort);
        }
    } else {
        try {
            socket.bind6(SocketAddress("::", port), ReuseAddress, ReusePort, false);
        } catch (const Poco::Net::NetException& error) {
            if (error.code() == EADDRINUSE || error.code() == EACCES) {
                throw;
            }
            socket.close(); // a kernel without IPv6
            socket.bind(SocketAddress("0.0.0.0", port), ReuseAddress, ReusePort);
        }
    }
    socket.listen(Backlog);
    socket.setBlocking(false);
}

} // namespace

DeadlineSocket::DeadlineSocket(int fd, StopFlag stop)
    : StreamSocketImpl(fd), stop_(std::move(stop)), deadline_(steady_clock::now()) {}

bool DeadlineSocket::ready(short events, Time until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    const auto wait = std::clamp(left, milliseconds(0), Slice);
    pollfd entry{sockfd(), events, 0};
    return ::poll(&entry, 1, static_cast<int>(wait.count())) > 0;
}

bool DeadlineSocket::waitReadable(Time until, const std::function<bool()>& giveUp) {
    while (!ready(POLLIN, until)) {
        if (*stop_ || steady_clock::now() >= until || giveUp()) {
            return false;
        }
    }
    return true;
}

int DeadlineSocket::receiveBytes(void* buffer, int length, int flags) {
    for (;;) {
        if (*stop_) {
            fail(Trouble::Stopped, "the server stops");
        }
        if (steady_clock::now() >= deadline_) {
            fail(Trouble::Late, "the request took too long");
        }
        if (readBudget_ == 0) {
            fail(Trouble::TooMuch, "the request is too large");
        }
        const auto wanted = std::min<uint64_t>(static_cast<uint64_t>(length), readBudget_);
        const ssize_t got = ::recv(sockfd(), buffer, static_cast<size_t>(wanted), flags);
        if (got >= 0) {
            trouble_ = got == 0 ? Trouble::PeerClosed : trouble_;
            readBudget_ -= static_cast<uint64_t>(got);
            return static_cast<int>(got);
        }
        if (errno != EAGAIN && errno != EINTR) {
            fail(Trouble::Failed, "the connection broke");
        }
        ready(POLLIN, deadline_);
    }
}

int DeadlineSocket::sendBytes(const void* buffer, int length, int flags) {
    const char* data = static_cast<const char*>(buffer);
    size_t left = static_cast<size_t>(std::max(length, 0));
    while (left > 0) {
        const ssize_t sent = ::send(sockfd(), data, left, flags | MSG_NOSIGNAL);
        if (sent >= 0) {
            data += sent;
            left -= static_cast<size_t>(sent);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) {
            fail(Trouble::Failed, "the connection broke");
        }
        if (steady_clock::now() >= deadline_) {
            fail(Trouble::Late, "the client reads too slowly");
        }
        ready(POLLOUT, deadline_);
    }
    return length;
}

void DeadlineSocket::fail(Trouble trouble, const char* message) {
    trouble_ = trouble;
    throw Poco::TimeoutException(message);
}

DeadlineServerSocket::DeadlineServerSocket(const std::string& host, uint16_t port, StopFlag stop)
    : ServerSocket(new ListeningSocket(std::move(stop)), true) {
    listenOn(*impl(), host, port);
}

} // namespace srsproxy
