#include "core/registry/text.h"

namespace srsproxy {

bool isPlainText(std::string_view text) {
    unsigned char before = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool secondSet = before == 0xc2 && byte >= 0x80 && byte <= 0x9f;
        if (byte < 0x20 || byte == 0x7f || secondSet) {
            return false;
        }
        before = byte;
    }
    return true;
}

std::string shown(std::string_view text) {
    constexpr size_t MaxBytes = 80;
    std::string out;
    for (const char c : text.substr(0, MaxBytes)) {
        out += c >= 0x20 && c < 0x7f ? c : '?';
    }
    if (text.size() > MaxBytes) {
        out += "...";
    }
    return out;
}

std::string quoted(std::string_view text) {
    return '"' + shown(text) + '"';
}

} // namespace srsproxy
