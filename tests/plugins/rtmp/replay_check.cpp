#include "tests/plugins/rtmp/replay_check.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <sstream>

#include "plugins/rtmp/codec/chunk_relay.h"
#include "plugins/rtmp/codec/media_keeper.h"
#include "plugins/rtmp/replay_buffer.h"
#include "tests/plugins/rtmp/replay_model.h"

namespace srsproxy::rtmp::test {

namespace {

constexpr uint32_t OriginStream = 77;

/// One origin: what it was sent.
struct Origin {
    Bytes bytes;
    size_t replayed = 0; ///< messages
};

/// The proxy's side of a publish, with a socket that gives and takes as much as it likes.
class Publish final : public MessageVisitor {
public:
    Publish(std::span<const uint8_t> input, const ReplayPlan& plan)
        : input_(input), plan_(plan), random_(plan.seed), budget_(plan.budgetBytes),
          pool_(budget_, plan.seed % 3 * 4), replay_(pool_, plan.maxBytes) {}

    void run() {
        connect();
        for (const auto& [death, next] : plan_.deaths) {
            feedUntil(death);
            replay_.setLate({});
            relay_.reset();
            feedUntil(next);
            connect();
        }
        feedUntil(input_.size());
    }

    Next onMessage(const Message&) override { return Next::Continue; }

    std::vector<Origin> origins;
    std::string complaint;

private:
    void connect() {
        Origin& origin = origins.emplace_back();
        writer_ = ChunkWriter();
        writer_.write(makeSetChunkSize(reader_.chunkSize()), origin.bytes);
        replay_.replay([&](const Message& message) {
            writer_.write(message, origin.bytes);
            ++origin.replayed;
        });
        replay_.setLate([this](const Message& message) { relay_->inject(message, list_); });
        relay_ = std::make_unique<ChunkRelay>(reader_, writer_, &replay_);
        relay_->setFallback(OriginStream);
    }

    void feedUntil(size_t end) {
        while (position_ < end) {
            wakeUp(std::min<size_t>(1 + random_() % plan_.maxPieceBytes, end - position_));
        }
    }

    void wakeUp(size_t count) {
        Bytes own;
        const iovec ownPiece{nullptr, count};
        std::span<const iovec> pieces = replay_.space();
        const bool inBlocks = !pieces.empty() && random_() % 8 != 0;
        if (!inBlocks) {
            own.resize(count);
            pieces = {&ownPiece, 1};
        }
        std::vector<std::span<uint8_t>> parts;
        size_t sum = 0;
        for (const iovec& piece : pieces) {
            const size_t size = std::min(piece.iov_len, count - sum);
            auto* const to = inBlocks ? static_cast<uint8_t*>(piece.iov_base) : own.data();
            std::memcpy(to, input_.data() + position_, size);
            position_ += size;
            sum += size;
            if (size != 0) {
                parts.emplace_back(to, size);
            }
        }
        if (inBlocks) {
            replay_.received(sum);
        }
        for (const std::span<uint8_t> part : parts) {
            feed(part);
        }
        list_.copyFrom(0, origins.back().bytes);
        list_.clear();
        replay_.settle();
        if (replay_.bytes() > plan_.maxBytes + Slack) {
            complaint = "more memory than allowed: " + std::to_string(replay_.bytes());
        }
    }

    void feed(std::span<uint8_t> part) {
        if (relay_) {
            relay_->relay(part, *this, list_);
        } else {
            MediaKeeper(reader_, replay_, *this).feed(part);
        }
    }

    /// Heads and what is gathered of them do not count against the group.
    static constexpr size_t Slack = 3 * ReplayHeads::MaxTotalBytes;

