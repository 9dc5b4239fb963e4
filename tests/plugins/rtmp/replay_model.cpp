#include "tests/plugins/rtmp/replay_model.h"

#include <algorithm>
#include <map>

#include "plugins/rtmp/codec/media_keeper.h"
#include "plugins/rtmp/replay_heads.h"

namespace srsproxy::rtmp::test {

namespace {

/// Copies all that it is shown and notes when.
class Recorder final : public MediaTap {
public:
    explicit Recorder(std::vector<ReplayModel::Entry>& entries) : entries_(entries) {}

    void chunk(const ChunkStream& stream, const ChunkView& view) override {
        const auto payload = view.bytes.subspan(view.headerSize);
        if (view.startsMessage) {
            open_[stream.csid] = entries_.size();
            ReplayModel::Entry& entry = entries_.emplace_back();
            entry.message = {stream.csid, stream.streamId, stream.timestampMs, stream.type, {}};
            entry.length = stream.length;
            entry.begins = position;
        }
        more(stream, payload, true);
    }

    void more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool) override {
        ReplayModel::Entry& entry = entries_[open_.at(stream.csid)];
        append(entry.message.payload, bytes);
        if (entry.decided == ReplayModel::Never) {
            entry.tag = classifyMedia(entry.message.type, entry.message.payload, entry.length);
            entry.decided = entry.tag.kind == MediaKind::NeedMore ? ReplayModel::Never : position;
        }
        if (stream.remaining == 0) {
            entry.ends = position;
        }
    }

    void aborted(const ChunkStream& stream) override {
        entries_[open_.at(stream.csid)].aborted = position;
    }

    size_t position = 0;

private:
    std::vector<ReplayModel::Entry>& entries_;
    std::map<uint32_t, size_t> open_;
};

} // namespace

ReplayModel::ReplayModel(std::span<const uint8_t> input) {
    ChunkReader reader(WideLimits);
    Recorder recorder(entries_);
    Collector visitor;
    MediaKeeper keeper(reader, recorder, visitor);
    for (const uint8_t byte : input) {
        recorder.position = soundBytes_ + 1;
        Bytes one{byte};
        if (keeper.feed(one).error != ChunkError::None) {
            break;
        }
        ++soundBytes_;
    }
    for (size_t i = 0; i < entries_.size(); ++i) {
        for (const size_t at :
             {entries_[i].begins, entries_[i].decided, entries_[i].ends, entries_[i].aborted}) {
            if (at <= soundBytes_) {
                events_.emplace_back(at, i);
            }
        }
    }
    std::sort(events_.begin(), events_.end());
    events_.erase(std::unique(events_.begin(), events_.end()), events_.end());
}

void ReplayModel::advance(size_t position) {
    while (seen_ < events_.size() && events_[seen_].first <= position) {
        step(events_[seen_].first, events_[seen_].second);
        ++seen_;
    }
}

ReplayModel::Replay ReplayModel::replayAt(size_t position) {
    advance(position);
    Replay replay;
    const uint32_t beginsAtMs = keeping_ ? entries_[start_].message.timestampMs : lastMs_;
    for (const Head& head : heads_) {
        if (!head.waits) {
            replay.heads.push_back(head.message);
            replay.heads.back().timestampMs = beginsAtMs;
        }
    }
    for (size_t i = 0; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        entry.shownLate = false;
        if (entry.begins > position || entry.aborted <= position) {
            continue;
        }
        if (entry.ends <= position) {
            if (entry.kept) {
                replay.messages.push_back(i);
            }
            continue;
        }
        const bool undecided = entry.decided > position;
        entry.late = entry.kept || undecided || isHead(entry.tag.kind);
    }
    return replay;
}

/// The byte at `position` got the message on.
void ReplayModel::step(size_t position, size_t index) {
    Entry& entry = entries_[index];
    if (entry.begins == position) {
        lastMs_ = entry.message.timestampMs;
        entry.kept = keeping_;
    }
    if (entry.decided == position && entry.tag.kind == MediaKind::VideoKeyFrame) {
        beginGroup(index);
    }
    if (entry.ends == position) {
        entry.shownLate = entry.late && (entry.kept || isHead(entry.tag.kind));
    }
    if (entry.ends == position && isHead(entry.tag.kind) &&
        entry.length <= ReplayHeads::MaxHeadBytes) {
        putHead({entry.message, entry.tag.kind,
                 mediaTracks(entry.message.type, entry.message.payload), index, entry.kept});
    }
    if (entry.aborted == position) {
        entry.kept = false;
        if (keeping_ && index == start_ && !owes(position)) {
            endGroup();
        }
    }
}

/// Is there a message of which the last replay showed that more is to come?
bool ReplayModel::owes(size_t position) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.late && entry.kept && entry.ends >= position && entry.aborted >= position;
    });
}

void ReplayModel::beginGroup(size_t entry) {
    const uint8_t track = entries_[entry].tag.track;
    if (keeping_ &&
        (!entries_[entry].kept || track > leadTrack_ || owes(entries_[entry].decided))) {
        return;
    }
    if (!keeping_) {
        keeping_ = true;
        entries_[entry].kept = true;
    }
    for (size_t i = 0; i < entry; ++i) {
        entries_[i].kept = false;
    }
    moveHeads(entry);
    start_ = entry;
    leadTrack_ = track;
}

void ReplayModel::endGroup() {
    keeping_ = false;
    for (Entry& entry : entries_) {
        entry.kept = false;
        entry.late = entry.late && isHead(entry.tag.kind);
    }
    moveHeads(entries_.size());
}

void ReplayModel::putHead(Head head) {
    std::erase_if(heads_, [&](const Head& old) {
        return old.kind == head.kind && (old.tracks & ~head.tracks).none() &&
               old.waits == head.waits;
    });
    if (heads_.size() < ReplayHeads::MaxHeads) {
        const bool first = head.kind == MediaKind::Metadata;
        heads_.insert(first ? heads_.begin() : heads_.end(), std::move(head));
    }
}

void ReplayModel::moveHeads(size_t start) {
    std::vector<Head> waiting;
    std::vector<Head> inForce;
    for (Head& head : heads_) {
        (head.waits ? waiting : inForce).push_back(std::move(head));
    }
    heads_.clear();
    for (Head& head : inForce) {
        heads_.push_back(std::move(head));
    }
    for (Head& head : waiting) {
        head.waits = head.entry >= start;
        putHead(std::move(head));
    }
}

} // namespace srsproxy::rtmp::test
