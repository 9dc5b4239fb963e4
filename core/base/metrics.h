#pragma once

/// The figures of the process for Prometheus: those that plugins and the core count as things
/// happen (IMetrics), and those that the core works out for each scrape (collectors). Made by
/// main, lives as long as the process.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "srsproxy/abi/metrics.h"

namespace srsproxy {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

constexpr size_t MaxMetricNames = 512;
constexpr size_t MaxMetricSeries = 1000; ///< of one name; further ones share an overflow series
constexpr size_t MaxMetricLabels = 16;
constexpr size_t MaxMetricLabelBytes = 256; ///< longer values are cut

/// Takes the figures of one scrape from a collector. Names and labels are as in IMetrics; the
/// values of a series that is given twice add up.
class MetricSamples {
public:
    virtual void counter(std::string_view name, std::string_view help, const MetricLabels& labels,
                         double value) = 0;
    virtual void gauge(std::string_view name, std::string_view help, const MetricLabels& labels,
                       double value) = 0;

protected:
    ~MetricSamples() = default;
};

class Metrics final : public IMetrics {
public:
    /// Gives its figures anew at each scrape, so a series whose subject is gone goes too.
    using Collector = std::function<void(MetricSamples&)>;

    /// The log is told of names and labels that are refused; such series count, but are not shown.
    explicit Metrics(Log log);
    ~Metrics();

    ICounter* counter(Str name, Str help, const MetricLabel* labels,
                      uint64_t count) noexcept override;
    IGauge* gauge(Str name, Str help, const MetricLabel* labels, uint64_t count) noexcept override;

    /// The core's own way to ask for a series. [any]
    ICounter& counter(std::string_view name, std::string_view help,
                      const MetricLabels& labels = {});
    IGauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});

    /// `collector` is called by expose(), one call at a time, and may take locks of its own; it
    /// must stay callable as long as expose() may be called. [any]
    void addCollector(Collector collector);

    /// All figures in Prometheus' text format, sorted by name and labels. [any]
    std::string expose();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace srsproxy
