#pragma once

/// What every part of the core logs through. A Log is a cheap handle naming its source; the
/// sink behind it decides on format and place (log_poco.h) and holds back repetitions.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "srsproxy/abi/log.h"

namespace srsproxy {

struct LogField {
    std::string_view name;
    std::string_view value;
};

struct LogRecord {
    int32_t level;           ///< a LogLevel
    std::string_view source; ///< part of the core, name of a plugin, or `access`
    uint64_t session;        ///< 0: none
    std::string_view topic;  ///< the kind of event: repetitions are counted by it
    std::string_view message;
    std::span<const LogField> fields; ///< appended as `name=value`, or JSON members
};

class LogSink {
public:
    virtual ~LogSink() = default;
    virtual bool enabled(int32_t level) const = 0;   ///< [any]
    virtual void write(const LogRecord& record) = 0; ///< [any]
};

class Log {
public:
    Log(std::shared_ptr<LogSink> sink, std::string source)
        : sink_(std::move(sink)), source_(std::move(source)) {}

    bool enabled(int32_t level) const { return sink_->enabled(level); }
    /// The same sink under another name.
    Log named(std::string source) const { return Log(sink_, std::move(source)); }

    void write(int32_t level, std::string_view topic, std::string_view message,
               uint64_t session = 0, std::span<const LogField> fields = {}) const {
        if (sink_->enabled(level)) {
            sink_->write(LogRecord{level, source_, session, topic, message, fields});
        }
    }
    void error(std::string_view topic, std::string_view message) const {
        write(LogError, topic, message);
    }
    void warning(std::string_view topic, std::string_view message) const {
        write(LogWarning, topic, message);
    }
    void info(std::string_view topic, std::string_view message) const {
        write(LogInfo, topic, message);
    }
    void debug(std::string_view topic, std::string_view message) const {
        write(LogDebug, topic, message);
    }

private:
    std::shared_ptr<LogSink> sink_;
    std::string source_;
};

/// Drops everything. For tests and tools.
class NullLogSink final : public LogSink {
public:
    bool enabled(int32_t) const override { return false; }
    void write(const LogRecord&) override {}
};

} // namespace srsproxy
