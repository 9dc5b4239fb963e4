#include "bench/rtmp/origin_peer.h"

#include <charconv>

#include "plugins/rtmp/codec/amf0.h"

namespace rtmpload {

namespace rtmp = srsproxy::rtmp;

namespace {

constexpr uint32_t WindowBytes = 2'500'000;

/// `s17` is 17, with or without a query behind it.
std::optional<uint32_t> streamNumber(std::string_view name) {
    uint32_t number = 0;
    name = name.substr(0, name.find('?'));
    if (!name.starts_with('s')) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) {
        return std::nullopt;
    }
    return number;
}

} // namespace

OriginPeer::OriginPeer(const Shared& shared, Owner& owner, int fd, uint32_t serial)
    : Connection(shared, owner, fd) {
    setMessageStream(1 + serial % 3);
}

void OriginPeer::onFirstBlock(std::span<const uint8_t, rtmp::C0C1Bytes> block) {
    std::array<uint8_t, rtmp::S0S1S2Bytes> answer;
    const rtmp::HandshakeAnswer done = rtmp::answerC0C1(block, shared().random, answer);
    if (done.error != rtmp::HandshakeError::None) {
        fail(std::string(rtmp::describe(done.error)));
        return;
    }
    words(answer);
}

void OriginPeer::onCommand(const rtmp::Command& command) {
    if (command.name == "connect") {
        onConnect(command);
    } else if (command.name == "publish" || command.name == "play") {
        onStart(command, command.name == "publish");
    } else if (command.transactionId != 0) {
        std::vector<uint8_t> payload;
        if (command.name == "createStream") {
            rtmp::appendCreateStreamResult(payload, command.transactionId, messageStream());
        } else {
            rtmp::appendEmptyResult(payload, command.transactionId);
        }
        this->command(payload);
    }
}

void OriginPeer::onConnect(const rtmp::Command& command) {
    const auto connect = rtmp::parseConnect(command);
    if (!connect || connect->app != "live") {
        fail("a connect without the application of the client");
        return;
    }
    control(rtmp::makeWindowAckSize(WindowBytes));
    control(rtmp::makeSetPeerBandwidth(WindowBytes, rtmp::BandwidthLimit::Dynamic));
    control(rtmp::makeSetChunkSize(shared().chunkBytes));
    std::vector<uint8_t> payload;
    rtmp::appendConnectResult(payload, command.transactionId);
    this->command(payload);
}

void OriginPeer::onStart(const rtmp::Command& command, bool publish) {
    const auto number = streamNumber(rtmp::stringArgument(command, 1).value_or(""));
    if (!number || started_) {
        fail("publish or play of a stream that is not ours, or the second on a connection");
        return;
    }
    started_ = true;
    setStream(*number);
    control(rtmp::makeUserControl(rtmp::UserEvent::StreamBegin, messageStream()));
    if (publish) {
        status("NetStream.Publish.Start", "Started publishing stream.");
    } else {
        status("NetStream.Play.Reset", "Playing and resetting stream.");
        status("NetStream.Play.Start", "Started playing stream.");
    }
    establish();
}

void OriginPeer::status(std::string_view code, std::string_view description) {
    std::vector<uint8_t> payload;
    rtmp::appendOnStatus(payload, {"status", code, description});
    command(payload, messageStream());
}

} // namespace rtmpload
