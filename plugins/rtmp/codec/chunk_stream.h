// State of one chunk stream id inside a ChunkReader, and the small table that holds them.
//
// Owned by its ChunkReader, which lives on one event loop. The fields sync, outField and
// outExtended are used only by a ChunkRelay: they say what the receiver behind the relay knows
// about this chunk stream.
// Source: Adobe RTMP 1.0 §5.3.1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace srsproxy::rtmp {

// What happens to the bytes of a message; decided at its first chunk, kept until its last, unless
// the relay that was passing it ends.
enum class Fate : uint8_t {
    Capture, // shown whole to the visitor
    Pass,    // on to the next hop, chunk by chunk, and to the tap
    Drop,    // nobody sees it
    Keep     // to the tap only: the next hop sees nothing of it (any more)
};

// How far the next hop's receiver shares our "previous header" of a chunk stream.
enum class Sync : uint8_t {
    None,       // not at all: a message may only start with a type 0 header
    StaleDelta, // all but the delta: type 1 and 2 may pass, a type 3 start may not
    Full        // any header may pass unchanged
};

struct ChunkStream {
    ChunkStream() = default;
    explicit ChunkStream(uint32_t id) : csid(id) {}

    uint32_t csid = 0;
    uint32_t remaining = 0;      // payload bytes of the current message still to come
    uint32_t length = 0;         // of the current or last message
    uint32_t timestampMs = 0;    // absolute time of the current or last message
    uint32_t timestampField = 0; // last type 0-2 field: what a type 3 start adds (§5.3.1.2.4)
    uint32_t streamId = 0;
    uint32_t outField = 0; // same as `timestampField`, as the next hop was told
    uint8_t type = 0;
    Fate fate = Fate::Drop;
    Sync sync = Sync::None;
    bool extended : 1 = false;    // the last type 0-2 header had an extended timestamp
    bool outExtended : 1 = false; // same as `extended`, as the next hop was told

    // Captured so far; null unless the message spans chunks or reads.
    std::unique_ptr<std::vector<uint8_t>> captured;

    bool insideMessage() const { return remaining != 0; }
    bool insidePassed() const { return remaining != 0 && fate == Fate::Pass; }
};

// A flat table: real peers use two to eight chunk streams, so a scan beats a hash. No allocation
// before the first chunk, and little room to spare after it: there is one for each idle
// connection. References stay valid until the next add().
class ChunkStreamTable {
public:
    static constexpr size_t NotFound = static_cast<size_t>(-1);
    static constexpr size_t MaxSize = 0xFFFF;

    size_t find(uint32_t csid) const {
        if (last_ < size_ && streams_[last_].csid == csid) {
            return last_;
        }
        for (uint16_t i = 0; i < size_; ++i) {
            if (streams_[i].csid == csid) {
                last_ = i;
                return i;
            }
        }
        return NotFound;
    }

    // Requires: size() < MaxSize.
    size_t add(uint32_t csid) {
        if (size_ == capacity_) {
            const size_t wanted = size_ < 8 ? size_ + 2U : size_ + size_ / 2U;
            capacity_ = static_cast<uint16_t>(std::min(wanted, MaxSize));
            auto larger = std::make_unique<ChunkStream[]>(capacity_);
            std::move(begin(), end(), larger.get());
            streams_ = std::move(larger);
        }
        streams_[size_] = ChunkStream(csid);
        return size_++;
    }

    ChunkStream& at(size_t index) { return streams_[index]; }
    const ChunkStream& at(size_t index) const { return streams_[index]; }
    size_t size() const { return size_; }
    ChunkStream* begin() { return streams_.get(); }
    ChunkStream* end() { return streams_.get() + size_; }
    const ChunkStream* begin() const { return streams_.get(); }
    const ChunkStream* end() const { return streams_.get() + size_; }

private:
    std::unique_ptr<ChunkStream[]> streams_;
    uint16_t size_ = 0;
    uint16_t capacity_ = 0;
    mutable uint16_t last_ = 0;
};

} // namespace srsproxy::rtmp