    std::span<const uint8_t> input_;
    const ReplayPlan& plan_;
    std::minstd_rand random_;
    BlockBudget budget_;
    BlockPool pool_;
    ReplayBuffer replay_;
    ChunkReader reader_{WideLimits};
    ChunkWriter writer_;
    OutputList list_;
    std::unique_ptr<ChunkRelay> relay_;
    size_t position_ = 0;
};

bool same(const OwnedMessage& wanted, const OwnedMessage& seen) {
    return wanted.csid == seen.csid && wanted.timestampMs == seen.timestampMs &&
           wanted.type == seen.type && wanted.payload == seen.payload;
}

using Messages = std::vector<OwnedMessage>;

std::string compare(const std::string& what, const Messages& wanted, const Messages& seen) {
    std::ostringstream text;
    for (size_t i = 0; i < std::min(wanted.size(), seen.size()); ++i) {
        if (!same(wanted[i], seen[i])) {
            text << what << ", message " << i << ": wanted " << wanted[i] << ", seen " << seen[i];
            return text.str();
        }
    }
    if (wanted.size() != seen.size()) {
        text << what << ": wanted " << wanted.size() << " messages, seen " << seen.size();
    }
    return text.str();
}

/// Media that an origin could read out of its bytes.
Messages mediaOf(const Origin& origin) {
    Messages media = parse(origin.bytes).messages;
    std::erase_if(media, [](const OwnedMessage& message) { return !isMedia(message.type); });
    return media;
}

/// What an origin is sent that takes over when `from` bytes were seen, and dies at `until`.
std::string checkOrigin(ReplayModel& model, const Origin& origin, size_t from, size_t until) {
    const ReplayModel::Replay replay = model.replayAt(from);
    const auto& entries = model.entries();
    Messages seen = mediaOf(origin);
    if (seen.size() < origin.replayed) {
        return "replayed messages that cannot be read";
    }
    const auto replayedEnd = seen.begin() + static_cast<std::ptrdiff_t>(origin.replayed);
    Messages wanted = replay.heads;
    for (const size_t index : replay.messages) {
        wanted.push_back(entries[index].message);
    }
    if (std::string fault = compare("replayed", wanted, Messages(seen.begin(), replayedEnd));
        !fault.empty()) {
        return fault;
    }
    seen.erase(seen.begin(), replayedEnd);

    std::map<uint32_t, std::pair<Messages, Messages>> byChunkStream; // wanted, seen
    ReplayModel after = model;
    after.advance(until);
    for (size_t i = 0; i < entries.size(); ++i) {
        const ReplayModel::Entry& entry = entries[i];
        const bool delivered = entry.begins > from || after.entries()[i].shownLate;
        if (delivered && entry.ends <= until) {
            byChunkStream[entry.message.csid].first.push_back(entry.message);
        }
    }
    for (const OwnedMessage& message : seen) {
        byChunkStream[message.csid].second.push_back(message);
    }
    for (const auto& [csid, both] : byChunkStream) {
        if (std::string fault =
                compare("chunk stream " + std::to_string(csid), both.first, both.second);
            !fault.empty()) {
            return fault;
        }
    }
    return {};
}

/// With too little memory: only messages that were sent, and in the order in which they began,
/// heads apart (these may come again, at another time).
std::string checkSubset(const ReplayModel& model, const Origin& origin) {
    const Messages seen = mediaOf(origin);
    const auto end = model.entries().end();
    auto next = model.entries().begin();
    for (size_t i = 0; i < std::min(origin.replayed, seen.size()); ++i) {
        const OwnedMessage& message = seen[i];
        if (isHead(classifyMedia(message.type, message.payload, message.payload.size()).kind)) {
            if (std::none_of(model.entries().begin(), end, [&](const auto& entry) {
                    return entry.message.payload == message.payload;
                })) {
                return "a head that was not sent";
            }
            continue;
        }
        next = std::find_if(next, end,
                            [&](const auto& entry) { return same(entry.message, message); });
        if (next == end) {
            return "a replayed message that was not sent, or not there";
        }
        ++next;
    }
    return {};
}

} // namespace

std::string checkReplay(std::span<const uint8_t> input, const ReplayPlan& plan) {
    ReplayModel model(input);
    const std::span<const uint8_t> sound = input.first(model.soundBytes());
    ReplayPlan bounded = plan;
    size_t least = 0;
    for (auto& [death, next] : bounded.deaths) {
        death = std::clamp(death, least, sound.size());
        next = std::clamp(next, death, sound.size());
        least = next;
    }
    Publish publish(sound, bounded);
    publish.run();
    if (!publish.complaint.empty()) {
        return publish.complaint;
    }
    for (size_t i = 1; i < publish.origins.size(); ++i) {
        const size_t from = bounded.deaths[i - 1].second;
        const size_t until = i < bounded.deaths.size() ? bounded.deaths[i].first : sound.size();
        const Origin& origin = publish.origins[i];
        const std::string fault =
            plan.tight ? checkSubset(model, origin) : checkOrigin(model, origin, from, until);
        if (!fault.empty()) {
            return "origin " + std::to_string(i) + " from " + std::to_string(from) + ": " + fault;
        }
    }
    return {};
}

} // namespace srsproxy::rtmp::test
