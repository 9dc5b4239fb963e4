/// The RTMP protocol plugin: binds the listeners and makes one LoopPart for each event loop.

#include "plugins/rtmp/loop_part.h"
#include "plugins/rtmp/shared.h"
#include "srsproxy/protocol.h"

namespace srsproxy::rtmp {
namespace {

class RtmpProtocol final : public Protocol {
public:
    RtmpProtocol(const Services& services, const Section& section)
        : services_(services), config_(readConfig(section)) {}

    void open(uint32_t loops) override {
        shared_ = std::make_unique<Shared>(services_, config_);
        bind(config_.listen, false, loops);
        bind(config_.tlsListen, true, loops);
    }

    ILoopPart* attach(IEventLoop* loop) override {
        std::vector<Listener> sockets;
        for (Bound& bound : bound_) {
            sockets.push_back({std::move(bound.sockets.sockets.at(loop->index())), bound.tls});
        }
        return new LoopPart(*shared_, *loop, std::move(sockets));
    }

private:
    struct Bound {
        ListenerSockets sockets;
        bool tls;
    };

    void bind(const std::vector<ListenAddress>& addresses, bool tls, uint32_t loops) {
        for (const ListenAddress& address : addresses) {
            bound_.push_back({bindListeners(address, loops), tls});
            const std::string message = "listening on " + toString(bound_.back().sockets.address) +
                                        (tls ? " with TLS" : "");
            services_.log->write(LogInfo, 0, toStr("listening"), toStr(message));
        }
    }

    const Services services_;
    const Config config_;
    std::unique_ptr<Shared> shared_;
    std::vector<Bound> bound_;
};

} // namespace
} // namespace srsproxy::rtmp

SRSPROXY_PROTOCOL(srsproxy::rtmp::RtmpProtocol, "rtmp", "0.1.0", "MIT")
