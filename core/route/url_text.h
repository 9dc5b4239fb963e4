#pragma once

/// Small pure functions over the text of a URL: percent escapes and query parameters.

#include <optional>
#include <string>
#include <string_view>

namespace srsproxy {

/// ASCII only; the same everywhere, whatever the locale.
std::string lowerText(std::string_view text);

/// Every `%XX` as the byte it stands for; a `%` that begins no escape stays.
std::string decodeText(std::string_view text);

/// One spelling for all spellings of a path segment: bytes that RFC 3986 allows there stand for
/// themselves, all others as `%XX` in upper case. Applying it twice changes nothing.
std::string canonicalText(std::string_view text);

/// Whether a canonical text stands for bytes below 0x20 or for 0x7F.
bool hasControl(std::string_view canonical);

/// The value of the first parameter of that name in `k=v&k=v`, as written; none when absent.
/// The view points into `query`.
std::optional<std::string_view> queryValue(std::string_view query, std::string_view name);

} // namespace srsproxy
