#pragma once

/// The rules that every registration keeps, from JSON or from the configuration. Pure; private
/// to the registry.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry/registration.h"

namespace srsproxy {

/// Reads the endpoints of one service; does nothing for an empty list. Requires: not called for
/// that service before, and called in the order of ServiceNames.
Result<Done> addService(Registration& registration, std::string_view service,
                        const std::vector<std::string>& endpoints);

/// The hosts that need the resolver: of the ip and of all endpoints.
std::set<std::string> hostNames(const Registration& registration);

/// Checks all fields and makes the ip canonical.
Result<Registration> checked(Registration registration);

} // namespace srsproxy
