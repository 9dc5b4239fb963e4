/// A stream's deadlines, its figures and its end.

#include "plugins/rtmp/stream.h"

#include <algorithm>
#include <utility>

#include "plugins/rtmp/connection.h"

namespace srsproxy::rtmp {

Stream::Stream(Connection& connection) : connection_(connection) {}

Stream::~Stream() = default;

void Stream::deadline(int64_t fromNowUs) {
    deadlineUs_ = connection_.part().loop().nowUs() + fromNowUs;
    if (isResuming()) {
        const int64_t last = resume_->lostUs + connection_.part().config().resumeTimeoutUs;
        deadlineUs_ = std::min(deadlineUs_, last);
    }
}

void Stream::expired() {
    deadlineUs_ = 0;
    if (isResuming() && connection_.part().loop().nowUs() >=
                            resume_->lostUs + connection_.part().config().resumeTimeoutUs) {
        record_->cancelRoute();
        dropOrigin();
        giveUp("resume_timeout has passed");
        return;
    }
    switch (phase_) {
    case Phase::Routing:
        record_->cancelRoute();
        if (isResuming()) {
            backOff("no origin was found in time");
        } else {
            refuseAndEnd(
                role_ == RolePublish ? "NetStream.Publish.Rejected" : "NetStream.Play.Failed",
                "no origin was found in time", {CauseTimeout, SideProxy, "routing took too long"});
        }
        return;
    case Phase::Connecting:
        originFailed(OutcomeConnectTimeout, "no connection in time");
        return;
    case Phase::Asking:
        originFailed(OutcomeSilent, origin_->handshaking()
                                        ? "no TLS handshake in time: does it speak TLS there?"
                                        : "no answer in time");
        return;
    case Phase::Relay:
        if (role_ == RolePublish && origin_->unsentBytes() != 0) {
            if (mayResume()) {
                originLost(OutcomeLost, "it takes no bytes any more", false);
            } else {
                tellEnd("the stream's origin went away");
                endAfterWords({CauseIdle, SideOrigin, "it takes no bytes any more"});
            }
            return;
        }
        tellEnd("no byte from either side for too long");
        endAfterWords({CauseIdle, SideProxy, "no byte from either side"});
        return;
    case Phase::BackOff:
        askForOrigin(RouteAfresh);
        return;
    case Phase::Leaving:
        end({CauseDone, SideClient, "closed the stream"});
        return;
    case Phase::Unnamed:
    case Phase::Ended:
        return;
    }
}

void Stream::kicked(int32_t cause, Str reason) noexcept {
    Connection::Entry entry(connection_);
    if (hasEnded() || connection_.closing()) {
        return;
    }
    const std::string why = toString(reason);
    const Ending ending{cause, SideProxy, why};
    if (phase_ == Phase::Unnamed) {
        connection_.finish(cause, SideProxy, why);
    } else if (isSettingUp()) {
        refuseAndEnd("NetConnection.Connect.Closed", why, ending);
    } else {
        tellEnd(why);
        endAfterWords(ending);
    }
    connection_.conclude();
}

void Stream::end(const Ending& ending) {
    if (hasEnded()) {
        return;
    }
    if (isResuming()) {
        resumeFailed(ending.detail);
    }
    connection_.countBytes();
    countBytes();
    pushUp();
    // Other streams have something to say to the client.
    const bool goesOn = !connection_.client().isOpen() || connection_.closing() || padDown();
    if (origin_) {
        origin_->close();
    }
    deadlineUs_ = 0;
    const Ending last = isLeaving() ? Ending{CauseDone, SideClient, "closed the stream"} : ending;
    phase_ = Phase::Ended;
    record_->cancelRoute();
    std::exchange(record_, nullptr)->close(last.cause, last.side, toStr(last.detail));
    if (!goesOn) {
        connection_.closeAfterLastWords(last.cause, last.side, last.detail);
    }
}

void Stream::countBytes() {
    if (!origin_) {
        return;
    }
    SessionCounters* counters = record_->counters();
    srsproxy::countBytes(&counters->fromOrigin, origin_->bytesReceived() - countedFromOrigin_);
    srsproxy::countBytes(&counters->toOrigin, origin_->bytesSent - countedToOrigin_);
    countedFromOrigin_ = origin_->bytesReceived();
    countedToOrigin_ = origin_->bytesSent;
}

void Stream::countClientBytes(uint64_t received, uint64_t sent) {
    SessionCounters* counters = record_->counters();
    srsproxy::countBytes(&counters->fromClient, received);
    srsproxy::countBytes(&counters->toClient, sent);
}

/// An origin that takes nothing more is given up sooner than a client that says nothing.
void Stream::watchOrigin() {
    if (!isRunning() || role_ != RolePublish) {
        return;
    }
    const Config& config = connection_.part().config();
    const int64_t patienceUs = std::min(config.originTimeoutUs, config.idleTimeoutUs);
    if (origin_->unsentBytes() == 0) {
        if (std::exchange(stalled_, false)) {
            deadline(config.idleTimeoutUs);
        }
    } else if (!std::exchange(stalled_, true) || origin_->bytesSent != countedToOrigin_) {
        deadline(patienceUs);
    }
}

void Stream::settle() {
    watchOrigin();
    countBytes();
    if (!replay_) {
        return;
    }
    if (whole_ || (!isRunning() && !isResuming())) {
        if (up_) {
            up_->setTap(nullptr);
        }
        replay_.reset();
    } else {
        replay_->settle();
    }
}

} // namespace srsproxy::rtmp
