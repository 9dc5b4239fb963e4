#include "core/config/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace srsproxy {

namespace {

template <typename T> struct Unit {
    std::string_view name;
    T factor;
};

// From large to small.
constexpr std::array<Unit<int64_t>, 4> TimeUnits{{
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};
constexpr std::array<Unit<uint64_t>, 5> SizeUnits{{
    {"TiB", 1ull << 40},
    {"GiB", 1ull << 30},
    {"MiB", 1ull << 20},
    {"KiB", 1ull << 10},
    {"", 1},
}};

template <typename T> std::optional<T> parseWhole(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) {
        return std::nullopt;
    }
    return value;
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view takeWhile(std::string_view& text, bool (*wanted)(char)) {
    const auto end = std::find_if_not(text.begin(), text.end(), wanted);
    const auto size = static_cast<size_t>(end - text.begin());
    const std::string_view taken = text.substr(0, size);
    text.remove_prefix(size);
    return taken;
}

/// One `number unit` off the front of a duration.
std::optional<int64_t> takeDurationPart(std::string_view& text) {
    const std::string_view number = takeWhile(text, [](char c) { return isDigit(c) || c == '.'; });
    const std::string_view unit = takeWhile(text, [](char c) { return c >= 'a' && c <= 'z'; });
    const auto found =
        std::find_if(TimeUnits.begin(), TimeUnits.end(),
                     [unit](const Unit<int64_t>& candidate) { return candidate.name == unit; });
    if (number.empty() || !isDigit(number.front()) || found == TimeUnits.end()) {
        return std::nullopt;
    }
    int64_t ms = 0;
    if (const auto whole = parseWhole<int64_t>(number)) {
        return __builtin_mul_overflow(*whole, found->factor, &ms) ? std::nullopt
                                                                  : std::optional<int64_t>(ms);
    }
    const auto fraction = parseReal(number);
    constexpr double MaxFractionMs = 1e15; // exact in a double
    if (!fraction || *fraction * static_cast<double>(found->factor) > MaxFractionMs) {
        return std::nullopt;
    }
    return std::llround(*fraction * static_cast<double>(found->factor));
}

} // namespace

std::optional<bool> parseFlag(std::string_view text) {
    std::string lower(text.substr(0, 8));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower == "on" || lower == "true" || lower == "yes") {
        return true;
    }
    if (lower == "off" || lower == "false" || lower == "no") {
        return false;
    }
    return std::nullopt;
}

std::optional<int64_t> parseInteger(std::string_view text) {
    return parseWhole<int64_t>(text);
}

std::optional<double> parseReal(std::string_view text) {
    const auto value = parseWhole<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int64_t> parseDuration(std::string_view text) {
    if (text == "0") {
        return 0;
    }
    if (text.empty()) {
        return std::nullopt;
    }
    int64_t total = 0;
    while (!text.empty()) {
        const auto part = takeDurationPart(text);
        if (!part || __builtin_add_overflow(total, *part, &total)) {
            return std::nullopt;
        }
    }
    return total;
}

std::optional<uint64_t> parseSize(std::string_view text) {
    const std::string_view number = takeWhile(text, isDigit);
    const auto count = parseWhole<uint64_t>(number);
    const auto found =
        std::find_if(SizeUnits.begin(), SizeUnits.end(),
                     [text](const Unit<uint64_t>& candidate) { return candidate.name == text; });
    uint64_t bytes = 0;
    if (!count || found == SizeUnits.end() ||
        __builtin_mul_overflow(*count, found->factor, &bytes)) {
        return std::nullopt;
    }
    return bytes;
}

std::string formatFlag(bool value) {
    return value ? "on" : "off";
}

std::string formatReal(double value) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return error == std::errc() ? std::string(buffer.data(), end) : std::string();
}

std::string formatDuration(int64_t ms) {
    for (const auto& unit : TimeUnits) {
        if (ms != 0 && ms % unit.factor == 0) {
            return std::to_string(ms / unit.factor) + std::string(unit.name);
        }
    }
    return "0s";
}

std::string formatSize(uint64_t bytes) {
    for (const auto& unit : SizeUnits) {
        if (bytes != 0 && bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
        }
    }
    return "0";
}

} // namespace srsproxy
