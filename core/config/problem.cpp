#include "core/config/problem.h"

#include <algorithm>
#include <tuple>

#include "core/base/utf8.h"

namespace srsproxy {

std::string Location::text() const {
    std::string result = source ? *source : std::string();
    if (line != 0) {
        result += ':' + std::to_string(line) + ':' + std::to_string(column);
    }
    return result;
}

Location locationOf(std::string source, uint32_t line, uint32_t column) {
    return Location{std::make_shared<const std::string>(std::move(source)), line, column};
}

std::string Problem::text() const {
    const std::string where = location.text();
    return where.empty() ? message : where + ": " + message;
}

void sortProblems(std::vector<Problem>& problems) {
    auto rank = [](const Problem& problem) {
        const Location& at = problem.location;
        const std::string_view source = at.source ? std::string_view(*at.source) : "";
        return std::make_tuple(source, at.line, at.column, std::string_view(problem.message));
    };
    std::sort(problems.begin(), problems.end(), [&rank](const Problem& left, const Problem& right) {
        return rank(left) < rank(right);
    });
}

std::string printable(std::string_view text, size_t maxBytes) {
    std::string result;
    for (const char c : validUtf8(text, maxBytes)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            constexpr char Digits[] = "0123456789abcdef";
            result += "\\x";
            result += Digits[byte >> 4];
            result += Digits[byte & 15];
        } else {
            result += c;
        }
    }
    return text.size() > maxBytes ? result + "…" : result;
}

} // namespace srsproxy
