#pragma once

/// Host names to addresses without blocking a loop: one worker thread, started by the first name
/// that is not an address already, asks the system for one name after the other. Owned by a
/// plugin, asked from its loops. The answer comes on the asking loop, never from within ask().

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugins/common/socket.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

/// At least one address, or why there is none.
struct ResolvedHost {
    std::vector<SocketAddress> addresses; ///< in the system's order of preference
    std::string error;                    ///< such as `host name "x" does not resolve: …`
};

class IResolveHandler {
public:
    /// Once, unless the ResolveRequest is destroyed before; it may be destroyed in here. [loop]
    virtual void resolved(ResolvedHost host) = 0;

protected:
    ~IResolveHandler() = default;
};

/// A question that is under way. Destroyed on its loop by whoever asked; after that nothing
/// comes any more. May outlive the resolver.
class ResolveRequest {
public:
    virtual ~ResolveRequest() = default;
};

class HostResolver {
public:
    struct Limits {
        int64_t timeoutUs = 5'000'000; ///< from ask() on, with the wait for names asked before
        size_t maxQueued = 64;         ///< names that wait for the worker
        size_t maxAddresses = 8;       ///< of an answer; more are left out
    };
    /// Blocks. May throw. The addresses have no port yet. [the worker]
    using Lookup = std::function<ResolvedHost(const std::string& host)>;

    /// `lookup` is for tests.
    explicit HostResolver(const Limits& limits, Lookup lookup = systemLookup);
    /// Waits for the lookup in hand, as long as /etc/resolv.conf lets it take; what is queued is
    /// not looked up any more. Requires: the loops that asked still exist, stopped or not. [main]
    ~HostResolver();
    HostResolver(const HostResolver&) = delete;
    HostResolver& operator=(const HostResolver&) = delete;

    /// `host` is a name or a numeric address, IPv6 without brackets. `loop` and `handler` outlive
    /// the request. [loop]
    std::unique_ptr<ResolveRequest> ask(IEventLoop& loop, const std::string& host, uint16_t port,
                                        IResolveHandler& handler);

    /// getaddrinfo: /etc/hosts, DNS. [any]
    static ResolvedHost systemLookup(const std::string& host);

private:
    struct Question;
    class Ticket;
    class Delivery;

    /// False when the queue is full or there is no thread to be had.
    bool enqueue(const std::shared_ptr<Question>& question);
    void work();
    ResolvedHost lookUp(const Question& question) const;

    const Limits limits_;
    const Lookup lookup_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Question>> queue_; ///< guarded by mutex_
    bool stopping_ = false;                       ///< guarded by mutex_
    std::thread worker_;                          ///< guarded by mutex_ until stopping_
};

} // namespace srsproxy
