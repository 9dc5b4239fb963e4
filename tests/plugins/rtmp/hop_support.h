#pragma once

/// Hops on a loop that a test turns by hand.

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "plugins/rtmp/hop.h"

namespace srsproxy::rtmp::test {

/// Watches sockets with poll(), and counts the system calls that epoll would take.
class PollLoop final : public IEventLoop {
public:
    uint32_t calls = 0;
    uint32_t mask(int32_t fd) const { return watched_.at(fd).events; }

    /// Tells all handlers what is ready. False when nothing was.
    bool turn() {
        std::vector<pollfd> fds;
        for (const auto& [fd, watch] : watched_) {
            const auto events = ((watch.events & EventRead) != 0 ? POLLIN : 0) |
                                ((watch.events & EventWrite) != 0 ? POLLOUT : 0);
            fds.push_back({fd, static_cast<short>(events), 0});
        }
        bool any = false;
        ::poll(fds.data(), fds.size(), 0);
        for (const pollfd& each : fds) {
            const uint32_t events = ((each.revents & POLLIN) != 0 ? EventRead : 0u) |
                                    ((each.revents & POLLOUT) != 0 ? EventWrite : 0u) |
                                    ((each.revents & (POLLHUP | POLLERR)) != 0 ? EventHangup : 0u);
            if (events != 0 && watched_.contains(each.fd)) {
                any = true;
                watched_[each.fd].handler->ready(each.fd, events);
            }
        }
        return any;
    }

    int32_t watch(int32_t fd, uint32_t events, IFdHandler* handler) noexcept override {
        ++calls;
        watched_[fd] = {events, handler};
        return StatusOk;
    }
    int32_t modify(int32_t fd, uint32_t events) noexcept override {
        calls += watched_.at(fd).events != events ? 1 : 0;
        watched_[fd].events = events;
        return StatusOk;
    }
    void unwatch(int32_t fd) noexcept override {
        ++calls;
        watched_.erase(fd);
    }
    uint32_t index() noexcept override { return 0; }
    int64_t nowUs() noexcept override { return 0; }
    uint64_t startTimer(int64_t, ITimerHandler*) noexcept override { return 1; }
    void cancelTimer(uint64_t) noexcept override {}
    void post(ITask*) noexcept override {}

private:
    struct Watch {
        uint32_t events = 0;
        IFdHandler* handler = nullptr;
    };
    std::map<int32_t, Watch> watched_;
};

/// A hop that is served as a session serves it.
class Party final : public IFdHandler {
public:
    explicit Party(PollLoop& loop) : hop(loop, *this, DefaultChunkLimits) {}
    Hop hop;
    std::vector<uint8_t> got;
    Received last; ///< other than Nothing
    size_t readBytes = 65536;
    uint32_t idleWakeUps = 0; ///< for nothing, after the handshake

    void ready(int32_t, uint32_t events) noexcept override {
        const bool shaking = hop.handshaking();
        const uint64_t sent = hop.bytesSent;
        if ((events & EventWrite) != 0 && !hop.flush()) {
            last = {Received::Failed, 0, errno};
            hop.close();
            return;
        }
        bool idle = hop.bytesSent == sent;
        if ((events & (EventRead | EventHangup)) != 0 || hop.hasBuffered()) {
            idle = !read() && idle;
        }
        idleWakeUps += idle && !shaking ? 1 : 0;
    }
    /// Reads until there is nothing buffered. False when there was nothing.
    bool read() {
        bool any = false;
        do {
            std::vector<uint8_t> buffer(readBytes);
            const Received received = hop.receive(buffer);
            if (received.kind != Received::Nothing) {
                any = true;
                last = received;
                got.insert(got.end(), buffer.begin(),
                           buffer.begin() + static_cast<std::ptrdiff_t>(received.bytes));
            }
            if (received.kind == Received::Closed || received.kind == Received::Failed) {
                failure = hop.failure();
                hop.close();
            }
        } while (hop.isOpen() && hop.isReading() && hop.hasBuffered());
        return any;
    }
    std::string failure;
};

inline std::vector<uint8_t> noise(size_t size) {
    std::minstd_rand random(static_cast<unsigned>(size));
    std::vector<uint8_t> bytes(size);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random() >> 7); });
    return bytes;
}

inline std::vector<iovec> cut(std::vector<uint8_t>& bytes, const std::vector<size_t>& sizes) {
    std::vector<iovec> pieces;
    size_t at = 0;
    for (const size_t size : sizes) {
        pieces.push_back({bytes.data() + at, size});
        at += size;
    }
    return pieces;
}

/// Turns until nothing is ready any more.
inline void turnUntilQuiet(PollLoop& loop) {
    for (int i = 0; i < 100'000 && loop.turn(); ++i) {
    }
    EXPECT_FALSE(loop.turn()) << "it spins";
}

} // namespace srsproxy::rtmp::test
