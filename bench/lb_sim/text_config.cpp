#include "bench/lb_sim/text_config.h"

#include <cstdlib>

namespace lbsim {

using namespace srsproxy;

namespace {

std::string toText(Str text) {
    return text.size == 0 ? std::string() : std::string(text.data, text.size);
}

} // namespace

TextConfig::TextConfig(const std::vector<std::string>& options) {
    for (const std::string& option : options) {
        const size_t equals = option.find('=');
        if (equals == std::string::npos || equals == 0) {
            problems_.push_back("`" + option + "`: write key=value");
        } else {
            values_[option.substr(0, equals)] = option.substr(equals + 1);
        }
    }
}

std::vector<std::string> TextConfig::problems() const {
    std::vector<std::string> all = problems_;
    for (const auto& [key, value] : values_) {
        if (!asked_.contains(key)) {
            all.push_back("`" + key + "`: this balancer has no such option");
        }
    }
    return all;
}

const std::string* TextConfig::find(Str key) {
    const std::string name = toText(key);
    asked_.insert(name);
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
}

int32_t TextConfig::fail(Str key, const std::string& wanted) {
    const std::string name = toText(key);
    problems_.push_back("`" + name + "` is `" + values_[name] + "`: write " + wanted);
    return StatusFailed;
}

int32_t TextConfig::flag(Str key, int32_t* value) noexcept {
    const std::string* text = find(key);
    if (text == nullptr) {
        return StatusNotFound;
    }
    const bool isOn = *text == "on" || *text == "true" || *text == "yes";
    if (!isOn && *text != "off" && *text != "false" && *text != "no") {
        return fail(key, "on or off");
    }
    *value = isOn ? 1 : 0;
    return StatusOk;
}

int32_t TextConfig::scaled(Str key, const std::map<std::string, double>& units, double min,
                           double max, double* value) {
    const std::string* text = find(key);
    if (text == nullptr) {
        return StatusNotFound;
    }
    char* end = nullptr;
    const double number = std::strtod(text->c_str(), &end);
    const auto unit = units.find(end);
    const double result = unit == units.end() ? 0 : number * unit->second;
    if (end == text->c_str() || unit == units.end() || !(result >= min && result <= max)) {
        return fail(key, "a number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    *value = result;
    return StatusOk;
}

int32_t TextConfig::integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept {
    const std::string* text = find(key);
    if (text == nullptr) {
        return StatusNotFound;
    }
    char* end = nullptr;
    const long long number = std::strtoll(text->c_str(), &end, 10);
    if (end == text->c_str() || *end != '\0' || number < min || number > max) {
        return fail(key,
                    "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    *value = number;
    return StatusOk;
}

int32_t TextConfig::real(Str key, double min, double max, double* value) noexcept {
    return scaled(key, {{"", 1}}, min, max, value);
}

int32_t TextConfig::duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept {
    double value = 0;
    const int32_t status = scaled(key, {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}},
                                  static_cast<double>(minMs), static_cast<double>(maxMs), &value);
    if (status == StatusOk) {
        *ms = static_cast<int64_t>(value);
    }
    return status;
}

int32_t TextConfig::size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept {
    double value = 0;
    const int32_t status = scaled(key, {{"", 1}, {"KiB", 1024}, {"MiB", 1048576}},
                                  static_cast<double>(min), static_cast<double>(max), &value);
    if (status == StatusOk) {
        *bytes = static_cast<uint64_t>(value);
    }
    return status;
}

int32_t TextConfig::text(Str key, Str fallback, IStrSink* out) noexcept {
    const std::string* value = find(key);
    out->accept(value == nullptr ? fallback : Str{value->data(), value->size()});
    return value == nullptr ? StatusNotFound : StatusOk;
}

int32_t TextConfig::texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept {
    if (const std::string* value = find(key)) {
        out->accept(Str{value->data(), value->size()});
        return StatusOk;
    }
    for (uint64_t index = 0; index < count; ++index) {
        out->accept(fallback[index]);
    }
    return StatusNotFound;
}

IConfig* TextConfig::section(Str key) noexcept {
    static_cast<void>(find(key));
    static TextConfig empty({}); // holds nothing, so all may share it
    return &empty;
}

IConfig* TextConfig::item(Str key, uint64_t) noexcept {
    static_cast<void>(find(key));
    return nullptr;
}

void TextConfig::reject(Str key, Str message) noexcept {
    problems_.push_back("`" + toText(key) + "`: " + toText(message));
}

} // namespace lbsim
