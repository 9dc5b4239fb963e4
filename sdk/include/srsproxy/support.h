#pragma once

/// Comfort for plugin authors: the ABI's views as standard types, a section of the
/// configuration as typed reads, errors as exceptions. Header-only and compiled into the plugin;
/// nothing here crosses the line, so every plugin may use its own compiler and library.

#include <exception>
#include <string>
#include <vector>

#include "srsproxy/abi/config.h"
#include "srsproxy/abi/descriptor.h"
#include "srsproxy/abi/log.h"
#include "srsproxy/abi/metrics.h"
#include "srsproxy/abi/plugin.h"

#define SRSPROXY_SDK_VERSION "1.1.0"

namespace srsproxy {
inline namespace sdk_v1 {

inline Str toStr(const std::string& text) {
    return Str{text.data(), static_cast<uint64_t>(text.size())};
}
inline Str toStr(const char* text) {
    return Str{text, static_cast<uint64_t>(__builtin_strlen(text))};
}
inline std::string toString(Str text) {
    return text.size == 0 ? std::string() : std::string(text.data, static_cast<size_t>(text.size));
}

/// Appends what it is given.
class StrList final : public IStrSink {
public:
    void accept(Str text) noexcept override { values.push_back(toString(text)); }
    std::vector<std::string> values;
};

/// Reads a plugin's section. Every key must be read, always: see srsproxy/abi/config.h.
class Section {
public:
    explicit Section(IConfig* config) : config_(config) {}

    bool flag(const char* key, bool fallback) const {
        int32_t value = fallback ? 1 : 0;
        config_->flag(toStr(key), &value);
        return value != 0;
    }
    int64_t integer(const char* key, int64_t fallback, int64_t min, int64_t max) const {
        config_->integer(toStr(key), min, max, &fallback);
        return fallback;
    }
    double real(const char* key, double fallback, double min, double max) const {
        config_->real(toStr(key), min, max, &fallback);
        return fallback;
    }
    int64_t durationMs(const char* key, int64_t fallbackMs, int64_t minMs, int64_t maxMs) const {
        config_->duration(toStr(key), minMs, maxMs, &fallbackMs);
        return fallbackMs;
    }
    uint64_t sizeBytes(const char* key, uint64_t fallback, uint64_t min, uint64_t max) const {
        config_->size(toStr(key), min, max, &fallback);
        return fallback;
    }
    std::string text(const char* key, const std::string& fallback) const {
        StrList list;
        config_->text(toStr(key), toStr(fallback), &list);
        return list.values.empty() ? fallback : list.values.back();
    }
    std::vector<std::string> texts(const char* key,
                                   const std::vector<std::string>& fallback) const {
        std::vector<Str> views;
        for (const std::string& value : fallback) {
            views.push_back(toStr(value));
        }
        StrList list;
        config_->texts(toStr(key), views.data(), views.size(), &list);
        return list.values;
    }
    Section section(const char* key) const { return Section(config_->section(toStr(key))); }
    /// The mappings of the list at `key`.
    std::vector<Section> items(const char* key) const {
        std::vector<Section> list;
        for (uint64_t index = 0; IConfig* item = config_->item(toStr(key), index); ++index) {
            list.push_back(Section(item));
        }
        return list;
    }
    void reject(const char* key, const std::string& message) const {
        config_->reject(toStr(key), toStr(message));
    }

private:
    IConfig* config_;
};

/// Asks the core for a service by its interface and id.
template <typename Service> Service* findService(ICore* core, const char* id) {
    return static_cast<Service*>(core->query(toStr(id)));
}

/// Runs `work`; an exception becomes a message in `errors` and `fallback`.
template <typename Result, typename Work>
Result guarded(IErrorSink* errors, Result fallback, Work work) noexcept {
    try {
        return work();
    } catch (const std::exception& error) {
        errors->error(toStr(error.what()));
    } catch (...) {
        errors->error(toStr("an exception that is no std::exception"));
    }
    return fallback;
}

} // namespace sdk_v1
} // namespace srsproxy

/// Defines the plugin's one export. `CREATE` makes its IPlugin.
#define SRSPROXY_DESCRIPTOR(KIND, NAME, VERSION, LICENSE, CREATE)                                  \
    extern "C" {                                                                                   \
    extern __attribute__((visibility("default")))                                                  \
    const ::srsproxy::PluginDescriptor srsproxy_plugin;                                            \
    const ::srsproxy::PluginDescriptor srsproxy_plugin = {sizeof(::srsproxy::PluginDescriptor),    \
                                                          ::srsproxy::PluginMagic,                 \
                                                          SRSPROXY_ABI_MAJOR,                      \
                                                          SRSPROXY_ABI_MINOR,                      \
                                                          KIND,                                    \
                                                          NAME,                                    \
                                                          VERSION,                                 \
                                                          LICENSE,                                 \
                                                          SRSPROXY_SDK_VERSION,                    \
                                                          __VERSION__,                             \
                                                          CREATE,                                  \
                                                          {0, 0, 0, 0}};                           \
    }
