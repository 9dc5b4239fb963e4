#pragma once

/// What is wrong with a configuration, and where: values that are collected while it is read, and
/// shown together. On the main thread, at start-up.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace srsproxy {

/// A place in a file (`etc/proxy.yaml:12:3`), or something without lines (`environment variable
/// PROXY_RTMP_SERVER`).
struct Location {
    std::shared_ptr<const std::string> source; ///< null: nowhere in particular
    uint32_t line = 0;                         ///< from 1; 0: the source has no lines
    uint32_t column = 0;                       ///< from 1

    std::string text() const;
};

Location locationOf(std::string source, uint32_t line = 0, uint32_t column = 0);

struct Problem {
    Location location;
    std::string message; ///< what was seen, and what is wanted

    /// `location: message`, one line.
    std::string text() const;
};

/// By source, line, column and message.
void sortProblems(std::vector<Problem>& problems);

/// A text from outside as it may stand in a message: valid UTF-8, control characters
/// escaped, cut at about `maxBytes`.
std::string printable(std::string_view text, size_t maxBytes = 80);

} // namespace srsproxy
