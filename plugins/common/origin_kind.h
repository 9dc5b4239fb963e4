#pragma once

/// What is known of the kinds of origins: the one table of what differs between them. How the
/// kinds are told apart, and what each needs switched on, is in docs/origin-kinds.md. Constants;
/// any thread.

#include <span>
#include <string_view>

#include "plugins/common/client_address.h"

namespace srsproxy {

struct OriginKind {
    std::string_view name; ///< as a registration and the configuration spell it
    /// How it learns a client's address unless somebody says otherwise: only a way that it
    /// understands as installed.
    ClientAddressWay clientAddress;
};

/// All of them; `generic` is among them.
std::span<const OriginKind> originKinds();

/// A kind that nobody has heard of is treated as `generic`.
const OriginKind& originKind(std::string_view name);

} // namespace srsproxy
