#pragma once

/// Networks of addresses, such as `10.0.0.0/8` or `::1/128`, and lists of them: who may call.
/// Immutable values, usable on any thread. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is
/// the IPv4 address.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace srsproxy {

class Cidr {
public:
    /// `address/bits`, or one address alone. Bits beyond the prefix are ignored. The error names
    /// the text seen and the forms wanted.
    static Result<Cidr> parse(std::string_view text);

    /// `address` is numeric; a zone (`fe80::1%eth0`) is ignored. False for anything else. [any]
    bool contains(std::string_view address) const;
    /// Whether every address of `other` is in here too. [any]
    bool contains(const Cidr& other) const;

private:
    struct Address {
        bool v4 = false;
        std::array<uint8_t, 16> bytes{};
    };
    static bool parseAddress(std::string_view text, Address& address);
    bool matches(const Address& address) const;

    Address network_;
    uint32_t bits_ = 0;
};

class CidrList {
public:
    /// The error is that of the first bad text.
    static Result<CidrList> parse(const std::vector<std::string>& texts);

    /// An empty list contains nothing. [any]
    bool contains(std::string_view address) const;
    /// [any]
    bool contains(const CidrList& other) const;

private:
    std::vector<Cidr> networks_;
};

/// 127.0.0.0/8 and ::1.
CidrList loopbackNetworks();

} // namespace srsproxy
