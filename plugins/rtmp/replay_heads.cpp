#include "plugins/rtmp/replay_heads.h"

#include <algorithm>
#include <utility>

namespace srsproxy::rtmp {

void ReplayHeads::put(ReplayHead head) {
    const bool waits = head.since != ReplayHead::FromTheBeginning;
    std::erase_if(heads_, [&](const ReplayHead& old) {
        return old.kind == head.kind && (old.tracks & ~head.tracks).none() &&
               waits == (old.since != ReplayHead::FromTheBeginning);
    });
    if (heads_.size() >= MaxHeads || bytes() + head.payload.size() > MaxTotalBytes) {
        return;
    }
    // Metadata tells of the tracks that the others configure.
    const auto place = head.kind == MediaKind::Metadata ? heads_.begin() : heads_.end();
    heads_.insert(place, std::move(head));
}

void ReplayHeads::moveBeginning(uint32_t record) {
    const auto waits = [](const ReplayHead& head) {
        return head.since != ReplayHead::FromTheBeginning;
    };
    if (std::none_of(heads_.begin(), heads_.end(), waits)) {
        return;
    }
    std::vector<ReplayHead> all = std::move(heads_);
    heads_.clear();
    for (const bool waiting : {false, true}) {
        for (ReplayHead& head : all) {
            if ((head.since != ReplayHead::FromTheBeginning) != waiting) {
                continue;
            }
            if (waiting) {
                head.since =
                    head.since < record ? ReplayHead::FromTheBeginning : head.since - record;
            }
            put(std::move(head));
        }
    }
}

size_t ReplayHeads::bytes() const {
    size_t sum = heads_.capacity() * sizeof(ReplayHead);
    for (const ReplayHead& head : heads_) {
        sum += head.payload.capacity();
    }
    return sum;
}

} // namespace srsproxy::rtmp
