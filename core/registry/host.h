#pragma once

/// The host part of an address: a numeric IPv4 or IPv6 address, or a name for the resolver. Pure.

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace srsproxy {

/// The one spelling of a host: numeric addresses as inet_ntop writes them, names in lower case.
/// IPv6 comes with or without brackets. The error says what is wrong with the text.
Result<std::string> canonicalHost(std::string_view text);

/// For canonical hosts: whether it needs no resolver.
bool isNumericHost(const std::string& host);
/// For canonical hosts: 0.0.0.0, :: and ::ffff:0.0.0.0, which name no machine.
bool isAnyHost(const std::string& host);

} // namespace srsproxy
