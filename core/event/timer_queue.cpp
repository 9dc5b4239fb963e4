#include "core/event/timer_queue.h"

#include <algorithm>

namespace srsproxy {
namespace {

constexpr size_t Arity = 4; // flatter than a binary heap: fewer cache lines on the way

} // namespace

uint64_t TimerQueue::add(int64_t dueUs, ITimerHandler* handler) {
    const uint32_t slot = takeSlot();
    Slot& entry = slots_[slot];
    entry.handler = handler;
    entry.id += uint64_t{1} << SlotBits; // the next generation
    if (entry.id >> SlotBits == 0) {
        entry.id += uint64_t{1} << SlotBits; // never 0, in slot 0 either
    }
    heap_.push_back({});
    siftUp(heap_.size() - 1, Node{dueUs, nextOrder_++, slot});
    return entry.id;
}

bool TimerQueue::cancel(uint64_t id) {
    const auto slot = static_cast<uint32_t>(id & ((uint64_t{1} << SlotBits) - 1));
    if (slot >= slots_.size() || slots_[slot].handler == nullptr || slots_[slot].id != id) {
        return false;
    }
    removeAt(slots_[slot].link);
    freeSlot(slot);
    return true;
}

std::optional<TimerQueue::Due> TimerQueue::popDue(int64_t nowUs, uint64_t mark) {
    if (heap_.empty() || heap_.front().dueUs > nowUs || heap_.front().order >= mark) {
        return std::nullopt;
    }
    const Node first = heap_.front();
    const Due due{slots_[first.slot].id, slots_[first.slot].handler, first.dueUs};
    removeAt(0);
    freeSlot(first.slot);
    return due;
}

uint32_t TimerQueue::takeSlot() {
    if (firstFree_ == NoSlot) {
        const auto slot = static_cast<uint32_t>(slots_.size());
        slots_.push_back(Slot{nullptr, slot, 0});
        return slot;
    }
    const uint32_t slot = firstFree_;
    firstFree_ = slots_[slot].link;
    if (firstFree_ == NoSlot) {
        lastFree_ = NoSlot;
    }
    return slot;
}

void TimerQueue::freeSlot(uint32_t slot) {
    slots_[slot].handler = nullptr;
    slots_[slot].link = NoSlot;
    (lastFree_ == NoSlot ? firstFree_ : slots_[lastFree_].link) = slot;
    lastFree_ = slot;
}

void TimerQueue::removeAt(size_t place) {
    const Node last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) {
        return;
    }
    if (place > 0 && last.before(heap_[(place - 1) / Arity])) {
        siftUp(place, last);
    } else {
        siftDown(place, last);
    }
}

void TimerQueue::siftUp(size_t place, Node node) {
    while (place > 0) {
        const size_t parent = (place - 1) / Arity;
        if (!node.before(heap_[parent])) {
            break;
        }
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, node);
}

void TimerQueue::siftDown(size_t place, Node node) {
    for (;;) {
        const size_t begin = place * Arity + 1;
        const size_t end = std::min(begin + Arity, heap_.size());
        if (begin >= end) {
            break;
        }
        size_t smallest = begin;
        for (size_t child = begin + 1; child < end; ++child) {
            if (heap_[child].before(heap_[smallest])) {
                smallest = child;
            }
        }
        if (!heap_[smallest].before(node)) {
            break;
        }
        put(place, heap_[smallest]);
        place = smallest;
    }
    put(place, node);
}

void TimerQueue::put(size_t place, Node node) {
    heap_[place] = node;
    slots_[node.slot].link = static_cast<uint32_t>(place);
}

} // namespace srsproxy
