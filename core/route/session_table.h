#pragma once

/// All sessions of the process, and the ISessions service behind which they hide routing,
/// reports, limits and the access log. A session belongs to one loop; the table of all of them
/// is sharded by loop, so that opening one contends with nobody but a reader of the list. The
/// loops outlive the table, and have stopped when it is destroyed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/route/rate_limit.h"
#include "core/route/router.h"
#include "core/route/session_figures.h"
#include "core/route/session_limits.h"
#include "srsproxy/abi/metrics.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {

struct SessionView {
    uint64_t id = 0;
    std::string protocol;
    std::string client;
    std::string streamKey; ///< empty until named
    std::string originId;  ///< empty until routed
    int32_t role = RoleUnknown;
    Milliseconds age{0};
    SessionCounters bytes{};
};

class SessionTable {
public:
    /// `loops` is the number of event loops, with indexes from 0. All references outlive the
    /// table.
    SessionTable(LimitSettings limits, const Clock& clock, Router& router, IMetrics& metrics,
                 Log log, uint32_t loops);
    /// Sessions that a plugin left open end here, with an access-log line and a complaint.
    ~SessionTable();

    /// The service handed to a protocol plugin; `plugin` is its name. Owned by the table. [main]
    ISessions* serviceFor(std::string plugin);

    /// No new sessions from now on. [any]
    void drain();
    /// Asks the owner of the session, on its loop, to end it. False when there is none of that
    /// id; one that ends by itself meanwhile is not asked. [any]
    bool kick(uint64_t id, int32_t cause, std::string_view reason);
    /// Asks all owners. [any]
    void kickAll(int32_t cause, std::string_view reason);

    size_t size() const; ///< [any]
    /// At most `limit`, in id order, after `after`. [any]
    std::vector<SessionView> list(uint64_t after, size_t limit) const;

    /// Adds what sessions relayed since the last call to bytes_total. Before each scrape, or once
    /// in a few seconds. [any]
    void countBytes();

private:
    friend class Session;
    class Service;
    struct Shard;

    ISession* open(const Service& service, IEventLoop* loop, const SessionInfo* info,
                   ISessionOwner* owner);
    SessionFigures* figuresOf(std::string_view protocol) const;
    /// Asks the owner of one session, or of all on the loop when `id` is 0. [loop]
    void askOwners(Shard& shard, uint64_t id, int32_t cause, const std::string& reason);
    void postKick(Shard& shard, IEventLoop& loop, uint64_t id, int32_t cause,
                  std::string_view reason);

    const Clock& clock_;
    Router& router_;
    const Log log_;
    const Log access_;
    const uint32_t maxSessions_;
    SessionLimit perClient_;
    SessionLimit perStream_;
    RateLimit publishes_;
    std::vector<std::unique_ptr<SessionFigures>> figures_; ///< parallel to ServiceNames
    std::vector<std::unique_ptr<Shard>> shards_;           ///< by loop
    std::vector<std::unique_ptr<Service>> services_;

    std::atomic<bool> draining_{false};
    std::atomic<uint32_t> live_{0};
    std::atomic<uint64_t> lastId_{0};
};

} // namespace srsproxy
