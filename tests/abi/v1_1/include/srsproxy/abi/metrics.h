#pragma once

/// Figures for /metrics (Prometheus). Names get the prefix `srsproxy_`; use base units and the
/// usual endings (`_total`, `_seconds`, `_bytes`). A label takes few values: never a stream, a
/// client or a session. Past 1000 series of one name the proxy counts into one overflow series.

#include "srsproxy/abi/types.h"

namespace srsproxy {

struct MetricLabel {
    Str name;
    Str value;
};

/// Owned by the proxy, lives as long as the process.
class ICounter {
public:
    virtual void add(uint64_t amount) noexcept = 0; ///< Lock-free. [any]

protected:
    ~ICounter() = default;
};

/// Owned by the proxy, lives as long as the process.
class IGauge {
public:
    virtual void set(int64_t value) noexcept = 0;  ///< Lock-free. [any]
    virtual void add(int64_t amount) noexcept = 0; ///< Lock-free; may be negative. [any]

protected:
    ~IGauge() = default;
};

class IMetrics {
public:
    /// Makes or finds a series. Never null. Takes a lock: fetch once, keep the pointer. [any]
    virtual ICounter* counter(Str name, Str help, const MetricLabel* labels,
                              uint64_t count) noexcept = 0;
    /// As counter. [any]
    virtual IGauge* gauge(Str name, Str help, const MetricLabel* labels,
                          uint64_t count) noexcept = 0;

protected:
    ~IMetrics() = default;
};

#define SRSPROXY_METRICS_ID "srsproxy.metrics/1"

} // namespace srsproxy
