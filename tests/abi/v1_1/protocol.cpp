// A tiny protocol that uses what SDK 1.1 brought: on each loop it logs the origins that the proxy
// knows, and publishes one stream that loses its origin as soon as it is there, twice.

#include <string>

#include "srsproxy/protocol.h"

namespace {

using srsproxy::toStr;
using srsproxy::toString;

class Part final : public srsproxy::ILoopPart,
                   private srsproxy::IOriginVisitor,
                   private srsproxy::IRouteHandler,
                   private srsproxy::ISessionOwner {
public:
    Part(const srsproxy::Services& services, srsproxy::IEventLoop* loop) : services_(services) {
        if (services_.origins == nullptr) {
            log("origins", "this proxy does not tell its origins");
            return;
        }
        const uint64_t version = services_.origins->version();
        services_.origins->list(toStr("rtmp"), this);
        log("origins", version == services_.origins->version() ? "nothing changed" : "changed");
        srsproxy::SessionInfo info{};
        info.structSize = sizeof info;
        info.protocol = toStr("rtmp");
        info.client = toStr("192.0.2.7:1024");
        session_ = services_.sessions->open(loop, &info, this);
        if (session_ != nullptr) {
            session_->identify(toStr("rtmp://v/live/x"), srsproxy::RolePublish, nullptr);
            route(0);
            route(srsproxy::RouteAfresh);
        }
    }
    void drain(int64_t) noexcept override {}
    void destroy() noexcept override {
        if (session_ != nullptr) {
            session_->close(srsproxy::CauseDone, srsproxy::SideClient, toStr(""));
        }
        delete this;
    }

private:
    void route(uint32_t flags) {
        srsproxy::RouteRequest request{};
        request.structSize = sizeof request;
        request.flags = flags;
        session_->route(&request, this);
    }
    void routed(const srsproxy::RouteAnswer* answer) noexcept override {
        log("routed", answer->code != srsproxy::RouteFound
                          ? toString(answer->reason)
                          : "to " + toString(answer->originId) + ", which is told by " +
                                toString(answer->clientAddress));
        if (answer->code == srsproxy::RouteFound) {
            session_->report(srsproxy::OutcomeAccepted, toStr(""));
            session_->report(srsproxy::OutcomeLost, toStr(""));
        }
    }
    void visit(const srsproxy::OriginInfo* origin) noexcept override {
        log("origin", toString(origin->id) + " is " + toString(origin->kind) + " at " +
                          toString(origin->scheme) + "://" + toString(origin->address) + ":" +
                          std::to_string(origin->port) + ", generation " +
                          std::to_string(origin->generation) + ", told by " +
                          toString(origin->clientAddress) +
                          (origin->usable != 0 ? ", usable" : ", not usable"));
    }
    void kicked(int32_t, srsproxy::Str) noexcept override {}

    void log(const char* topic, const std::string& message) {
        services_.log->write(srsproxy::LogInfo, 0, toStr(topic), toStr(message));
    }

    srsproxy::Services services_;
    srsproxy::ISession* session_ = nullptr;
};

class OriginsProtocol final : public srsproxy::Protocol {
public:
    OriginsProtocol(const srsproxy::Services& services, const srsproxy::Section&)
        : services_(services) {}

    void open(uint32_t) override {}
    srsproxy::ILoopPart* attach(srsproxy::IEventLoop* loop) override {
        return new Part(services_, loop);
    }

private:
    srsproxy::Services services_;
};

} // namespace

SRSPROXY_PROTOCOL(OriginsProtocol, "origins_protocol", "1.1.0", "MIT")
