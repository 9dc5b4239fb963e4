#include "bench/rtmp/client_peer.h"

#include "plugins/rtmp/codec/amf0.h"

namespace rtmpload {

namespace rtmp = srsproxy::rtmp;

namespace {

constexpr double ConnectTransaction = 1;
constexpr double ReleaseTransaction = 2;
constexpr double FcPublishTransaction = 3;
constexpr double CreateTransaction = 4;
constexpr double StartTransaction = 5;
constexpr uint32_t WindowBytes = 2'500'000;
constexpr uint32_t BufferMs = 3000;

} // namespace

ClientPeer::ClientPeer(const Shared& shared, Owner& owner, int fd, uint32_t stream, bool publish,
                       const std::string& tcUrl)
    : Connection(shared, owner, fd), publish_(publish), tcUrl_(tcUrl) {
    setStream(stream);
    expectConnect();
}

void ClientPeer::onConnected() {
    std::array<uint8_t, rtmp::C0C1Bytes> block;
    rtmp::makeC0C1(shared().random, block);
    words(block);
    flush();
}

void ClientPeer::onFirstBlock(std::span<const uint8_t, rtmp::C0C1Bytes> block) {
    std::array<uint8_t, rtmp::C2Bytes> answer;
    if (const auto error = rtmp::answerS0S1(block, answer); error != rtmp::HandshakeError::None) {
        fail(std::string(rtmp::describe(error)));
        return;
    }
    words(answer);
    sendConnect();
}

void ClientPeer::sendConnect() {
    std::vector<uint8_t> object;
    rtmp::Amf0Writer writer(object);
    writer.beginObject();
    writer.key("app").string("live").key("type").string("nonprivate");
    writer.key("flashVer").string("FMLE/3.0 (compatible; rtmp_load)");
    writer.key("tcUrl").string(tcUrl_).endObject();
    std::vector<uint8_t> payload;
    rtmp::appendConnect(payload, ConnectTransaction, object);
    command(payload);
}

void ClientPeer::sendCreateStream() {
    const std::string name = "s" + std::to_string(*stream());
    control(rtmp::makeWindowAckSize(WindowBytes));
    control(rtmp::makeSetChunkSize(shared().chunkBytes));
    std::vector<uint8_t> payload;
    if (publish_) {
        rtmp::appendStreamCall(payload, "releaseStream", ReleaseTransaction, name);
        command(payload);
        payload.clear();
        rtmp::appendStreamCall(payload, "FCPublish", FcPublishTransaction, name);
        command(payload);
        payload.clear();
    }
    rtmp::appendCall(payload, "createStream", CreateTransaction);
    command(payload);
}

void ClientPeer::sendStart() {
    const std::string name = "s" + std::to_string(*stream());
    std::vector<uint8_t> arguments;
    rtmp::Amf0Writer writer(arguments);
    writer.string(name);
    if (publish_) {
        writer.string("live");
    }
    std::vector<uint8_t> payload;
    rtmp::appendCall(payload, publish_ ? "publish" : "play", StartTransaction, arguments);
    command(payload, messageStream());
    if (!publish_) {
        control(rtmp::makeSetBufferLength(messageStream(), BufferMs));
    }
}

void ClientPeer::onCommand(const rtmp::Command& command) {
    const auto answer = rtmp::parseAnswer(command);
    if (!answer) {
        return;
    }
    if (answer->kind == rtmp::AnswerKind::Error || answer->level == "error") {
        fail("refused: " + std::string(answer->code) + " " + std::string(answer->description));
    } else if (answer->kind == rtmp::AnswerKind::Result) {
        onResult(*answer);
    } else if (answer->code == (publish_ ? "NetStream.Publish.Start" : "NetStream.Play.Start") &&
               !started_) {
        started_ = true;
        establish();
    }
}

void ClientPeer::onResult(const rtmp::Answer& answer) {
    if (answer.transactionId == ConnectTransaction) {
        sendCreateStream();
    } else if (answer.transactionId == CreateTransaction) {
        if (!answer.streamId) {
            fail("createStream was answered without a number");
            return;
        }
        setMessageStream(*answer.streamId);
        sendStart();
    }
}

} // namespace rtmpload
