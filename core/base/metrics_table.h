#pragma once

/// Metric families by name and their series by labels, with the rules that keep a scrape small
/// and well-formed: names that Prometheus takes, few series, few names. Private to metrics.cpp,
/// which guards it; not thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/metrics.h"
#include "core/base/utf8.h"

namespace srsproxy {

enum class MetricKind { Counter, Gauge };

/// Labels in the order in which they are exposed.
using SortedLabels = std::map<std::string, std::string, std::less<>>;

/// `Series` is default-constructible and never moved once made.
template <typename Series> class MetricTable {
public:
    struct Family {
        MetricKind kind;
        std::string help;
        std::map<SortedLabels, std::unique_ptr<Series>> series;
    };

    /// Makes or finds a series. Null when it is refused; `problem` says why. `problem` is also
    /// set when the series given is the overflow series and has just been made.
    Series* find(MetricKind kind, std::string_view name, std::string_view help,
                 const MetricLabels& labels, std::string& problem) {
        const std::string fullName = "srsproxy_" + std::string(name);
        SortedLabels sorted;
        problem = name.empty() || !isWord(fullName)
                      ? "wanted: up to 128 letters, digits and underscores"
                      : sortLabels(labels, sorted);
        if (!problem.empty()) {
            return nullptr;
        }
        auto found = families_.find(fullName);
        if (found == families_.end()) {
            if (families_.size() >= MaxMetricNames) {
                problem = "there are " + std::to_string(MaxMetricNames) + " names already";
                return nullptr;
            }
            found = families_.emplace(fullName, Family{kind, helpText(help), {}}).first;
        }
        Family& family = found->second;
        if (family.kind != kind) {
            problem = "it is both a counter and a gauge: rename one of them";
            return nullptr;
        }
        return &series(family, std::move(sorted), problem);
    }

    const std::map<std::string, Family>& families() const { return families_; }

private:
    static constexpr size_t MaxNameBytes = 128;
    static constexpr size_t MaxHelpBytes = 256;

    static bool isWord(std::string_view name) {
        const auto letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        if (name.empty() || name.size() > MaxNameBytes || !letter(name.front())) {
            return false;
        }
        for (const char c : name) {
            if (!letter(c) && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    static std::string sortLabels(const MetricLabels& labels, SortedLabels& sorted) {
        if (labels.size() > MaxMetricLabels) {
            return "it has " + std::to_string(labels.size()) + " labels, at most " +
                   std::to_string(MaxMetricLabels) + " are taken";
        }
        for (const auto& [name, value] : labels) {
            const std::string quoted = "label \"" + validUtf8(name, MaxNameBytes) + "\"";
            if (!isWord(name) || name.starts_with("__")) {
                return quoted + ": wanted: up to 128 letters, digits and underscores, not two "
                                "underscores in front";
            }
            if (!sorted.emplace(name, validUtf8(value, MaxMetricLabelBytes)).second) {
                return quoted + " is there twice";
            }
        }
        return "";
    }

    /// On one line: the serializer writes it as it is.
    static std::string helpText(std::string_view help) {
        std::string text = validUtf8(help, MaxHelpBytes);
        for (char& c : text) {
            if (static_cast<unsigned char>(c) < 0x20 || c == '\\') {
                c = ' ';
            }
        }
        return text;
    }

    static Series& series(Family& family, SortedLabels labels, std::string& problem) {
        const auto found = family.series.find(labels);
        if (found != family.series.end()) {
            return *found->second;
        }
        if (family.series.size() < MaxMetricSeries) {
            return *family.series.emplace(std::move(labels), std::make_unique<Series>())
                        .first->second;
        }
        std::unique_ptr<Series>& overflow = family.series[SortedLabels{{"overflow", "true"}}];
        if (overflow == nullptr) {
            overflow = std::make_unique<Series>();
            problem = "more than " + std::to_string(MaxMetricSeries) +
                      " series: further ones are counted as {overflow=\"true\"}; give its labels "
                      "fewer values";
        }
        return *overflow;
    }

    std::map<std::string, Family> families_;
};

} // namespace srsproxy
