// A tiny protocol as it was written for SDK 1.0: on each loop it waits on a timer and a pipe,
// then tries to open a session, and says in log and figures what came of it.

#include <unistd.h>

#include <stdexcept>
#include <string>

#include "srsproxy/protocol.h"

namespace {

using srsproxy::toStr;

class OldPart final : public srsproxy::ILoopPart,
                      private srsproxy::IFdHandler,
                      private srsproxy::ITimerHandler,
                      private srsproxy::ISessionOwner {
public:
    OldPart(const srsproxy::Services& services, srsproxy::IEventLoop* loop, int64_t delayMs)
        : services_(services), loop_(loop) {
        if (::pipe(pipe_) != 0) {
            throw std::runtime_error("no pipe");
        }
        loop_->watch(pipe_[0], srsproxy::EventRead, this);
        loop_->startTimer(delayMs * 1000, this);
    }
    void drain(int64_t graceMs) noexcept override {
        log("drain", std::to_string(graceMs) + " ms of grace");
    }
    void destroy() noexcept override {
        loop_->unwatch(pipe_[0]);
        ::close(pipe_[0]);
        ::close(pipe_[1]);
        delete this;
    }

private:
    void expired(uint64_t) noexcept override {
        if (::write(pipe_[1], "x", 1) != 1) {
            log("write failed", "the pipe is full");
        }
    }
    void ready(int32_t fd, uint32_t) noexcept override {
        char byte;
        if (::read(fd, &byte, 1) != 1) {
            return;
        }
        srsproxy::SessionInfo info{};
        info.structSize = sizeof info;
        info.protocol = toStr("rtmp");
        info.client = toStr("192.0.2.7:1024");
        srsproxy::ISession* session = services_.sessions->open(loop_, &info, this);
        if (session != nullptr) {
            session->close(srsproxy::CauseDone, srsproxy::SideClient, toStr("that was all"));
        }
        const srsproxy::MetricLabel label = {toStr("loop"), toStr("any")};
        services_.metrics->counter(toStr("old_pulses_total"), toStr("Pulses."), &label, 1)->add(1);
        log("pulse", session != nullptr ? "a session" : "no session");
    }
    void kicked(int32_t, srsproxy::Str) noexcept override {}

    void log(const char* topic, const std::string& message) {
        services_.log->write(srsproxy::LogInfo, 0, toStr(topic), toStr(message));
    }

    srsproxy::Services services_;
    srsproxy::IEventLoop* loop_;
    int pipe_[2];
};

class OldProtocol final : public srsproxy::Protocol {
public:
    OldProtocol(const srsproxy::Services& services, const srsproxy::Section& options)
        : services_(services), delayMs_(options.durationMs("delay", 1, 0, 1000)) {}

    void open(uint32_t loops) override {
        if (loops == 0) {
            throw std::runtime_error("there is no loop to listen on");
        }
    }
    srsproxy::ILoopPart* attach(srsproxy::IEventLoop* loop) override {
        return new OldPart(services_, loop, delayMs_);
    }

private:
    srsproxy::Services services_;
    int64_t delayMs_;
};

} // namespace

SRSPROXY_PROTOCOL(OldProtocol, "old_protocol", "1.0.0", "MIT")
