#include "core/route/pin_table.h"

#include <algorithm>
#include <utility>

#include "srsproxy/abi/sessions.h"

namespace srsproxy {
namespace {

bool livesIn(const PinHome& home, const OriginTable& table) {
    const std::shared_ptr<const Origin> origin = table.find(home.originId);
    return origin != nullptr && origin->generation == home.generation;
}

void addStreams(const PinHome& home, int change) {
    home.load->streams.fetch_add(static_cast<uint32_t>(change), std::memory_order_relaxed);
}

} // namespace

const Pin* PinTable::find(std::string_view key) const {
    const auto slot = pins_.find(key);
    return slot == pins_.end() ? nullptr : &slot->second.pin;
}

bool PinTable::valid(const Pin& pin, const OriginTable& table) {
    return livesIn(*pin.home, table);
}

const Pin* PinTable::put(std::string_view key, const Origin& origin, Milliseconds now) {
    drop(key);
    if (pins_.size() >= maxPins_) {
        if (idle_.empty()) {
            return nullptr;
        }
        erase(idle_.front());
    }
    PinHome& home = homes_[{origin.id, origin.generation}];
    if (home.pins == 0) {
        home.originId = origin.id;
        home.generation = origin.generation;
        home.load = origin.load;
    }
    ++home.pins;
    const auto slot = pins_.emplace(CompactText(key), Slot{Pin{}, idle_.end()}).first;
    Pin& pin = slot->second.pin;
    pin.serial = ++lastSerial_;
    pin.home = &home;
    pin.since = now;
    pin.idleSince = now;
    slot->second.idle = idle_.insert(idle_.end(), slot);
    return &pin;
}

void PinTable::drop(std::string_view key) {
    const auto slot = pins_.find(key);
    if (slot != pins_.end()) {
        erase(slot);
    }
}

void PinTable::take(std::string_view key, uint64_t serial, int32_t role) {
    const auto slot = findSerial(key, serial);
    if (slot == pins_.end()) {
        return;
    }
    Pin& pin = slot->second.pin;
    if (pin.sessions() == 0) {
        makeBusy(slot->second);
        addStreams(*pin.home, 1);
    }
    ++(role == RolePublish ? pin.publishers : pin.players);
}

void PinTable::settle(std::string_view key, uint64_t serial) {
    const auto slot = findSerial(key, serial);
    if (slot != pins_.end()) {
        ++slot->second.pin.settled;
        slot->second.pin.everSettled = true;
    }
}

void PinTable::fail(std::string_view key, uint64_t serial, bool wasSettled) {
    const auto slot = findSerial(key, serial);
    if (slot == pins_.end()) {
        return;
    }
    Pin& pin = slot->second.pin;
    pin.settled -= wasSettled ? 1 : 0;
    if (pin.settled == 0) {
        erase(slot);
    }
}

void PinTable::leave(std::string_view key, uint64_t serial, int32_t role, bool settled,
                     Milliseconds now) {
    const auto slot = findSerial(key, serial);
    if (slot == pins_.end()) {
        return;
    }
    Pin& pin = slot->second.pin;
    --(role == RolePublish ? pin.publishers : pin.players);
    pin.settled -= settled ? 1 : 0;
    if (pin.sessions() > 0) {
        return;
    }
    addStreams(*pin.home, -1);
    pin.idleSince = now;
    slot->second.idle = idle_.insert(idle_.end(), slot);
    if (!pin.everSettled) {
        erase(slot);
    }
}

bool PinTable::dropIdle(Milliseconds now, Milliseconds ttl, size_t budget) {
    while (!idle_.empty() && now - idle_.front()->second.pin.idleSince >= ttl) {
        if (budget-- == 0) {
            return true;
        }
        erase(idle_.front());
    }
    return false;
}

bool PinTable::dropInvalid(const OriginTable& table, std::string& cursor, size_t budget) {
    std::vector<const PinHome*> gone;
    for (const auto& [id, home] : homes_) {
        if (!livesIn(home, table)) {
            gone.push_back(&home);
        }
    }
    auto slot = gone.empty() ? pins_.end() : pins_.upper_bound(cursor);
    for (; slot != pins_.end() && budget > 0; --budget) {
        cursor = slot->first.view();
        const bool lost = std::find(gone.begin(), gone.end(), slot->second.pin.home) != gone.end();
        slot = lost ? erase(slot) : std::next(slot);
    }
    return slot != pins_.end();
}

std::vector<PinInfo> PinTable::list(std::string_view after, size_t limit, Milliseconds now) const {
    std::vector<PinInfo> infos;
    for (auto slot = pins_.upper_bound(after); slot != pins_.end() && infos.size() < limit;
         ++slot) {
        const Pin& pin = slot->second.pin;
        infos.push_back({std::string(slot->first.view()), pin.home->originId, now - pin.since,
                         pin.sessions() > 0 ? Milliseconds{0} : now - pin.idleSince, pin.publishers,
                         pin.players});
    }
    return infos;
}

PinTable::Slots::iterator PinTable::findSerial(std::string_view key, uint64_t serial) {
    const auto slot = pins_.find(key);
    return slot != pins_.end() && slot->second.pin.serial == serial ? slot : pins_.end();
}

/// Also takes the pin out of its origin's figures.
PinTable::Slots::iterator PinTable::erase(Slots::iterator slot) {
    Pin& pin = slot->second.pin;
    if (pin.sessions() > 0) {
        addStreams(*pin.home, -1);
    }
    makeBusy(slot->second);
    if (--pin.home->pins == 0) {
        homes_.erase({pin.home->originId, pin.home->generation});
    }
    return pins_.erase(slot);
}

/// Takes the pin out of the idle queue, if it is in it.
void PinTable::makeBusy(Slot& slot) {
    if (slot.idle != idle_.end()) {
        idle_.erase(slot.idle);
        slot.idle = idle_.end();
    }
}

} // namespace srsproxy
