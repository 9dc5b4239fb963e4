// State of one chunk stream id inside a ChunkReader, and the small table that holds them.
//
// Owned by its ChunkReader, which lives on one event loop. The last three fields are used only by
// a ChunkRelay: they say what the receiver behind the relay knows about this chunk stream.
// Source: Adobe RTMP 1.0 §5.3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace srsproxy::rtmp {

// What happens to the bytes of a message; decided at its first chunk, kept until its last.
enum class Fate : uint8_t { Capture, Pass, Drop };

// How far the next hop's receiver shares our "previous header" of a chunk stream.
enum class Sync : uint8_t {
    None,       // not at all: a message may only start with a type 0 header
    StaleDelta, // all but the delta: type 1 and 2 may pass, a type 3 start may not
    Full        // any header may pass unchanged
};

struct ChunkStream {
    explicit ChunkStream(uint32_t id) : csid(id) {}

    uint32_t csid;
    uint32_t timestampMs = 0;    // absolute time of the current or last message
    uint32_t timestampField = 0; // last type 0-2 field: what a type 3 start adds (§5.3.1.2.4)
    uint32_t length = 0;
    uint32_t streamId = 0;
    uint32_t remaining = 0; // payload bytes of the current message still to come
    uint8_t type = 0;
    bool extended = false; // the last type 0-2 header had an extended timestamp
    Fate fate = Fate::Drop;

    Sync sync = Sync::None;
    bool outExtended = false; // same as `extended`, as the next hop was told
    uint32_t outField = 0;    // same as `timestampField`, as the next hop was told

    std::vector<uint8_t> captured; // captured so far, only while the message spans chunks

    bool insideMessage() const { return remaining != 0; }
    bool insidePassed() const { return remaining != 0 && fate == Fate::Pass; }
};

// A flat table: real peers use two to eight chunk streams, so a scan beats a hash. No allocation
// before the first chunk. References stay valid until the next add().
class ChunkStreamTable {
public:
    static constexpr size_t NotFound = static_cast<size_t>(-1);

    size_t find(uint32_t csid) const {
        if (last_ < streams_.size() && streams_[last_].csid == csid) {
            return last_;
        }
        for (size_t i = 0; i < streams_.size(); ++i) {
            if (streams_[i].csid == csid) {
                last_ = i;
                return i;
            }
        }
        return NotFound;
    }

    size_t add(uint32_t csid) {
        streams_.emplace_back(csid);
        return streams_.size() - 1;
    }

    ChunkStream& at(size_t index) { return streams_[index]; }
    const ChunkStream& at(size_t index) const { return streams_[index]; }
    size_t size() const { return streams_.size(); }
    auto begin() { return streams_.begin(); }
    auto end() { return streams_.end(); }

private:
    std::vector<ChunkStream> streams_;
    mutable size_t last_ = 0;
};

} // namespace srsproxy::rtmp
