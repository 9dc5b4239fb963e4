#pragma once

/// An empty section of the configuration: every read gives the default. Notes which keys were
/// asked for, and what is wrong with how. For checks of plugins outside of a running proxy.

#include <memory>
#include <string>
#include <vector>

#include "srsproxy/abi/config.h"

namespace srsproxy {

class DefaultConfig final : public IConfig {
public:
    DefaultConfig() : notes_(std::make_shared<Notes>()) {}

    int32_t flag(Str key, int32_t* value) noexcept override;
    int32_t integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept override;
    int32_t real(Str key, double min, double max, double* value) noexcept override;
    int32_t duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept override;
    int32_t size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept override;
    int32_t text(Str key, Str fallback, IStrSink* out) noexcept override;
    int32_t texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept override;
    IConfig* section(Str key) noexcept override;
    IConfig* item(Str key, uint64_t index) noexcept override;
    void reject(Str key, Str message) noexcept override;

    /// Every key read here and in the sections within, in order: `listen`, `tls.cert`.
    const std::vector<std::string>& keys() const { return notes_->keys; }
    /// Defaults that are out of their own range, and values that the plugin rejected.
    const std::vector<std::string>& problems() const { return notes_->problems; }

private:
    struct Notes {
        std::vector<std::string> keys;
        std::vector<std::string> problems;
    };

    DefaultConfig(std::shared_ptr<Notes> notes, std::string prefix)
        : notes_(std::move(notes)), prefix_(std::move(prefix)) {}
    std::string noteKey(Str key);
    template <typename Number> int32_t number(Str key, Number min, Number max, const Number* value);

    std::shared_ptr<Notes> notes_;
    std::string prefix_; ///< of the keys of this section: `tls.`
    std::vector<std::unique_ptr<DefaultConfig>> sections_;
};

} // namespace srsproxy
