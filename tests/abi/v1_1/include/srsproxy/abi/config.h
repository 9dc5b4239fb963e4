#pragma once

/// A plugin's own section of the configuration.
///
/// Reading *is* the schema: a key that the plugin never asked for is refused as unknown, with
/// its line and the nearest key that was asked for. So a plugin reads all its keys, in
/// `create`, always, also those whose value it then does not need. A value of the wrong type or
/// out of range is reported by the proxy with file, line and column; the read then returns
/// StatusFailed, leaves the default, and the plugin goes on: all problems of a file are shown
/// at once, and `create`'s result is discarded.

#include "srsproxy/abi/types.h"

namespace srsproxy {

class IConfig {
public:
    // Each read takes the default in *value and replaces it if the key is present. Returns
    // StatusOk (present), StatusNotFound (absent, the default stands) or StatusFailed.

    /// `on`/`off`, `true`/`false`, `yes`/`no`; *value is 0 or 1. [main]
    virtual int32_t flag(Str key, int32_t* value) noexcept = 0;
    /// A whole number within [min, max]. [main]
    virtual int32_t integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept = 0;
    /// A number within [min, max]. [main]
    virtual int32_t real(Str key, double min, double max, double* value) noexcept = 0;
    /// A time such as `500ms`, `10s`, `5m`, `1h`, in milliseconds. [main]
    virtual int32_t duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept = 0;
    /// A size such as `512`, `64KiB`, `4MiB`, in bytes. [main]
    virtual int32_t size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept = 0;
    /// A text. `out` is called exactly once: with the value, or with `fallback`. [main]
    virtual int32_t text(Str key, Str fallback, IStrSink* out) noexcept = 0;
    /// A list of texts, or one text alone. `out` is called for each value; when the key is
    /// absent for each of the `count` texts at `fallback`. [main]
    virtual int32_t texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept = 0;
    /// The mapping at `key` (an empty one when absent). Lives as long as this object. [main]
    virtual IConfig* section(Str key) noexcept = 0;
    /// The `index`-th mapping of the list at `key`, or null past its end. [main]
    virtual IConfig* item(Str key, uint64_t index) noexcept = 0;
    /// Reports that the value at `key` will not do, and what would. [main]
    virtual void reject(Str key, Str message) noexcept = 0;

protected:
    ~IConfig() = default;
};

} // namespace srsproxy
