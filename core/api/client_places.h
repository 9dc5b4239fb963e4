#pragma once

/// How many threads of a listener each client address holds, so that one address cannot keep
/// all others waiting. Thread-safe; the table is bounded by the number of threads.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace srsproxy {

class ClientPlaces {
public:
    /// Holds a place for one connection while it lives.
    class Place {
    public:
        Place(ClientPlaces& places, std::string address)
            : places_(places), address_(std::move(address)), held_(places_.enter(address_)) {}
        ~Place() { places_.leave(address_); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// Places of that address, this one counted, when this one was taken.
        uint32_t held() const { return held_; }

    private:
        ClientPlaces& places_;
        const std::string address_;
        const uint32_t held_;
    };

private:
    uint32_t enter(const std::string& address) {
        const std::lock_guard lock(mutex_);
        return ++held_[address];
    }
    void leave(const std::string& address) {
        const std::lock_guard lock(mutex_);
        const auto found = held_.find(address);
        if (--found->second == 0) {
            held_.erase(found);
        }
    }

    std::mutex mutex_;
    std::map<std::string, uint32_t> held_; ///< guarded by mutex_
};

} // namespace srsproxy
