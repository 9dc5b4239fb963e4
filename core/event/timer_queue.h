#pragma once

/// The timers of one loop: a heap by due time over a table of slots, so that starting and
/// cancelling cost O(log n) and a cancelled timer leaves nothing behind. Owned by an EventLoop
/// and used on its thread only.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

class TimerQueue {
public:
    static constexpr int64_t Never = std::numeric_limits<int64_t>::max();

    struct Due {
        uint64_t id;
        ITimerHandler* handler;
        int64_t dueUs;
    };

    /// The id is never 0, and comes again only after 2^36 other timers had its slot.
    uint64_t add(int64_t dueUs, ITimerHandler* handler);
    /// False when there is no such timer (any more).
    bool cancel(uint64_t id);

    /// When the next timer is due; Never when there is none.
    int64_t nextDueUs() const { return heap_.empty() ? Never : heap_.front().dueUs; }
    /// Timers added from now on are not older than this.
    uint64_t mark() const { return nextOrder_; }
    /// Removes the earliest timer that is due by `nowUs` and was added before `mark`; those due
    /// at the same time come in the order in which they were added.
    std::optional<Due> popDue(int64_t nowUs, uint64_t mark);

    size_t size() const { return heap_.size(); }
    /// Slots held for present and future timers: never more than there were timers at a time.
    size_t slots() const { return slots_.size(); }

private:
    static constexpr uint32_t SlotBits = 28;
    static constexpr uint32_t NoSlot = std::numeric_limits<uint32_t>::max();

    struct Node {
        int64_t dueUs;
        uint64_t order;
        uint32_t slot;

        bool before(const Node& other) const {
            return dueUs != other.dueUs ? dueUs < other.dueUs : order < other.order;
        }
    };
    struct Slot {
        ITimerHandler* handler; ///< null: free
        uint64_t id;            ///< of the present or the last timer here
        uint32_t link;          ///< place in the heap, or the next free slot
    };

    uint32_t takeSlot();
    void freeSlot(uint32_t slot);
    void removeAt(size_t place);
    void siftUp(size_t place, Node node);
    void siftDown(size_t place, Node node);
    void put(size_t place, Node node);

    std::vector<Node> heap_;
    std::vector<Slot> slots_;
    uint32_t firstFree_ = NoSlot; ///< first in, first out: the longest unused is taken
    uint32_t lastFree_ = NoSlot;
    uint64_t nextOrder_ = 0;
};

} // namespace srsproxy
