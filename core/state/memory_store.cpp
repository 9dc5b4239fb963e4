#include "core/state/memory_store.h"

#include <utility>

namespace srsproxy {

MemoryStore::MemoryStore(uint64_t maxBytes, const Clock& clock)
    : maxBytes_(maxBytes), clock_(clock) {}

void MemoryStore::put(std::string key, std::string value, Milliseconds ttl, Answer answer) {
    const int32_t status = keep(std::move(key), std::move(value), ttl);
    if (answer) {
        answer(status, {});
    }
}

void MemoryStore::get(const std::string& key, Answer answer) {
    std::string value;
    int32_t status = StatusNotFound;
    {
        const std::lock_guard lock(mutex_);
        eraseExpired();
        if (const auto found = items_.find(key); found != items_.end()) {
            value = found->second.value;
            status = StatusOk;
        }
    }
    answer(status, value);
}

void MemoryStore::remove(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = items_.find(key); found != items_.end()) {
        erase(found);
    }
}

void MemoryStore::sweep() {
    const std::lock_guard lock(mutex_);
    eraseExpired();
}

uint64_t MemoryStore::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

size_t MemoryStore::size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
}

uint64_t MemoryStore::cost(const std::string& key, const std::string& value) {
    return key.size() + value.size() + OverheadBytes;
}

int32_t MemoryStore::keep(std::string key, std::string value, Milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    eraseExpired();
    const auto former = items_.find(key);
    const uint64_t freed = former == items_.end() ? 0 : cost(key, former->second.value);
    const uint64_t needed = cost(key, value);
    if (needed > maxBytes_ || bytes_ - freed > maxBytes_ - needed) {
        return StatusLimit;
    }
    if (former != items_.end()) {
        erase(former);
    }
    const auto item = items_.emplace(std::move(key), Item{std::move(value), {}}).first;
    item->second.expiry = expiries_.emplace(clock_.now() + ttl, item);
    bytes_ += needed;
    return StatusOk;
}

void MemoryStore::erase(Items::iterator item) {
    bytes_ -= cost(item->first, item->second.value);
    expiries_.erase(item->second.expiry);
    items_.erase(item);
}

void MemoryStore::eraseExpired() {
    const Milliseconds now = clock_.now();
    while (!expiries_.empty() && expiries_.begin()->first <= now) {
        erase(expiries_.begin()->second);
    }
}

} // namespace srsproxy
