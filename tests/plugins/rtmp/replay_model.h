#pragma once

/// What a ReplayBuffer has to replay, found the slow and simple way: the publish is read byte by
/// byte, every message is copied, and the rules of replay_buffer.h are applied to the list.

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "plugins/rtmp/codec/media_tag.h"
#include "tests/plugins/rtmp/codec/test_support.h"

namespace srsproxy::rtmp::test {

class ReplayModel {
public:
    static constexpr size_t Never = std::numeric_limits<size_t>::max();

    /// One media message, in the order in which they began. Positions count bytes of the input.
    struct Entry {
        OwnedMessage message;
        uint32_t length = 0;
        MediaTag tag;
        size_t begins = 0;
        size_t decided = Never; // when its first bytes told the kind
        size_t ends = Never;    // complete
        size_t aborted = Never;

        // The rest is the state of the rules.
        bool kept = false;
        bool late = false;
        bool shownLate = false; // to the origin of the last replay
    };

    struct Replay {
        std::vector<OwnedMessage> heads;
        std::vector<size_t> messages; // indices of entries
    };

    explicit ReplayModel(std::span<const uint8_t> input);

    const std::vector<Entry>& entries() const { return entries_; }
    /// So much of the input is without fault.
    size_t soundBytes() const { return soundBytes_; }

    /// Applies the rules to the first `position` bytes. Requires: positions only grow.
    void advance(size_t position);

    /// What is replayed when the first `position` bytes were seen.
    Replay replayAt(size_t position);

private:
    struct Head {
        OwnedMessage message;
        MediaKind kind;
        TrackSet tracks;
        size_t entry;
        bool waits;
    };

    void step(size_t position, size_t index);
    bool owes(size_t position) const;
    void beginGroup(size_t entry);
    void endGroup();
    void putHead(Head head);
    void moveHeads(size_t start);

    std::vector<Entry> entries_;
    size_t soundBytes_ = 0;
    std::vector<std::pair<size_t, size_t>> events_; ///< position, entry
    size_t seen_ = 0;                               ///< of the events
    bool keeping_ = false;
    size_t start_ = 0;
    uint8_t leadTrack_ = 0;
    uint32_t lastMs_ = 0;
    std::vector<Head> heads_;
};

} // namespace srsproxy::rtmp::test
