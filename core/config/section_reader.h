#pragma once

/// A section read in the core's own types. The core's counterpart of the SDK's Section, with
/// choices, bounded counts and listen addresses. On the main thread; borrows the section.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config_section.h"
#include "core/config/settings.h"

namespace srsproxy {

class SectionReader {
public:
    explicit SectionReader(ConfigSection& section) : section_(section) {}

    ConfigSection& section() const { return section_; }
    SectionReader child(std::string_view key) const;

    // Each takes the default in `value` and replaces it by what is set and right.
    void count(std::string_view key, uint32_t& value, uint32_t min, uint32_t max) const;
    void duration(std::string_view key, Milliseconds& value, Milliseconds min,
                  Milliseconds max) const;
    void size(std::string_view key, uint64_t& value, uint64_t min, uint64_t max) const;
    void text(std::string_view key, std::string& value) const;
    /// One of `choices`.
    void choice(std::string_view key, std::string& value,
                std::initializer_list<std::string_view> choices) const;
    void texts(std::string_view key, std::vector<std::string>& values) const;
    /// Addresses to listen on, each checked.
    void listen(std::string_view key, std::vector<std::string>& values) const;
    /// Networks, each checked.
    void networks(std::string_view key, std::vector<std::string>& values) const;

    void reject(std::string_view key, const std::string& message) const;

private:
    ConfigSection& section_;
};

} // namespace srsproxy
