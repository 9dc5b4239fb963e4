#include "core/config/wording.h"

namespace srsproxy {

namespace {

constexpr size_t MaxRecordedBytes = 1'000;

} // namespace

bool isSecret(std::string_view key) {
    if (key.ends_with('s')) {
        key.remove_suffix(1);
    }
    return key.ends_with("token") || key.ends_with("password") || key.ends_with("secret");
}

std::string shown(const std::string& value, bool secret) {
    return secret && !value.empty() ? "***" : printable(value, MaxRecordedBytes);
}

std::string describe(const ConfigNode& node, bool secret) {
    switch (node.kind) {
    case ConfigNode::Kind::Null:
        return " has no value";
    case ConfigNode::Kind::Sequence:
        return " is a list";
    case ConfigNode::Kind::Mapping:
        return " is a mapping";
    case ConfigNode::Kind::Scalar:
        break;
    }
    if (node.text.empty()) {
        return " is empty";
    }
    if (secret) {
        return " is not shown";
    }
    const bool plain = node.text.find_first_of(" \t\"'") == std::string::npos;
    return plain ? " is " + printable(node.text) : " is \"" + printable(node.text) + '"';
}

std::string listText(const std::vector<std::string>& values, bool secret) {
    std::string result = "[";
    for (const std::string& value : values) {
        result += (result.size() > 1 ? ", " : "") + shown(value, secret);
    }
    return result + "]";
}

} // namespace srsproxy
