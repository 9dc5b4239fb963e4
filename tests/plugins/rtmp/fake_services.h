#pragma once

/// Fakes of the core's log and metrics, which a test may read.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "srsproxy/protocol.h"

namespace srsproxy::rtmp::test {

class KeptLog final : public ILog {
public:
    int32_t enabled(int32_t) noexcept override { return 1; }
    void write(int32_t level, uint64_t, Str topic, Str message) noexcept override {
        const std::lock_guard lock(mutex_);
        lines_.push_back({level, toString(topic), toString(message)});
    }
    /// The messages of a topic, in order, without those for debugging.
    std::vector<std::string> lines(const std::string& topic) const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> found;
        for (const Line& line : lines_) {
            if (line.topic == topic && line.level < LogDebug) {
                found.push_back(line.message);
            }
        }
        return found;
    }

private:
    struct Line {
        int32_t level;
        std::string topic;
        std::string message;
    };
    mutable std::mutex mutex_;
    std::vector<Line> lines_;
};

/// Series are named `name{label="value",…}`.
class FakeMetrics final : public IMetrics {
public:
    ICounter* counter(Str name, Str, const MetricLabel* labels, uint64_t count) noexcept override {
        const std::lock_guard lock(mutex_);
        auto& found = counters_[seriesName(name, labels, count)];
        found = found ? std::move(found) : std::make_unique<Counter>();
        return found.get();
    }
    IGauge* gauge(Str name, Str, const MetricLabel* labels, uint64_t count) noexcept override {
        const std::lock_guard lock(mutex_);
        auto& found = gauges_[seriesName(name, labels, count)];
        found = found ? std::move(found) : std::make_unique<Gauge>();
        return found.get();
    }
    uint64_t value(const std::string& series) const {
        const std::lock_guard lock(mutex_);
        const auto found = counters_.find(series);
        return found == counters_.end() ? 0 : found->second->value.load();
    }
    uint64_t resumes(const std::string& role, const std::string& result) const {
        return value("rtmp_resumes_total{role=\"" + role + "\",result=\"" + result + "\"}");
    }

private:
    struct Counter final : ICounter {
        void add(uint64_t amount) noexcept override { value += amount; }
        std::atomic<uint64_t> value{0};
    };
    struct Gauge final : IGauge {
        void set(int64_t amount) noexcept override { value = amount; }
        void add(int64_t amount) noexcept override { value += amount; }
        std::atomic<int64_t> value{0};
    };

    static std::string seriesName(Str name, const MetricLabel* labels, uint64_t count) {
        std::string series = toString(name) + "{";
        for (uint64_t i = 0; i < count; ++i) {
            series += (i == 0 ? "" : ",") + toString(labels[i].name) + "=\"" +
                      toString(labels[i].value) + "\"";
        }
        return series + "}";
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Counter>> counters_;
    std::map<std::string, std::unique_ptr<Gauge>> gauges_;
};

} // namespace srsproxy::rtmp::test
