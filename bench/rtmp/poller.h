#pragma once

/// epoll with timeouts of nanoseconds, and the sockets that go with it. One thread.

#include <cstdint>
#include <span>
#include <string>

#include <sys/epoll.h>

namespace rtmpload {

/// An IPv4 address with its port, as `127.0.0.1:1935`.
struct Address {
    std::string host;
    uint16_t port = 0;
};

int64_t nowNs();

/// Who is told when a descriptor is ready.
class Handler {
public:
    virtual ~Handler() = default;
    virtual void ready(uint32_t events) = 0;
};

class Poller {
public:
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    void add(int fd, uint32_t events, Handler& handler) const;
    void modify(int fd, uint32_t events, Handler& handler) const;
    /// Waits until `untilNs` at most, and calls the handlers. A handler stays alive until
    /// turn() has returned, even if it is done.
    void turn(int64_t untilNs) const;

private:
    int epoll_;
};

/// A listening socket. Throws std::system_error.
int listenOn(const Address& address);
/// A socket that is connecting, or -1 with errno.
int connectTo(const Address& address);
/// No delay of small segments.
void setNoDelay(int fd);

} // namespace rtmpload
