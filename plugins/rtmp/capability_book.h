#pragma once

/// What the RTMP origins are known to offer beyond RTMP 1.0, and who is asking which of them now.
/// One for the process; all loops share it. Its mutex is held for look-ups only, never while
/// anybody talks to an origin. docs/adr/0004-enhanced-rtmp-offer.md says what it is for.
///
/// Times are IEventLoop::nowUs(), which all loops count alike.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugins/rtmp/codec/capabilities.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy::rtmp {

/// Somebody on a loop who waits for the end of an asking. Made, left and woken on that loop.
class CapabilityWaiter : public std::enable_shared_from_this<CapabilityWaiter> {
public:
    /// `wake` is called at most once, and never from within a call into the book.
    CapabilityWaiter(IEventLoop& loop, std::function<void()> wake)
        : loop_(loop), wake_(std::move(wake)) {}

    /// Will not be woken any more. [its loop]
    void leave() { wake_ = nullptr; }
    /// Sees to it that it is woken. [any]
    void notify();

private:
    struct Task;
    IEventLoop& loop_;
    std::function<void()> wake_;
};

class CapabilityBook {
public:
    struct Limits {
        size_t maxOrigins = 1024; ///< the one that changed least recently goes
        size_t maxWaiters = 1024; ///< for one origin
        /// An answer is not asked for again before this.
        int64_t freshUs = 60'000'000;
        /// And counts until this while no newer one is to be had.
        int64_t usableUs = 600'000'000;
        /// An origin that refused, or did not answer in time, is left alone for so long.
        int64_t silentUs = 3'000'000;
    };
    using Offer = std::shared_ptr<const Capabilities>;

    struct Page {
        enum State {
            Settled, ///< there is nothing to ask, or nobody may ask now
            Due,     ///< not known, or not fresh, and nobody asks
            Asked,   ///< somebody asks; a waiter was noted
            Yours    ///< the caller is to ask, and to say answered() or silent(), once
        };
        State state = Settled;
        Offer offer; ///< null: nothing is known that counts
    };

    CapabilityBook() = default;
    explicit CapabilityBook(const Limits& limits) : limits_(limits) {}

    /// What is known now: Settled or Due. `generation` is the one that the origin has now; what
    /// an earlier one said does not count. [any]
    Page look(std::string_view origin, uint64_t generation, int64_t nowUs) const;
    /// As look(), and takes over the asking when it is due and `mayAsk`. With Asked and with Yours
    /// the waiter is woken when the asking ends. [any]
    Page ask(std::string_view origin, uint64_t generation, int64_t nowUs, bool mayAsk,
             const std::shared_ptr<CapabilityWaiter>& waiter);

    /// The origin answered connect; an answer without any capability is one, too. Requires, as
    /// silent(): the asking was Yours. [any]
    void answered(std::string_view origin, uint64_t generation, int64_t nowUs,
                  Capabilities capabilities);
    /// It refused, or did not answer in time, or could not be reached. [any]
    void silent(std::string_view origin, uint64_t generation, int64_t nowUs);
    /// What it answered to the connect of a client that speaks Enhanced RTMP, in a session of that
    /// client. Makes what is known count as fresh, unless it says less: servers may tell a client
    /// no more than it asked for. Never adds an origin. [any]
    void learned(std::string_view origin, int64_t nowUs, const Capabilities& capabilities);

    size_t size() const;

private:
    struct Entry {
        uint64_t generation = 0;
        Offer offer;
        int64_t dueUs = 0;     ///< when to ask again
        int64_t expiresUs = 0; ///< `offer` counts until then
        int64_t changedUs = 0;
        bool asking = false;
        std::vector<std::weak_ptr<CapabilityWaiter>> waiters;
    };
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

    static Page read(const Entry& entry, uint64_t generation, int64_t nowUs);
    static void turnTo(Entry& entry, uint64_t generation);
    Entry* add(std::string_view origin);
    bool enlist(Entry& entry, const std::shared_ptr<CapabilityWaiter>& waiter) const;
    void note(Entry& entry, int64_t nowUs, Offer offer) const;
    template <typename Change> void endAsking(std::string_view origin, Change change);

    const Limits limits_{};
    mutable std::mutex mutex_;
    Entries entries_; ///< guarded by mutex_
};

} // namespace srsproxy::rtmp
