#pragma once

/// A plugin's section of the configuration made from `key=value` texts, so that a balancer can
/// be run without a proxy. Flat: a section is empty, a list has no items.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "srsproxy/abi/config.h"

namespace lbsim {

class TextConfig final : public srsproxy::IConfig {
public:
    /// Each text is `key=value`; one without `=` becomes a problem.
    explicit TextConfig(const std::vector<std::string>& options);

    /// What was wrong so far, keys that nobody asked for included. Call it after the reads.
    std::vector<std::string> problems() const;

    int32_t flag(srsproxy::Str key, int32_t* value) noexcept override;
    int32_t integer(srsproxy::Str key, int64_t min, int64_t max, int64_t* value) noexcept override;
    int32_t real(srsproxy::Str key, double min, double max, double* value) noexcept override;
    int32_t duration(srsproxy::Str key, int64_t minMs, int64_t maxMs,
                     int64_t* ms) noexcept override;
    int32_t size(srsproxy::Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept override;
    int32_t text(srsproxy::Str key, srsproxy::Str fallback,
                 srsproxy::IStrSink* out) noexcept override;
    int32_t texts(srsproxy::Str key, const srsproxy::Str* fallback, uint64_t count,
                  srsproxy::IStrSink* out) noexcept override;
    IConfig* section(srsproxy::Str key) noexcept override;
    IConfig* item(srsproxy::Str key, uint64_t index) noexcept override;
    void reject(srsproxy::Str key, srsproxy::Str message) noexcept override;

private:
    const std::string* find(srsproxy::Str key);
    int32_t fail(srsproxy::Str key, const std::string& wanted);
    /// The number in front, with its unit replaced by the factor from `units`.
    int32_t scaled(srsproxy::Str key, const std::map<std::string, double>& units, double min,
                   double max, double* value);

    std::map<std::string, std::string> values_;
    std::set<std::string> asked_;
    std::vector<std::string> problems_;
};

} // namespace lbsim
