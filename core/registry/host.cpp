#include "core/registry/host.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

#include "core/registry/text.h"

namespace srsproxy {
namespace {

constexpr size_t MaxNameBytes = 253;
constexpr size_t MaxLabelBytes = 63;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isNameByte(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

std::string lowerCase(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return out;
}

/// Empty when the text is no address of that family.
std::string numeric(int family, const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (inet_pton(family, text.c_str(), bytes.data()) != 1 ||
        inet_ntop(family, bytes.data(), out.data(), out.size()) == nullptr) {
        return {};
    }
    return out.data();
}

bool isLabel(std::string_view label) {
    return !label.empty() && label.size() <= MaxLabelBytes && label.front() != '-' &&
           label.back() != '-' && std::all_of(label.begin(), label.end(), isNameByte);
}

bool isName(std::string_view name) {
    if (!name.empty() && name.back() == '.') {
        name.remove_suffix(1); // a fully qualified name
    }
    if (name.empty() || name.size() > MaxNameBytes) {
        return false;
    }
    std::string_view label;
    for (size_t begin = 0; begin <= name.size(); begin += label.size() + 1) {
        label = name.substr(begin, name.find('.', begin) - begin);
        if (!isLabel(label)) {
            return false;
        }
    }
    // 10.0.0.300 and 1935 are mistaken addresses, not names.
    return !std::all_of(label.begin(), label.end(), isDigit);
}

Error badHost(std::string_view text) {
    return Error{quoted(text) + " is no host: wanted an IPv4 address, an IPv6 address or a host "
                                "name of letters, digits, '-' and '_'"};
}

} // namespace

Result<std::string> canonicalHost(std::string_view text) {
    if (text.size() > MaxNameBytes + 2 || text.find('\0') != std::string_view::npos) {
        return badHost(text);
    }
    const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
    const std::string host = lowerCase(bracketed ? text.substr(1, text.size() - 2) : text);
    if (bracketed || host.find(':') != std::string::npos) {
        std::string address = numeric(AF_INET6, host);
        return address.empty() ? Result<std::string>(badHost(text)) : address;
    }
    if (std::string address = numeric(AF_INET, host); !address.empty()) {
        return address;
    }
    return isName(host) ? Result<std::string>(host) : badHost(text);
}

bool isNumericHost(const std::string& host) {
    return !numeric(AF_INET, host).empty() || !numeric(AF_INET6, host).empty();
}

bool isAnyHost(const std::string& host) {
    return host == "0.0.0.0" || host == "::" || host == "::ffff:0.0.0.0";
}

} // namespace srsproxy
