#include "core/api/request_target.h"

#include <charconv>

namespace srsproxy {

Result<std::string> percentDecoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const std::string_view digits = text.substr(i + 1, 2);
        unsigned value = 0;
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
        if (digits.size() != 2 || error != std::errc() || stop != end) {
            return Error{"a % must be followed by two hexadecimal digits"};
        }
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

Result<std::vector<std::string>> pathSegments(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        const size_t end = path.find('/');
        if (end != 0) {
            Result<std::string> segment = percentDecoded(path.substr(0, end));
            if (!segment) {
                return segment.error();
            }
            segments.push_back(std::move(*segment));
        }
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
    return segments;
}

Result<QueryArguments> QueryArguments::parse(std::string_view query) {
    QueryArguments parsed;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) {
            continue;
        }
        const size_t equals = pair.find('=');
        const bool valued = equals != std::string_view::npos;
        Result<std::string> name = percentDecoded(pair.substr(0, equals));
        Result<std::string> value =
            percentDecoded(valued ? pair.substr(equals + 1) : std::string_view());
        if (!name || !value) {
            return (name ? value : name).error();
        }
        parsed.arguments_.emplace_back(std::move(*name), std::move(*value));
    }
    return parsed;
}

const std::string* QueryArguments::find(std::string_view name) const {
    for (const auto& [key, value] : arguments_) {
        if (key == name) {
            return &value;
        }
    }
    return nullptr;
}

} // namespace srsproxy
