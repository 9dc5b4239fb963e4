#pragma once

/// Sockets whose reads and writes end at a deadline, not after each pause: a client that sends
/// a byte every few seconds holds a thread no longer than one that sends none. A connection's
/// socket belongs to the thread that serves it. Included by .cpp files only.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>

namespace srsproxy {

using StopFlag = std::shared_ptr<std::atomic<bool>>;

class DeadlineSocket final : public Poco::Net::StreamSocketImpl {
public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Trouble { None, Late, TooMuch, PeerClosed, Stopped, Failed };

    DeadlineSocket(int fd, StopFlag stop);

    /// Reads and writes fail from then on.
    void deadline(Time when) { deadline_ = when; }
    /// Reads fail when that many more bytes have come.
    void readBudget(uint64_t bytes) { readBudget_ = bytes; }
    /// True when there is something to read; false at `until`, when the server stops, or when
    /// `giveUp` (asked ten times a second) says so.
    bool waitReadable(Time until, const std::function<bool()>& giveUp);
    /// Why the last read or write failed or found the end. Sticky.
    Trouble trouble() const { return trouble_; }
    bool stopping() const { return *stop_; }
    /// The serving thread's last word: the thread that frees the socket sees all that it did.
    /// Poco's counter of references promises that too, but not where a sanitizer can see it.
    void leave() { left_.store(true, std::memory_order_release); }

    /// 0 at the peer's end. Throws Poco::Exception.
    int receiveBytes(void* buffer, int length, int flags) override;
    /// Sends all. Throws Poco::Exception.
    int sendBytes(const void* buffer, int length, int flags) override;

private:
    ~DeadlineSocket() override { (void)left_.load(std::memory_order_acquire); }
    bool ready(short events, Time until);
    [[noreturn]] void fail(Trouble trouble, const char* message);

    StopFlag stop_;
    Time deadline_;
    uint64_t readBudget_ = 0;
    Trouble trouble_ = Trouble::None;
    std::atomic<bool> left_{false};
};

/// Listens, and makes DeadlineSockets of what it accepts.
class DeadlineServerSocket final : public Poco::Net::ServerSocket {
public:
    /// An empty host: every address, IPv4 and IPv6. Throws Poco::Exception.
    DeadlineServerSocket(const std::string& host, uint16_t port, StopFlag stop);
};

} // namespace srsproxy
