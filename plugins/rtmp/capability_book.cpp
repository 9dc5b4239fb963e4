#include "plugins/rtmp/capability_book.h"

#include <algorithm>
#include <utility>

namespace srsproxy::rtmp {

struct CapabilityWaiter::Task final : ITask {
    explicit Task(std::shared_ptr<CapabilityWaiter> whom) : waiter(std::move(whom)) {}
    void run() noexcept override {
        // Taken out first: whoever is woken may leave.
        if (const auto wake = std::exchange(waiter->wake_, nullptr)) {
            wake();
        }
        delete this;
    }
    void discard() noexcept override { delete this; }

    std::shared_ptr<CapabilityWaiter> waiter;
};

void CapabilityWaiter::notify() {
    loop_.post(new Task(shared_from_this()));
}

CapabilityBook::Page CapabilityBook::read(const Entry& entry, uint64_t generation, int64_t nowUs) {
    if (entry.generation != generation) {
        return {Page::Due, nullptr};
    }
    return {nowUs < entry.dueUs ? Page::Settled : Page::Due,
            nowUs < entry.expiresUs ? entry.offer : nullptr};
}

CapabilityBook::Page CapabilityBook::look(std::string_view origin, uint64_t generation,
                                          int64_t nowUs) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(origin);
    return found == entries_.end() ? Page{Page::Due, nullptr}
                                   : read(found->second, generation, nowUs);
}

CapabilityBook::Page CapabilityBook::ask(std::string_view origin, uint64_t generation,
                                         int64_t nowUs, bool mayAsk,
                                         const std::shared_ptr<CapabilityWaiter>& waiter) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(origin);
    Entry* entry = found == entries_.end() ? nullptr : &found->second;
    Page page = entry == nullptr ? Page{Page::Due, nullptr} : read(*entry, generation, nowUs);
    if (page.state == Page::Settled) {
        return page;
    }
    if (entry != nullptr && entry->asking) {
        page.state = enlist(*entry, waiter) ? Page::Asked : Page::Settled;
        return page;
    }
    if (!mayAsk) {
        return page;
    }
    entry = entry == nullptr ? add(origin) : entry;
    if (entry == nullptr) {
        page.state = Page::Settled; // so many are being asked that there is no room
        return page;
    }
    turnTo(*entry, generation);
    entry->changedUs = nowUs;
    entry->asking = true;
    enlist(*entry, waiter);
    page.state = Page::Yours;
    return page;
}

void CapabilityBook::answered(std::string_view origin, uint64_t generation, int64_t nowUs,
                              Capabilities capabilities) {
    auto offer = std::make_shared<const Capabilities>(std::move(capabilities));
    endAsking(origin, [&](Entry& entry) {
        turnTo(entry, generation);
        note(entry, nowUs, std::move(offer));
        entry.dueUs = nowUs + limits_.freshUs;
    });
}

void CapabilityBook::silent(std::string_view origin, uint64_t generation, int64_t nowUs) {
    endAsking(origin, [&](Entry& entry) {
        turnTo(entry, generation);
        entry.dueUs = nowUs + limits_.silentUs;
        entry.changedUs = nowUs;
    });
}

void CapabilityBook::learned(std::string_view origin, int64_t nowUs,
                             const Capabilities& capabilities) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(origin);
    if (found == entries_.end()) {
        return;
    }
    Entry& entry = found->second;
    if (nowUs >= entry.expiresUs) {
        // Better than nothing, but it may be less than all: dueUs stays.
        note(entry, nowUs, std::make_shared<const Capabilities>(capabilities));
    } else if (intersect(*entry.offer, capabilities) == *entry.offer) {
        note(entry, nowUs, std::make_shared<const Capabilities>(capabilities));
        entry.dueUs = nowUs + limits_.freshUs;
    }
}

size_t CapabilityBook::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

CapabilityBook::Entry* CapabilityBook::add(std::string_view origin) {
    if (entries_.size() >= limits_.maxOrigins) {
        const auto oldest =
            std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
                return std::pair(a.second.asking, a.second.changedUs) <
                       std::pair(b.second.asking, b.second.changedUs);
            });
        if (oldest == entries_.end() || oldest->second.asking) {
            return nullptr;
        }
        entries_.erase(oldest);
    }
    return &entries_[std::string(origin)];
}

bool CapabilityBook::enlist(Entry& entry, const std::shared_ptr<CapabilityWaiter>& waiter) const {
    if (entry.waiters.size() >= limits_.maxWaiters) {
        std::erase_if(entry.waiters, [](const auto& one) { return one.expired(); });
    }
    if (entry.waiters.size() >= limits_.maxWaiters) {
        return false;
    }
    entry.waiters.push_back(waiter);
    return true;
}

void CapabilityBook::turnTo(Entry& entry, uint64_t generation) {
    if (entry.generation != generation) {
        entry.generation = generation;
        entry.offer = nullptr;
        entry.expiresUs = 0;
    }
}

void CapabilityBook::note(Entry& entry, int64_t nowUs, Offer offer) const {
    entry.offer = std::move(offer);
    entry.expiresUs = nowUs + limits_.usableUs;
    entry.changedUs = nowUs;
}

template <typename Change> void CapabilityBook::endAsking(std::string_view origin, Change change) {
    std::vector<std::weak_ptr<CapabilityWaiter>> waiters;
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(origin);
        if (found == entries_.end()) {
            return;
        }
        change(found->second);
        found->second.asking = false;
        waiters.swap(found->second.waiters);
    }
    for (const auto& one : waiters) {
        if (const auto waiter = one.lock()) {
            waiter->notify();
        }
    }
}

} // namespace srsproxy::rtmp
