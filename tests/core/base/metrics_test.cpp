#include "core/base/metrics.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/abi.h"
#include "core/base/log_memory.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsTest : public testing::Test {
protected:
    size_t shownSeries(const std::string& name) {
        const std::string text = "\n" + metrics_.expose();
        size_t count = 0;
        for (size_t at = text.find("\n" + name); at != std::string::npos;
             at = text.find("\n" + name, at + 1)) {
            ++count;
        }
        return count;
    }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    Metrics metrics_{Log(log_, "metrics")};
};

TEST_F(MetricsTest, ExposesCountersAndGaugesAsPrometheusText) {
    IMetrics& abi = metrics_;
    const MetricLabel labels[] = {{str("role"), str("play")}, {str("origin"), str("a \"b\"\n\\")}};
    ICounter* bytes = abi.counter(str("bytes_total"), str("Bytes\nrelayed"), labels, 2);
    IGauge* sessions = abi.gauge(str("sessions"), str("Open sessions"), nullptr, 0);
    bytes->add(9'007'199'254'740'993ull); // one more than a double holds
    bytes->add(7);
    sessions->set(5);
    sessions->add(-8);
    EXPECT_EQ(metrics_.expose(), "# HELP srsproxy_bytes_total Bytes relayed\n"
                                 "# TYPE srsproxy_bytes_total counter\n"
                                 "srsproxy_bytes_total{origin=\"a \\\"b\\\"\\n\\\\\","
                                 "role=\"play\"} 9007199254741000\n"
                                 "# HELP srsproxy_sessions Open sessions\n"
                                 "# TYPE srsproxy_sessions gauge\n"
                                 "srsproxy_sessions -3\n");
}

TEST_F(MetricsTest, FindsTheSameSeriesAgain) {
    ICounter& first = metrics_.counter("hits_total", "Hits", {{"a", "1"}, {"b", "2"}});
    EXPECT_EQ(&first, &metrics_.counter("hits_total", "Hits", {{"b", "2"}, {"a", "1"}}));
    EXPECT_NE(&first, &metrics_.counter("hits_total", "Hits", {{"a", "1"}}));
}

TEST_F(MetricsTest, RefusesWhatPrometheusWouldNotTake) {
    metrics_.counter("taken", "A counter");
    struct Row {
        std::string name;
        MetricLabels labels;
        std::string problem;
    };
    const Row rows[] = {
        {"", {}, "wanted: up to 128 letters"},
        {"with-dash", {}, "wanted: up to 128 letters"},
        {"new\nline", {}, "wanted: up to 128 letters"},
        {std::string(200, 'x'), {}, "wanted: up to 128 letters"},
        {"ok", {{"a b", "v"}}, "label \"a b\": wanted"},
        {"ok", {{"", "v"}}, "label \"\": wanted"},
        {"ok", {{"__name", "v"}}, "label \"__name\": wanted"},
        {"ok", {{"9a", "v"}}, "label \"9a\": wanted"},
        {"ok", {{"a", "1"}, {"a", "2"}}, "label \"a\" is there twice"},
        {"ok", MetricLabels(MaxMetricLabels + 1, {"a", "1"}), "17 labels, at most 16"},
        {"taken", {}, "both a counter and a gauge"},
    };
    for (const Row& row : rows) {
        log_->clear();
        metrics_.gauge(row.name, "help", row.labels).set(1);
        EXPECT_EQ(log_->count(row.problem), 1u) << row.name << ": " << row.problem;
    }
    EXPECT_EQ(metrics_.expose(), "# HELP srsproxy_taken A counter\n"
                                 "# TYPE srsproxy_taken counter\n"
                                 "srsproxy_taken 0\n");
}

TEST_F(MetricsTest, MendsLabelValues) {
    metrics_.gauge("g", "", {{"a", "\xff"}, {"b", std::string(1000, 'x')}});
    const std::string text = metrics_.expose();
    EXPECT_THAT(text, HasSubstr("a=\"\xef\xbf\xbd\""));
    EXPECT_THAT(text, HasSubstr("b=\"" + std::string(MaxMetricLabelBytes, 'x') + "\""));
}

TEST_F(MetricsTest, CountsIntoOneSeriesWhenThereAreTooMany) {
    for (size_t i = 0; i < MaxMetricSeries + 50; ++i) {
        metrics_.counter("s_total", "Many", {{"id", std::to_string(i)}}).add(2);
    }
    metrics_.counter("s_total", "Many", {{"id", "0"}}).add(40); // those before stay
    EXPECT_EQ(shownSeries("srsproxy_s_total{"), MaxMetricSeries + 1);
    EXPECT_THAT(metrics_.expose(), HasSubstr("srsproxy_s_total{overflow=\"true\"} 100\n"));
    EXPECT_THAT(metrics_.expose(), HasSubstr("srsproxy_s_total{id=\"0\"} 42\n"));
    EXPECT_EQ(log_->count("more than 1000 series"), 1u);
}

TEST_F(MetricsTest, BoundsTheNumberOfNames) {
    for (size_t i = 0; i < MaxMetricNames + 10; ++i) {
        metrics_.counter("n" + std::to_string(i) + "_total", "");
    }
    EXPECT_EQ(shownSeries("srsproxy_n"), MaxMetricNames);
    EXPECT_EQ(log_->count("512 names already"), 10u);
}

TEST_F(MetricsTest, AsksCollectorsAtEachScrape) {
    int origins = 2;
    metrics_.addCollector([&](MetricSamples& samples) {
        for (int i = 0; i < origins; ++i) {
            samples.gauge("origin_up", "Alive", {{"origin", std::to_string(i)}}, 1);
        }
        samples.counter("seconds_total", "Time", {}, 1.5);
        samples.counter("seconds_total", "Time", {}, 2);
    });
    EXPECT_EQ(shownSeries("srsproxy_origin_up{"), 2u);
    origins = 1;
    EXPECT_EQ(shownSeries("srsproxy_origin_up{"), 1u) << "a series that is gone is not shown";
    EXPECT_THAT(metrics_.expose(), HasSubstr("srsproxy_seconds_total 3.5\n"));
}

TEST_F(MetricsTest, CollectorsObeyTheSameLimits) {
    metrics_.gauge("shared", "Live", {{"from", "live"}}).set(1);
    metrics_.addCollector([](MetricSamples& samples) {
        for (size_t i = 0; i < MaxMetricSeries + 5; ++i) {
            samples.gauge("o", "", {{"i", std::to_string(i)}}, 1);
        }
        samples.gauge("bad name", "", {}, 1);
        samples.gauge("shared", "Scraped", {{"from", "scrape"}}, 2);
        throw std::runtime_error("half way");
    });
    const std::string text = metrics_.expose();
    EXPECT_THAT(text, HasSubstr("srsproxy_o{overflow=\"true\"} 5\n"));
    EXPECT_THAT(text, Not(HasSubstr("bad name")));
    EXPECT_THAT(text, HasSubstr("srsproxy_shared{from=\"live\"} 1\n"
                                "srsproxy_shared{from=\"scrape\"} 2\n"));
    EXPECT_EQ(log_->count("half way"), 1u);
    metrics_.addCollector([](MetricSamples& samples) { samples.counter("shared", "", {}, 1); });
    metrics_.expose();
    EXPECT_EQ(log_->count("both a counter and a gauge"), 1u);
}

TEST_F(MetricsTest, CountsFromManyThreadsWhileScraped) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            ICounter& counter = metrics_.counter("n_total", "N");
            for (int i = 0; i < 10'000; ++i) {
                counter.add(1);
            }
        });
    }
    metrics_.expose();
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_THAT(metrics_.expose(), HasSubstr("srsproxy_n_total 40000\n"));
}

} // namespace
} // namespace srsproxy
