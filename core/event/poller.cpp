#include "core/event/poller.h"

#include <cerrno>
#include <ctime>
#include <system_error>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace srsproxy {
namespace {

constexpr uint64_t WakeUpTag = UINT64_MAX;
constexpr uint64_t TimerTag = UINT64_MAX - 1;

int opened(int fd, const char* what) {
    if (fd < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return fd;
}

timespec toTimespec(int64_t us) {
    return timespec{static_cast<time_t>(us / 1'000'000), static_cast<long>(us % 1'000'000 * 1000)};
}

} // namespace

OwnedFd::~OwnedFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Poller::Poller(PollTimeout timeout)
    : timeout_(timeout), epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wakeUp_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      timer_(
          opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")) {
    // Edge-triggered, so that neither needs to be read: every write and expiry is an edge.
    const int failed = add(wakeUp_.value(), EPOLLIN | EPOLLET, WakeUpTag) |
                       add(timer_.value(), EPOLLIN | EPOLLET, TimerTag);
    if (failed != 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
}

int Poller::add(int fd, uint32_t events, uint64_t tag) {
    epoll_event event{events, {.u64 = tag}};
    return ::epoll_ctl(epoll_.value(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

int Poller::modify(int fd, uint32_t events, uint64_t tag) {
    epoll_event event{events, {.u64 = tag}};
    return ::epoll_ctl(epoll_.value(), EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
}

int Poller::remove(int fd) {
    return ::epoll_ctl(epoll_.value(), EPOLL_CTL_DEL, fd, nullptr) == 0 ? 0 : errno;
}

std::span<const epoll_event> Poller::wait(int64_t timeoutUs) {
    const int count =
        timeout_ == PollTimeout::Pwait2 ? waitPwait2(timeoutUs) : waitTimerFd(timeoutUs);
    return {events_.data(), count > 0 ? static_cast<size_t>(count) : 0};
}

int Poller::waitPwait2(int64_t timeoutUs) {
    const timespec timeout = toTimespec(timeoutUs);
    const int count =
        ::epoll_pwait2(epoll_.value(), events_.data(), static_cast<int>(events_.size()),
                       timeoutUs < 0 ? nullptr : &timeout, nullptr);
    // Some container runtimes answer EPERM for a system call that they do not know.
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
        timeout_ = PollTimeout::TimerFd;
        return waitTimerFd(timeoutUs);
    }
    return count;
}

int Poller::waitTimerFd(int64_t timeoutUs) {
    if (timeoutUs > 0) {
        const itimerspec once{{0, 0}, toTimespec(timeoutUs)};
        ::timerfd_settime(timer_.value(), 0, &once, nullptr);
    }
    return ::epoll_wait(epoll_.value(), events_.data(), static_cast<int>(events_.size()),
                        timeoutUs == 0 ? 0 : -1);
}

void Poller::wake() {
    const uint64_t one = 1;
    // Fails only when the counter is full, and then the edge has not been seen yet.
    [[maybe_unused]] const ssize_t written = ::write(wakeUp_.value(), &one, sizeof one);
}

} // namespace srsproxy
