#pragma once

/// A configuration text as a tree that knows where each value stands. Built on the main thread
/// from YAML, completed by overrides from the environment, and immutable from then on. Nothing of
/// yaml-cpp shows: its nodes are mutable even when read, and its exceptions end here.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problem.h"

namespace srsproxy {

struct ConfigNode {
    enum class Kind { Null, Scalar, Sequence, Mapping };
    struct Entry;

    Kind kind = Kind::Null;
    Location location;             ///< in a mapping: of the key
    std::string text;              ///< of a scalar
    std::vector<ConfigNode> items; ///< of a sequence
    std::vector<Entry> entries;    ///< of a mapping, in the text's order, no key twice

    static ConfigNode scalar(std::string value, Location location);
    static ConfigNode sequence(const std::vector<std::string>& values, const Location& location);
    static ConfigNode mapping(Location location);

    /// Null when this is no mapping or has no such key.
    const ConfigNode* find(std::string_view key) const;
};

struct ConfigNode::Entry {
    std::string key;
    ConfigNode value;
};

/// What a text may be; beyond that it is refused. Aliases count with all that they stand for.
struct ConfigLimits {
    size_t textBytes = 1024 * 1024;
    size_t nodes = 200'000;
    size_t valueBytes = 4 * 1024 * 1024;
    size_t keysPerMapping = 1'000;
    size_t depth = 32;
};

class ConfigDocument {
public:
    /// Without any setting. `name` stands in messages for the file's.
    explicit ConfigDocument(const std::string& name);

    /// Reads one YAML document. Whatever is wrong goes to `problems`: all duplicate keys and
    /// tags, or the one syntax error; then the document is empty.
    static ConfigDocument parse(std::string_view text, const std::string& name,
                                std::vector<Problem>& problems, const ConfigLimits& limits = {});

    /// Always a mapping.
    const ConfigNode& root() const { return root_; }

    /// The node at `protocols.rtmp.listen`, or null.
    const ConfigNode* find(std::string_view path) const;

    /// Puts `value` at that path, in place of what the text says; mappings on the way are made
    /// where they are missing. Returns false, and changes nothing of worth, when something on
    /// the way is there and no mapping.
    bool override(std::string_view path, ConfigNode value);

private:
    ConfigNode root_;
};

} // namespace srsproxy
