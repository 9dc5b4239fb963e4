/// The running stream: bytes from one hop to the other, and its end.

#include <cerrno>

#include "plugins/rtmp/session.h"

namespace srsproxy::rtmp {

void Session::startRelay(std::span<uint8_t> originInput) {
    record_->report(OutcomeAccepted, toStr(""));
    std::vector<uint8_t> words;
    for (const OriginSide::Held& held : originSide_->held()) {
        writeHeld(held, words);
    }
    if (!words.empty() && !client_.send(words)) {
        sendingFailed(client_, errno);
        return;
    }
    client_.setAckWindow(clientSide_->request().ackWindowBytes);
    origin_->setAckWindow(originSide_->ackWindowBytes());
    pair_ = std::make_unique<RelayPair>(client_, clientSide_->request().streamId, *origin_,
                                        originSide_->streamId());
    originSide_.reset();
    clientSide_.reset();
    phase_ = Phase::Relay;
    deadline(part_.config().idleTimeoutUs);
    client_.setReading(true);

    relay(*origin_, originInput);
    if (phase_ == Phase::Relay && !finished_) {
        std::vector<uint8_t> early;
        early.swap(clientLeftover_);
        relay(client_, early);
    }
}

void Session::readRelay(Hop& from) {
    const std::span<uint8_t> buffer = part_.readBuffer();
    const Received received = from.receive(buffer);
    if (received.kind == Received::Nothing) {
        return;
    }
    if (received.kind != Received::Data) {
        relayEnded(from, received);
        return;
    }
    deadlineUs_ = part_.loop().nowUs() + part_.config().idleTimeoutUs;
    relay(from, buffer.first(received.bytes));
}

void Session::relay(Hop& from, std::span<uint8_t> input) {
    const bool fromClient = &from == &client_;
    Hop& to = fromClient ? *origin_ : client_;
    OutputList& toOther = part_.output();
    OutputList& back = part_.backOutput();
    toOther.clear();
    back.clear();
    const bool sound = fromClient ? pair_->fromClient(input, toOther, back)
                                  : pair_->fromOrigin(input, toOther, back);
    if (!toOther.empty() && !to.send(toOther)) {
        sendingFailed(to, errno);
        return;
    }
    if (!back.empty() && !from.send(back)) {
        sendingFailed(from, errno);
        return;
    }
    if (!sound) {
        if (!fromClient) {
            record_->report(OutcomeProtocolError, toStr(std::string(pair_->failure())));
            tellEnd("the stream's origin went away");
        }
        closeAfterLastWords(CauseProtocolError, fromClient ? SideClient : SideOrigin,
                            std::string(pair_->failure()));
        return;
    }
    if (from.unsentBytes() > MaxUnsentAnswers && !back.empty()) {
        finish(CauseLimit, fromClient ? SideClient : SideOrigin,
               "the peer does not read its answers");
    }
}

void Session::applyBackPressure() {
    if (phase_ != Phase::Relay) {
        return;
    }
    client_.setReading(origin_->unsentBytes() == 0);
    origin_->setReading(client_.unsentBytes() == 0);
}

void Session::relayEnded(Hop& from, const Received& received) {
    const bool byClient = &from == &client_;
    const bool orderly = received.kind == Received::Closed;
    const std::string how =
        orderly ? "closed the connection" : errorText("connection lost", received.error);
    if (byClient) {
        closeAfterLastWords(orderly ? CauseDone : CauseReset, SideClient, how);
        return;
    }
    if (!orderly) {
        record_->report(OutcomeLost, toStr(how));
    }
    tellEnd("the stream's origin went away");
    closeAfterLastWords(orderly ? CauseDone : CauseReset, SideOrigin, how);
}

void Session::tellEnd(const std::string& why) {
    OutputList& toClient = part_.output();
    toClient.clear();
    if (role_ == RolePublish) {
        pair_->tellEnd("error", "NetConnection.Connect.Closed", why, toClient);
    } else {
        pair_->tellEnd("status", "NetStream.Play.UnpublishNotify", why, toClient);
    }
    client_.send(toClient);
}

} // namespace srsproxy::rtmp
