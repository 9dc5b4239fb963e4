#pragma once

/// What the RTMP plugin has on one event loop: the accepting sockets, the sessions, and the
/// buffers that all sessions of the loop share. Owned by the core; everything in it is used on
/// the loop's thread only.

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "plugins/common/tcp_listener.h"
#include "plugins/rtmp/codec/handshake.h"
#include "plugins/rtmp/codec/output_list.h"
#include "plugins/rtmp/config.h"
#include "srsproxy/protocol.h"

namespace srsproxy::rtmp {

class Session;

class LoopPart final : public ILoopPart, private IAcceptHandler {
public:
    LoopPart(const Services& services, const Config& config, IEventLoop& loop,
             std::vector<Fd> listeners);

    void drain(int64_t graceMs) noexcept override;
    void destroy() noexcept override;

    // For its sessions.
    IEventLoop& loop() { return loop_; }
    const Config& config() const { return config_; }
    const Services& services() const { return services_; }
    /// As large as a key frame, so that one read and one write serve a wake-up.
    std::span<uint8_t> readBuffer() { return readBuffer_; }
    OutputList& output() { return output_; }
    OutputList& backOutput() { return backOutput_; }
    std::span<const uint8_t, HandshakeRandomBytes> handshakeRandom() const { return random_; }
    void remove(Session& session);
    void log(int32_t level, uint64_t session, const char* topic, const std::string& message);

private:
    ~LoopPart();
    void accepted(Fd client, const SocketAddress& peer) override;
    void acceptFailed(int error) override;

    const Services services_;
    const Config& config_;
    IEventLoop& loop_;
    std::vector<uint8_t> readBuffer_;
    OutputList output_;
    OutputList backOutput_;
    std::array<uint8_t, HandshakeRandomBytes> random_{};
    std::vector<std::unique_ptr<TcpAcceptor>> acceptors_;
    std::vector<std::unique_ptr<Session>> sessions_; ///< each knows its place
};

} // namespace srsproxy::rtmp
