#include "core/base/metrics.h"

#include <atomic>
#include <mutex>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "core/base/abi.h"
#include "core/base/metrics_table.h"

namespace srsproxy {
namespace {

/// A counter or a gauge: the family knows which. A gauge's value is held in two's complement.
class LiveSeries final : public ICounter, public IGauge {
public:
    void add(uint64_t amount) noexcept override {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }
    void add(int64_t amount) noexcept override {
        value_.fetch_add(static_cast<uint64_t>(amount), std::memory_order_relaxed);
    }
    void set(int64_t value) noexcept override {
        value_.store(static_cast<uint64_t>(value), std::memory_order_relaxed);
    }

    double value(MetricKind kind) const {
        const uint64_t raw = value_.load(std::memory_order_relaxed);
        return kind == MetricKind::Counter ? static_cast<double>(raw)
                                           : static_cast<double>(static_cast<int64_t>(raw));
    }

private:
    std::atomic<uint64_t> value_{0};
};

/// One figure of one scrape.
struct Sample {
    double sum = 0;
    double value(MetricKind) const { return sum; }
};

void complain(const Log& log, std::string_view name, const std::string& problem) {
    if (!problem.empty()) {
        log.warning("metric refused",
                    "metric \"srsproxy_" + validUtf8(name, MaxMetricLabelBytes) + "\": " + problem);
    }
}

class ScrapeSamples final : public MetricSamples {
public:
    explicit ScrapeSamples(const Log& log) : log_(log) {}

    void counter(std::string_view name, std::string_view help, const MetricLabels& labels,
                 double value) override {
        add(MetricKind::Counter, name, help, labels, value);
    }
    void gauge(std::string_view name, std::string_view help, const MetricLabels& labels,
               double value) override {
        add(MetricKind::Gauge, name, help, labels, value);
    }
    const MetricTable<Sample>& table() const { return table_; }

private:
    void add(MetricKind kind, std::string_view name, std::string_view help,
             const MetricLabels& labels, double value) {
        std::string problem;
        if (Sample* sample = table_.find(kind, name, help, labels, problem)) {
            sample->sum += value;
        }
        complain(log_, name, problem);
    }

    const Log& log_;
    MetricTable<Sample> table_;
};

prometheus::ClientMetric clientMetric(MetricKind kind, const SortedLabels& labels, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels) {
        metric.label.push_back({name, text});
    }
    if (kind == MetricKind::Counter) {
        metric.counter.value = value;
    } else {
        metric.gauge.value = value;
    }
    return metric;
}

using Exposition = std::map<std::string, prometheus::MetricFamily>;

/// A family that is there already under the same name takes the series too, if it is of the same
/// kind.
template <typename Series>
void append(const MetricTable<Series>& table, Exposition& out, const Log& log) {
    for (const auto& [name, family] : table.families()) {
        const auto type = family.kind == MetricKind::Counter ? prometheus::MetricType::Counter
                                                             : prometheus::MetricType::Gauge;
        prometheus::MetricFamily& target =
            out.emplace(name, prometheus::MetricFamily{name, family.help, type, {}}).first->second;
        if (target.type != type) {
            log.warning("metric refused",
                        "metric \"" + name +
                            "\" is both a counter and a gauge: rename one of them");
            continue;
        }
        for (const auto& [labels, series] : family.series) {
            target.metric.push_back(clientMetric(family.kind, labels, series->value(family.kind)));
        }
    }
}

MetricLabels toLabels(const MetricLabel* labels, uint64_t count) {
    MetricLabels out;
    for (uint64_t i = 0; labels != nullptr && i < count && i <= MaxMetricLabels; ++i) {
        out.emplace_back(view(labels[i].name), view(labels[i].value));
    }
    return out;
}

} // namespace

struct Metrics::State {
    explicit State(Log where) : log(std::move(where)) {}

    LiveSeries& series(MetricKind kind, std::string_view name, std::string_view help,
                       const MetricLabels& labels) {
        std::string problem;
        LiveSeries* found = nullptr;
        {
            const std::lock_guard lock(mutex);
            found = live.find(kind, name, help, labels, problem);
        }
        complain(log, name, problem);
        return found == nullptr ? refused : *found;
    }

    const Log log;
    LiveSeries refused;     ///< counts what is never shown
    std::mutex scrapeMutex; ///< held for a whole scrape, taken before `mutex`
    std::mutex mutex;       ///< guards all below; never held while a collector runs
    MetricTable<LiveSeries> live;
    std::vector<std::shared_ptr<const Collector>> collectors;
};

Metrics::Metrics(Log log) : state_(std::make_unique<State>(std::move(log))) {}

Metrics::~Metrics() = default;

ICounter* Metrics::counter(Str name, Str help, const MetricLabel* labels, uint64_t count) noexcept {
    return &counter(view(name), view(help), toLabels(labels, count));
}

IGauge* Metrics::gauge(Str name, Str help, const MetricLabel* labels, uint64_t count) noexcept {
    return &gauge(view(name), view(help), toLabels(labels, count));
}

ICounter& Metrics::counter(std::string_view name, std::string_view help,
                           const MetricLabels& labels) {
    return state_->series(MetricKind::Counter, name, help, labels);
}

IGauge& Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
    return state_->series(MetricKind::Gauge, name, help, labels);
}

void Metrics::addCollector(Collector collector) {
    const std::lock_guard lock(state_->mutex);
    state_->collectors.push_back(std::make_shared<const Collector>(std::move(collector)));
}

std::string Metrics::expose() {
    const std::lock_guard scrape(state_->scrapeMutex);
    std::vector<std::shared_ptr<const Collector>> collectors;
    {
        const std::lock_guard lock(state_->mutex);
        collectors = state_->collectors;
    }
    ScrapeSamples samples(state_->log);
    for (const auto& collector : collectors) {
        try {
            (*collector)(samples);
        } catch (const std::exception& error) {
            state_->log.error("collector failed",
                              std::string("figures are missing from a scrape: ") + error.what());
        }
    }
    Exposition exposition;
    {
        const std::lock_guard lock(state_->mutex);
        append(state_->live, exposition, state_->log);
    }
    append(samples.table(), exposition, state_->log);

    std::vector<prometheus::MetricFamily> families;
    for (auto& [name, family] : exposition) {
        families.push_back(std::move(family));
    }
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace srsproxy
