/// The RTMP protocol plugin: binds the listeners and makes one LoopPart for each event loop.

#include "plugins/rtmp/config.h"
#include "plugins/rtmp/loop_part.h"
#include "srsproxy/protocol.h"

namespace srsproxy::rtmp {
namespace {

class RtmpProtocol final : public Protocol {
public:
    RtmpProtocol(const Services& services, const Section& section)
        : services_(services), config_(readConfig(section)) {}

    void open(uint32_t loops) override {
        for (const ListenAddress& address : config_.listen) {
            listeners_.push_back(bindListeners(address, loops));
            const std::string message = "listening on " + toString(listeners_.back().address);
            services_.log->write(LogInfo, 0, toStr("listening"), toStr(message));
        }
    }

    ILoopPart* attach(IEventLoop* loop) override {
        std::vector<Fd> sockets;
        for (ListenerSockets& listener : listeners_) {
            sockets.push_back(std::move(listener.sockets.at(loop->index())));
        }
        return new LoopPart(services_, config_, *loop, std::move(sockets));
    }

private:
    const Services services_;
    const Config config_;
    std::vector<ListenerSockets> listeners_;
};

} // namespace
} // namespace srsproxy::rtmp

SRSPROXY_PROTOCOL(srsproxy::rtmp::RtmpProtocol, "rtmp", "0.1.0", "MIT")
