#pragma once

/// Which stream is on which origin, and who sits there: the router's memory. Knows when a pin
/// is forgotten, but not when it moves. Not thread-safe: lives under the router's lock.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/compact_text.h"
#include "core/registry/registry.h"

namespace srsproxy {

struct PinInfo {
    std::string streamKey;
    std::string originId;
    Milliseconds age{0};
    Milliseconds idle{0}; ///< since the last session ended; 0 while one lives
    uint32_t publishers = 0;
    uint32_t players = 0;
};

/// One life of an origin, shared by all pins on it.
struct PinHome {
    std::string originId;
    uint64_t generation = 0;
    std::shared_ptr<OriginLoad> load;
    size_t pins = 0;
};

struct Pin {
    uint64_t serial = 0; ///< grows with each pin made: a moved pin is another pin
    PinHome* home = nullptr;
    Milliseconds since{0};
    Milliseconds idleSince{0};
    uint32_t publishers = 0;
    uint32_t players = 0;
    uint32_t settled = 0; ///< sessions that the origin accepted, and that still live
    bool everSettled = false;

    uint32_t sessions() const { return publishers + players; }
};

class PinTable {
public:
    explicit PinTable(uint32_t maxPins) : maxPins_(maxPins) {}

    /// Pins are found by key, and stay where they are in memory until they are dropped.
    const Pin* find(std::string_view key) const;
    /// Whether the origin is still in the table, in the same life.
    static bool valid(const Pin& pin, const OriginTable& table);

    /// Pins the stream to that origin, in place of an older pin. When the table is full the pin
    /// that has been idle longest gives way; null when all are in use.
    const Pin* put(std::string_view key, const Origin& origin, Milliseconds now);
    void drop(std::string_view key);

    // Sessions name the pin by key and serial: nothing happens when it has moved since.

    void take(std::string_view key, uint64_t serial, int32_t role);
    void settle(std::string_view key, uint64_t serial);
    /// Drops the pin when nobody is settled on it any more.
    void fail(std::string_view key, uint64_t serial, bool wasSettled);
    /// The last one to leave makes the pin idle, or drops it when nobody ever settled on it.
    void leave(std::string_view key, uint64_t serial, int32_t role, bool settled, Milliseconds now);

    /// Drops at most `budget` pins that have been idle for `ttl`; true when there may be more.
    bool dropIdle(Milliseconds now, Milliseconds ttl, size_t budget);
    /// Looks at up to `budget` pins behind `cursor`, which it moves, and drops those that are
    /// not valid; true when there may be more. Cheap when every home is.
    bool dropInvalid(const OriginTable& table, std::string& cursor, size_t budget);

    std::vector<PinInfo> list(std::string_view after, size_t limit, Milliseconds now) const;
    size_t size() const { return pins_.size(); }

private:
    struct Slot;
    using Slots = std::map<CompactText, Slot, CompactTextLess>;
    using IdleQueue = std::list<Slots::iterator>;
    struct Slot {
        Pin pin;
        IdleQueue::iterator idle; ///< its place in idle_, or idle_.end()
    };

    Slots::iterator findSerial(std::string_view key, uint64_t serial);
    Slots::iterator erase(Slots::iterator slot);
    void makeBusy(Slot& slot);

    const uint32_t maxPins_;
    uint64_t lastSerial_ = 0;
    Slots pins_;
    IdleQueue idle_; ///< longest idle first
    std::map<std::pair<std::string, uint64_t>, PinHome> homes_;
};

} // namespace srsproxy
