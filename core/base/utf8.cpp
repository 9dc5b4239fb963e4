#include "core/base/utf8.h"

namespace srsproxy {

Utf8Step firstCodePoint(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const Utf8Step broken{lead, 1, false};
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    uint32_t length = 0;
    uint32_t smallest = 0; // that needs so many bytes: anything below is an overlong form
    uint32_t codePoint = 0;
    if ((lead & 0xe0) == 0xc0) {
        length = 2, smallest = 0x80, codePoint = lead & 0x1f;
    } else if ((lead & 0xf0) == 0xe0) {
        length = 3, smallest = 0x800, codePoint = lead & 0x0f;
    } else if ((lead & 0xf8) == 0xf0) {
        length = 4, smallest = 0x10000, codePoint = lead & 0x07;
    } else {
        return broken;
    }
    if (text.size() < length) {
        return broken;
    }
    for (uint32_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) {
            return broken;
        }
        codePoint = (codePoint << 6) | (byte & 0x3fu);
    }
    const bool surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
    if (codePoint < smallest || codePoint > 0x10ffff || surrogate) {
        return broken;
    }
    return {codePoint, length, true};
}

std::string validUtf8(std::string_view text, size_t maxBytes) {
    constexpr std::string_view Replacement = "\xef\xbf\xbd";
    std::string out;
    while (!text.empty()) {
        const Utf8Step step = firstCodePoint(text);
        const std::string_view piece = step.valid ? text.substr(0, step.bytes) : Replacement;
        if (out.size() + piece.size() > maxBytes) {
            break;
        }
        out += piece;
        text.remove_prefix(step.bytes);
    }
    return out;
}

} // namespace srsproxy
