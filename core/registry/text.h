#pragma once

/// Texts that came from outside, before they are kept or shown. Pure.

#include <string>
#include <string_view>

namespace srsproxy {

/// No control characters, neither ASCII's nor Unicode's second set (U+0080 … U+009F).
bool isPlainText(std::string_view text);

/// Fit for a message: at most 80 bytes, all printable ASCII, `?` for what is not.
std::string shown(std::string_view text);

/// As shown(), in double quotes.
std::string quoted(std::string_view text);

} // namespace srsproxy
