#include "core/config/env_file.h"

#include <algorithm>
#include <optional>

namespace srsproxy {

namespace {

constexpr size_t MaxLineProblems = 20;
constexpr std::string_view Blanks = " \t\r";
constexpr std::string_view Export = "export";

std::string_view trim(std::string_view text) {
    const size_t begin = text.find_first_not_of(Blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(Blanks) - begin + 1);
}

bool isName(std::string_view text) {
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

char unescape(char c) {
    return c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

/// A value in quotes; after them only a comment may follow.
std::optional<std::string> quoted(std::string_view text) {
    const char quote = text.front();
    std::string value;
    for (size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) {
            const std::string_view rest = trim(text.substr(i + 1));
            return rest.empty() || rest.front() == '#' ? std::optional(value) : std::nullopt;
        }
        if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            value += unescape(text[i]);
        } else {
            value += text[i];
        }
    }
    return std::nullopt;
}

std::optional<std::string> parseValue(std::string_view text) {
    text = trim(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        return quoted(text);
    }
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '#' && (i == 0 || Blanks.find(text[i - 1]) != std::string_view::npos)) {
            text = trim(text.substr(0, i));
            break;
        }
    }
    return std::string(text);
}

std::string_view withoutExport(std::string_view line) {
    const bool exported = line.starts_with(Export) && line.size() > Export.size() &&
                          Blanks.find(line[Export.size()]) != std::string_view::npos;
    return exported ? trim(line.substr(Export.size())) : line;
}

} // namespace

std::vector<EnvFileLine> parseEnvFile(std::string_view text, const std::string& fileName,
                                      std::vector<Problem>& problems) {
    std::vector<EnvFileLine> lines;
    if (text.size() > MaxEnvFileBytes) {
        problems.push_back({locationOf(fileName), "is larger than " +
                                                      std::to_string(MaxEnvFileBytes) +
                                                      " bytes, the most that is read"});
        return lines;
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3); // a byte order mark
    }
    size_t bad = 0;
    for (uint32_t number = 1; !text.empty(); ++number) {
        const size_t end = text.find('\n');
        const std::string_view line = withoutExport(trim(text.substr(0, end)));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const size_t equals = line.find('=');
        const std::string_view name = trim(line.substr(0, equals));
        const auto value =
            equals == std::string_view::npos ? std::nullopt : parseValue(line.substr(equals + 1));
        if (isName(name) && value) {
            lines.push_back({std::string(name), *value, number});
        } else if (++bad <= MaxLineProblems) {
            // The line is not shown: it may hold a password.
            problems.push_back({locationOf(fileName, number, 1),
                                "wanted a line NAME=value, with its quotes closed, or # and a "
                                "comment"});
        }
    }
    return lines;
}

} // namespace srsproxy
