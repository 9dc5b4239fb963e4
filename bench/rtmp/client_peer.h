#pragma once

/// The client's end: an encoder or a player as OBS and ffmpeg talk, on a stream named after its
/// number.

#include "bench/rtmp/connection.h"

namespace rtmpload {

class ClientPeer final : public Connection {
public:
    /// `fd` is a socket that is connecting. `tcUrl` outlives this.
    ClientPeer(const Shared& shared, Owner& owner, int fd, uint32_t stream, bool publish,
               const std::string& tcUrl);

private:
    void onConnected() override;
    void onFirstBlock(std::span<const uint8_t, srsproxy::rtmp::C0C1Bytes> block) override;
    void onCommand(const srsproxy::rtmp::Command& command) override;
    void onResult(const srsproxy::rtmp::Answer& answer);
    void sendConnect();
    void sendCreateStream();
    void sendStart();

    bool publish_;
    bool started_ = false;
    const std::string& tcUrl_;
};

} // namespace rtmpload
