/// A stream that loses its origin and goes on at another one.

#include <algorithm>
#include <utility>

#include "plugins/rtmp/codec/media_keeper.h"
#include "plugins/rtmp/connection.h"
#include "plugins/rtmp/stream.h"

namespace srsproxy::rtmp {
namespace {

constexpr int64_t FirstBackOffUs = 100'000;
constexpr int64_t MaxBackOffUs = 1'000'000;
/// A stream that ran this long has found a good origin: its next loss is a new story.
constexpr int64_t SettledUs = 10'000'000;

} // namespace

/// Whether another origin may have to be asked for this stream.
bool Stream::keepsRequest() const {
    const Config& config = connection_.part().config();
    return role_ == RolePublish ? config.resume : config.resumePlay;
}

bool Stream::mayResume() const {
    return isRunning() && request_ != nullptr && keepsRequest() && !originEnded_ && !whole_ &&
           connection_.isOnly(*this) && !connection_.closing();
}

void Stream::originLost(int32_t outcome, const std::string& how, bool orderly) {
    if (phase_ == Phase::Leaving) {
        end({CauseDone, SideClient, "closed the stream"});
        connection_.streamsChanged();
        return;
    }
    if (phase_ != Phase::Relay || connection_.closing()) {
        return;
    }
    if (mayResume() && padDown()) {
        record_->report(outcome, toStr(how));
        startResume(how, false);
        return;
    }
    if (!orderly) {
        record_->report(outcome, toStr(how));
    }
    tellEnd("the stream's origin went away");
    endAfterWords({orderly                           ? CauseDone
                   : outcome == OutcomeProtocolError ? CauseProtocolError
                                                     : CauseReset,
                   SideOrigin, how});
}

void Stream::startResume(const std::string& how, bool redirected) {
    const int64_t now = connection_.part().loop().nowUs();
    const std::optional<uint32_t> last = down_->lastTimestampMs();
    if (replay_) {
        replay_->setLate({});
    }
    up_.reset();
    down_.reset();
    gate_.reset();
    // Origins that take a stream and drop it again, one after the other, are one story.
    const bool again = resume_ && now - resume_->resumedUs <= SettledUs;
    if (!again) {
        const std::optional<uint32_t> before = resume_ ? resume_->lastTimestampMs : std::nullopt;
        resume_ = std::make_unique<Resume>();
        resume_->lastTimestampMs = before;
        resume_->lostUs = now;
    } else {
        resume_->lostUs += now - resume_->resumedUs; // the time that it ran does not count
    }
    if (last) {
        resume_->lastTimestampMs = last;
    }
    resume_->active = true;
    resume_->from = originName_;
    resume_->why = how;
    phase_ = Phase::Routing;
    connection_.streamsChanged();
    connection_.part().toOrigin().clear(); // what was meant for the lost one
    if (again) {
        backOff(how);
    } else if (redirected) {
        goToDetour();
    } else {
        askForOrigin();
    }
}

FeedResult Stream::keep(std::span<uint8_t> input, MessageVisitor& visitor) {
    ChunkReader& reader = connection_.client().reader;
    if (!replay_) {
        return reader.feed(input, visitor);
    }
    return MediaKeeper(reader, *replay_, visitor).feed(input);
}

void Stream::backOff(const std::string& why) {
    LoopPart& part = connection_.part();
    dropOrigin();
    if (++resume_->tries > part.config().resumeAttempts ||
        part.loop().nowUs() - resume_->lostUs >= part.config().resumeTimeoutUs) {
        giveUp(why);
        return;
    }
    phase_ = Phase::BackOff;
    const int64_t doubled = FirstBackOffUs << std::min<uint32_t>(resume_->tries - 1, 8);
    deadline(std::min(doubled, MaxBackOffUs));
}

/// The new origin has accepted, and the relays are in place.
void Stream::resumed(const OriginSide& side) {
    LoopPart& part = connection_.part();
    resume_->active = false;
    resume_->resumedUs = part.loop().nowUs();
    size_t messages = 0;
    if (role_ == RolePublish && replay_) {
        std::vector<uint8_t> bytes;
        origin_->writer.write(makeSetChunkSize(connection_.client().reader.chunkSize()), bytes);
        replay_->replay([&](const Message& message) {
            Message mapped = message;
            mapped.streamId = originId_;
            origin_->writer.write(mapped, bytes);
            ++messages;
        });
        replay_->setLate([this](const Message& message) {
            Message mapped = message;
            mapped.streamId = originId_;
            up_->inject(mapped, connection_.part().toOrigin());
        });
        if (!replay_->keeping()) {
            gate_ = std::make_unique<KeyFrameGate>(std::nullopt);
            up_->captureAll(true);
        }
        if (!origin_->send(bytes)) {
            originLost(OutcomeLost, origin_->failure(), false);
            return;
        }
    } else if (role_ == RolePlay) {
        gate_ = std::make_unique<KeyFrameGate>(resume_->lastTimestampMs);
        down_->captureAll(true);
        for (const OriginSide::Held& held : side.held()) {
            if (!isCommand(held.type) && !isControl(held.type)) {
                onOriginMedia({CommandChunkStream, id_, held.timestampMs, held.type, held.payload});
            }
        }
    }
    part.resumes().count(role_, true);
    const std::string ms = std::to_string((resume_->resumedUs - resume_->lostUs) / 1000);
    part.log(LogWarning, record_->id(), "resumed",
             (role_ == RolePublish ? "the publish went on at " : "the play went on at ") +
                 originName_ + " after " + ms + " ms, " + std::to_string(messages) +
                 " messages again; " + resume_->from + ": " + resume_->why);
}

void Stream::giveUp(const std::string& why) {
    const std::string detail = resume_->why + ", and no other origin took the stream: " + why;
    resumeFailed(why);
    tellEnd("the stream's origin went away");
    endAfterWords({CauseOriginFailed, SideOrigin, detail});
}

/// The search ends without an origin: one line, and one count.
void Stream::resumeFailed(const std::string& why) {
    LoopPart& part = connection_.part();
    resume_->active = false;
    part.resumes().count(role_, false);
    part.log(LogWarning, record_->id(), "not resumed",
             std::string(role_ == RolePublish ? "the publish" : "the play") + " ended after " +
                 std::to_string(resume_->tries) + " tries: " + why + "; " + resume_->from + ": " +
                 resume_->why);
}

} // namespace srsproxy::rtmp
