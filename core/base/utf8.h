#pragma once

/// Reads texts from strangers as UTF-8, byte errors and all. Pure functions. [any]

#include <cstdint>
#include <string>
#include <string_view>

namespace srsproxy {

struct Utf8Step {
    uint32_t codePoint; ///< the byte itself when it is not valid
    uint32_t bytes;     ///< taken from the text: 1 when it is not valid
    bool valid;
};

/// The first code point of `text`: overlong forms, surrogates, stray and missing continuation
/// bytes are not valid. Requires: `text` is not empty.
Utf8Step firstCodePoint(std::string_view text);

/// A copy of at most `maxBytes` bytes, cut between code points, with U+FFFD in place of each
/// byte that is not valid.
std::string validUtf8(std::string_view text, size_t maxBytes);

} // namespace srsproxy
