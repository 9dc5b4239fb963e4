#include "core/route/url_text.h"

#include <algorithm>

namespace srsproxy {
namespace {

int hexDigit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The byte at `at`, escaped or not; moves `at` behind it.
unsigned char nextByte(std::string_view text, size_t& at) {
    if (text[at] == '%' && text.size() - at > 2) {
        const int high = hexDigit(text[at + 1]);
        const int low = hexDigit(text[at + 2]);
        if (high >= 0 && low >= 0) {
            at += 3;
            return static_cast<unsigned char>(high * 16 + low);
        }
    }
    return static_cast<unsigned char>(text[at++]);
}

bool standsForItself(unsigned char byte) {
    const bool alnum = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= 'A' && byte <= 'Z');
    return alnum ||
           (byte != 0 && std::string_view("-._~!$&'()*+,;=:@").find(static_cast<char>(byte)) !=
                             std::string_view::npos);
}

} // namespace

std::string lowerText(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

std::string decodeText(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        decoded += static_cast<char>(nextByte(text, at));
    }
    return decoded;
}

std::string canonicalText(std::string_view text) {
    constexpr std::string_view Digits = "0123456789ABCDEF";
    std::string canonical;
    canonical.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        const unsigned char byte = nextByte(text, at);
        if (standsForItself(byte)) {
            canonical += static_cast<char>(byte);
        } else {
            canonical += '%';
            canonical += Digits[byte >> 4];
            canonical += Digits[byte & 15];
        }
    }
    return canonical;
}

bool hasControl(std::string_view canonical) {
    for (size_t at = canonical.find('%'); at != std::string_view::npos;
         at = canonical.find('%', at + 1)) {
        const char high = canonical[at + 1];
        if (high == '0' || high == '1' || canonical.substr(at + 1, 2) == "7F") {
            return true;
        }
    }
    return false;
}

std::optional<std::string_view> queryValue(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        const size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return pair.substr(equals + 1);
        }
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    }
    return std::nullopt;
}

} // namespace srsproxy
