#pragma once

/// The heads of a publish: onMetaData and the sequence headers, one for each track, copied. Some
/// are in force where the kept messages begin; others came later and wait there until a key frame
/// moves the beginning behind them. Owned by a ReplayBuffer, used on its loop.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plugins/rtmp/codec/media_tag.h"
#include "plugins/rtmp/codec/messages.h"

namespace srsproxy::rtmp {

struct ReplayHead {
    /// In `since`: counts from the beginning on.
    static constexpr uint32_t FromTheBeginning = UINT32_MAX;

    uint32_t csid = 0;
    uint32_t streamId = 0;
    uint8_t type = 0;
    MediaKind kind = MediaKind::Other;
    uint32_t since = FromTheBeginning; ///< the record as which it is kept too
    std::vector<uint8_t> payload;
    TrackSet tracks;

    Message message(uint32_t timestampMs) const {
        return {csid, streamId, timestampMs, type, payload};
    }
};

class ReplayHeads {
public:
    static constexpr size_t MaxHeads = 64;
    /// Longest head; one that is longer is an ordinary message.
    static constexpr uint32_t MaxHeadBytes = 64 * 1024;
    static constexpr size_t MaxTotalBytes = size_t{256} * 1024;

    /// Takes the place of those that it makes void: same kind, no track that it has not. One that
    /// there is no room for only does that.
    void put(ReplayHead head);

    /// The beginning is at `record` now: what came before is in force, the rest is renumbered.
    void moveBeginning(uint32_t record);

    /// All of them, metadata first.
    const std::vector<ReplayHead>& all() const { return heads_; }
    size_t bytes() const;

private:
    std::vector<ReplayHead> heads_;
};

} // namespace srsproxy::rtmp
