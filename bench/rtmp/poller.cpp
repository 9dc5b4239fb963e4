#include "bench/rtmp/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rtmpload {
namespace {

constexpr int64_t NsPerSecond = 1'000'000'000;
constexpr int Backlog = 4096;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in toSockaddr(const Address& address) {
    sockaddr_in wanted{};
    wanted.sin_family = AF_INET;
    wanted.sin_port = htons(address.port);
    if (::inet_pton(AF_INET, address.host.c_str(), &wanted.sin_addr) != 1) {
        throw std::invalid_argument("not an IPv4 address: " + address.host);
    }
    return wanted;
}

} // namespace

int64_t nowNs() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NsPerSecond + now.tv_nsec;
}

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        fail("epoll_create1");
    }
}

Poller::~Poller() {
    ::close(epoll_);
}

void Poller::add(int fd, uint32_t events, Handler& handler) const {
    epoll_event event{events, {.ptr = &handler}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("epoll_ctl");
    }
}

void Poller::modify(int fd, uint32_t events, Handler& handler) const {
    epoll_event event{events, {.ptr = &handler}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) {
        fail("epoll_ctl");
    }
}

void Poller::turn(int64_t untilNs) const {
    const int64_t leftNs = std::max<int64_t>(0, untilNs - nowNs());
    const timespec timeout{leftNs / NsPerSecond, leftNs % NsPerSecond};
    std::array<epoll_event, 256> events;
    const int count =
        ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (count < 0 && errno != EINTR) {
        fail("epoll_pwait2");
    }
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        static_cast<Handler*>(event.data.ptr)->ready(event.events);
    }
}

int listenOn(const Address& address) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const sockaddr_in wanted = toSockaddr(address);
    if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) != 0 ||
        ::listen(fd, Backlog) != 0) {
        fail("cannot listen on the origin address");
    }
    return fd;
}

int connectTo(const Address& address) {
    const sockaddr_in wanted = toSockaddr(address);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    setNoDelay(fd);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) != 0 &&
        errno != EINPROGRESS) {
        const int error = errno;
        ::close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void setNoDelay(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

} // namespace rtmpload
