#pragma once

/// Runs a balancer plugin safely: builds its view of the origins, checks every answer, times
/// every call, and names the plugin in the log when it misbehaves. Not thread-safe: the router
/// calls it under its own lock, which is what lets balancers do without locks.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/registry/registry.h"
#include "srsproxy/abi/balancer.h"
#include "srsproxy/abi/metrics.h"

namespace srsproxy {

struct PickInput {
    std::string_view streamKey;
    std::string_view protocol;
    std::string_view client;
    int32_t role = 0;
    uint32_t attempt = 1;
};

class BalancerHost {
public:
    /// A call that takes longer is named in the log.
    static constexpr Milliseconds SlowCall{10};

    /// `balancer`, `metrics` and `clock` outlive the host; `name` is the plugin's. Without
    /// metrics nothing is counted; without a clock the steady one is used.
    BalancerHost(IBalancer& balancer, std::string name, Log log, IMetrics* metrics = nullptr,
                 const Clock* clock = nullptr);

    /// Tells the balancer, unless what a balancer sees of the origins is as before.
    void update(std::shared_ptr<const OriginTable> table);
    /// The chosen origin's index in the last table, or -1: the balancer wants none, or none is
    /// eligible. `eligible` runs parallel to the table. When the balancer fails, answers
    /// nonsense, or could not take the last update, the first eligible origin is chosen.
    int64_t pick(const PickInput& input, const std::vector<bool>& eligible);
    void opened(std::string_view originId);
    void closed(std::string_view originId, int32_t outcome);
    /// Of the last update; never null.
    const std::shared_ptr<const OriginTable>& table() const { return table_; }

private:
    bool sameForBalancer(const OriginTable& table) const;
    void point(const OriginTable& table);
    bool tell();
    int64_t ask(const PickInput& input, const std::vector<bool>& eligible);
    int64_t complain(std::string_view topic, const std::string& message);
    template <typename Work> auto timed(std::string_view call, Work work);

    IBalancer& balancer_;
    IBalancerFeedback* feedback_;
    std::string name_;
    Log log_;
    ICounter* errors_ = nullptr;
    SteadyClock steady_;
    const Clock& clock_;

    std::shared_ptr<const OriginTable> table_;
    std::vector<BalancerOrigin> origins_; ///< views into table_
    bool told_ = false;                   ///< the balancer has taken origins_
    std::vector<uint64_t> eligibleBits_;
    std::vector<uint32_t> sessions_;
};

} // namespace srsproxy
