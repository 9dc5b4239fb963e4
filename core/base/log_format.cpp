#include "core/base/log_format.h"

#include <array>
#include <cstdio>
#include <sstream>

#include <Poco/DateTimeFormatter.h>
#include <Poco/JSON/Object.h>
#include <Poco/Timestamp.h>

#include "core/base/utf8.h"

namespace srsproxy {
namespace {

using WallTime = std::chrono::system_clock::time_point;

constexpr std::array<std::pair<std::string_view, int32_t>, 5> Levels{{
    {"error", LogError},
    {"warning", LogWarning},
    {"info", LogInfo},
    {"debug", LogDebug},
    {"trace", LogTrace},
}};

std::string timeText(WallTime time) {
    const auto sinceEpoch =
        std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
    return Poco::DateTimeFormatter::format(Poco::Timestamp(sinceEpoch.count()),
                                           "%Y-%m-%dT%H:%M:%S.%iZ");
}

/// False for what a terminal or a reader of lines acts on instead of showing it: control
/// characters, line separators, marks that turn the direction of writing.
bool isShown(uint32_t c) {
    const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    const bool separator = c == 0x2028 || c == 0x2029;
    const bool direction =
        c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !separator && !direction && c != 0xfeff;
}

void appendEscape(std::string& out, const Utf8Step& step) {
    const char* format = !step.valid || step.codePoint < 0x80 ? "\\x%02x" : "\\u%04x";
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), format, step.codePoint);
    out += text.data();
}

/// `quoted`: the text will stand between double quotes.
void appendShown(std::string& out, std::string_view text, bool quoted) {
    while (!text.empty()) {
        const Utf8Step step = firstCodePoint(text);
        const std::string_view piece = text.substr(0, step.bytes);
        if (piece == "\\" || (quoted && piece == "\"")) {
            out += '\\';
            out += piece;
        } else if (piece == "\n") {
            out += "\\n";
        } else if (piece == "\r") {
            out += "\\r";
        } else if (piece == "\t") {
            out += "\\t";
        } else if (step.valid && isShown(step.codePoint)) {
            out += piece;
        } else {
            appendEscape(out, step);
        }
        text.remove_prefix(step.bytes);
    }
}

/// At most `maxBytes`, never ending inside a code point.
std::string_view cut(std::string_view text, size_t maxBytes) {
    if (text.size() <= maxBytes) {
        return text;
    }
    size_t end = maxBytes;
    while (end > 0 && maxBytes - end < 3 &&
           (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
        --end;
    }
    return text.substr(0, end);
}

std::string cutMark(std::string_view whole, std::string_view kept) {
    return whole.size() == kept.size()
               ? std::string()
               : "...(" + std::to_string(whole.size() - kept.size()) + " more bytes)";
}

/// A name stands bare in a line: what could be taken for the end of it becomes `_`.
std::string nameText(std::string_view name) {
    std::string out;
    for (const char c : cut(name, MaxLogNameBytes)) {
        const bool plain = c > ' ' && c < 0x7f && c != '=' && c != '"' && c != '[' && c != ']';
        out += plain ? c : '_';
    }
    return out;
}

void appendMessage(std::string& out, std::string_view message) {
    const std::string_view kept = cut(message, MaxLogMessageBytes);
    appendShown(out, kept, false);
    out += cutMark(message, kept);
}

void appendValue(std::string& out, std::string_view value) {
    const std::string_view kept = cut(value, MaxLogValueBytes);
    std::string shown;
    appendShown(shown, kept, true);
    const bool bare = !shown.empty() && kept.size() == value.size() &&
                      shown.find_first_of(" =\"\\") == std::string::npos;
    if (bare) {
        out += shown;
    } else {
        out += '"' + shown + cutMark(value, kept) + '"';
    }
}

std::string jsonText(std::string_view text, size_t maxBytes) {
    const std::string_view kept = cut(text, maxBytes);
    return validUtf8(kept, 3 * maxBytes) + cutMark(text, kept);
}

} // namespace

std::string_view logLevelName(int32_t level) {
    std::string_view nearest = Levels.front().first;
    for (const auto& [name, number] : Levels) {
        if (number <= level) {
            nearest = name;
        }
    }
    return nearest;
}

std::optional<int32_t> parseLogLevel(std::string_view wanted) {
    for (const auto& [name, number] : Levels) {
        if (name == wanted) {
            return number;
        }
    }
    return std::nullopt;
}

std::string formatLogText(const LogRecord& record, WallTime time) {
    std::string line = timeText(time);
    line += ' ';
    line += logLevelName(record.level);
    line += " [" + nameText(record.source) + "] ";
    if (record.session != 0) {
        line += "[session " + std::to_string(record.session) + "] ";
    }
    appendMessage(line, record.message);
    for (const LogField& field :
         record.fields.first(std::min(record.fields.size(), MaxLogFields))) {
        line += ' ' + nameText(field.name) + '=';
        appendValue(line, field.value);
    }
    return line;
}

std::string formatLogJson(const LogRecord& record, WallTime time) {
    // Escaping all that is not ASCII keeps control and direction marks away from terminals.
    Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER | Poco::JSON_ESCAPE_UNICODE);
    object.set("time", timeText(time));
    object.set("level", std::string(logLevelName(record.level)));
    object.set("source", jsonText(record.source, MaxLogNameBytes));
    if (record.session != 0) {
        object.set("session", record.session);
    }
    object.set("topic", jsonText(record.topic, MaxLogNameBytes));
    object.set("message", jsonText(record.message, MaxLogMessageBytes));
    for (const LogField& field :
         record.fields.first(std::min(record.fields.size(), MaxLogFields))) {
        std::string name = nameText(field.name);
        while (name == "session" || object.has(name)) {
            name += '_';
        }
        object.set(name, jsonText(field.value, MaxLogValueBytes));
    }
    std::ostringstream out;
    object.stringify(out);
    return out.str();
}

} // namespace srsproxy
