#include "core/plugin/default_config.h"

#include "core/base/abi.h"

namespace srsproxy {

std::string DefaultConfig::noteKey(Str key) {
    notes_->keys.push_back(prefix_ + std::string(view(key)));
    return notes_->keys.back();
}

template <typename Number>
int32_t DefaultConfig::number(Str key, Number min, Number max, const Number* value) {
    const std::string name = noteKey(key);
    if (*value < min || *value > max) {
        notes_->problems.push_back("the default of `" + name + "` is " + std::to_string(*value) +
                                   ", out of its own range " + std::to_string(min) + " … " +
                                   std::to_string(max));
    }
    return StatusNotFound;
}

int32_t DefaultConfig::flag(Str key, int32_t* value) noexcept {
    return number<int32_t>(key, 0, 1, value);
}

int32_t DefaultConfig::integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept {
    return number(key, min, max, value);
}

int32_t DefaultConfig::real(Str key, double min, double max, double* value) noexcept {
    return number(key, min, max, value);
}

int32_t DefaultConfig::duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept {
    return number(key, minMs, maxMs, ms);
}

int32_t DefaultConfig::size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept {
    return number(key, min, max, bytes);
}

int32_t DefaultConfig::text(Str key, Str fallback, IStrSink* out) noexcept {
    noteKey(key);
    out->accept(fallback);
    return StatusNotFound;
}

int32_t DefaultConfig::texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept {
    noteKey(key);
    for (uint64_t index = 0; index < count; ++index) {
        out->accept(fallback[index]);
    }
    return StatusNotFound;
}

IConfig* DefaultConfig::section(Str key) noexcept {
    sections_.emplace_back(new DefaultConfig(notes_, noteKey(key) + "."));
    return sections_.back().get();
}

IConfig* DefaultConfig::item(Str key, uint64_t index) noexcept {
    if (index == 0) {
        noteKey(key);
    }
    return nullptr;
}

void DefaultConfig::reject(Str key, Str message) noexcept {
    notes_->problems.push_back("the default of `" + prefix_ + std::string(view(key)) +
                               "` is rejected: " + std::string(view(message)));
}

} // namespace srsproxy
