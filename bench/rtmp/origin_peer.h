#pragma once

/// The origin's end: answers as SRS does, and takes or gives any stream. Its numbers of streams
/// differ from those of a proxy, so that numbers which are not translated show.

#include "bench/rtmp/connection.h"

namespace rtmpload {

class OriginPeer final : public Connection {
public:
    /// `serial` is any number that differs between connections.
    OriginPeer(const Shared& shared, Owner& owner, int fd, uint32_t serial);

private:
    void onFirstBlock(std::span<const uint8_t, srsproxy::rtmp::C0C1Bytes> block) override;
    void onCommand(const srsproxy::rtmp::Command& command) override;
    void onConnect(const srsproxy::rtmp::Command& command);
    void onStart(const srsproxy::rtmp::Command& command, bool publish);
    void status(std::string_view code, std::string_view description);

    bool started_ = false;
};

} // namespace rtmpload
