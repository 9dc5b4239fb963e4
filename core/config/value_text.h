#pragma once

/// How values are written in a configuration: numbers, times, sizes and switches, each way. Pure
/// functions; the only place that knows the units.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace srsproxy {

/// `on`/`off`, `true`/`false`, `yes`/`no`, in any case of letters.
std::optional<bool> parseFlag(std::string_view text);

/// Decimal digits, with a minus if negative.
std::optional<int64_t> parseInteger(std::string_view text);

/// Decimal, finite.
std::optional<double> parseReal(std::string_view text);

/// Milliseconds from `500ms`, `10s`, `5m`, `1h`, and what Go writes: `1m30s`, `1.5h`. A number
/// without a unit is refused unless it is 0.
std::optional<int64_t> parseDuration(std::string_view text);

/// Bytes from `512`, `64KiB`, `4MiB`, `1GiB`, `1TiB`. `KB` and `MB` are refused: some mean 1000
/// by them and some 1024.
std::optional<uint64_t> parseSize(std::string_view text);

std::string formatFlag(bool value);
std::string formatReal(double value);
/// In the largest unit that holds it without a rest.
std::string formatDuration(int64_t ms);
/// In the largest unit that holds it without a rest.
std::string formatSize(uint64_t bytes);

} // namespace srsproxy
