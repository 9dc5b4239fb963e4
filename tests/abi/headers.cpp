// Everything that the SDK offers, used once: compiled by header_matrix.py in every dialect.

#include <srsproxy/abi/http_routes.h>
#include <srsproxy/abi/store.h>
#include <srsproxy/balancer.h>
#include <srsproxy/protocol.h>

class AnyBalancer : public srsproxy::Balancer {
public:
    explicit AnyBalancer(const srsproxy::Section& options)
        : start_(static_cast<uint64_t>(options.integer("start", 0, 0, 9))) {
        options.flag("flag", true);
        options.real("real", 0.5, 0, 1);
        options.durationMs("duration", 1000, 0, 60000);
        options.sizeBytes("size", 1024, 0, 4096);
        options.texts("texts", {"a", "b"});
        options.items("items");
        options.section("section").text("text", "");
        options.reject("flag", "why not");
    }
    void update(const srsproxy::Origins& origins) override { count_ = origins.size(); }
    int64_t pick(const srsproxy::Pick& pick) override {
        return pick.sessions(0) > 0 && count_ > 0 ? srsproxy::PickNone : pick.nextEligible(start_);
    }

private:
    uint64_t start_;
    uint64_t count_ = 0;
};

class AnyProtocol : public srsproxy::Protocol {
public:
    AnyProtocol(const srsproxy::Services& services, const srsproxy::Section&)
        : services_(services) {}
    void open(uint32_t) override {}
    srsproxy::ILoopPart* attach(srsproxy::IEventLoop*) override {
        uint64_t counter = 0;
        srsproxy::countBytes(&counter, 1);
        return services_.log == nullptr || services_.origins == nullptr ? nullptr : part_;
    }

private:
    srsproxy::Services services_;
    srsproxy::ILoopPart* part_ = nullptr;
};

#ifdef AS_PROTOCOL
SRSPROXY_PROTOCOL(AnyProtocol, "any_protocol", "1.0.0", "MIT")
#else
SRSPROXY_BALANCER(AnyBalancer, "any_balancer", "1.0.0", "MIT")
#endif
