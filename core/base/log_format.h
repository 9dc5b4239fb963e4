#pragma once

/// The one line that is written for a LogRecord, as text or as JSON. Pure functions. Any part of
/// a record may hold what a peer sent, so control characters and broken UTF-8 are escaped and
/// overlong parts cut: nobody can forge a line, steer a terminal or fill the disk. [any]

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/log.h"

namespace srsproxy {

enum class LogFormat { Text, Json };

/// More than that of one part of a record is cut, saying how much.
constexpr size_t MaxLogMessageBytes = 4096;
constexpr size_t MaxLogValueBytes = 1024;
constexpr size_t MaxLogNameBytes = 64; ///< sources, topics and names of fields
constexpr size_t MaxLogFields = 64;    ///< further ones are left out

/// `error`, `warning`, `info`, `debug` or `trace`; the nearest for any other number.
std::string_view logLevelName(int32_t level);
/// Nothing when there is no level of that name.
std::optional<int32_t> parseLogLevel(std::string_view name);

/// `2026-11-22T08:35:12.123Z info [rtmp] [session 42] message key=value key="two words"`
std::string formatLogText(const LogRecord& record, std::chrono::system_clock::time_point time);

/// One object: time, level, source, session, topic, message, then the fields. A field that has
/// the name of one of those, or of an earlier field, gets a `_` behind its name.
std::string formatLogJson(const LogRecord& record, std::chrono::system_clock::time_point time);

} // namespace srsproxy
