#pragma once

/// The system API's token. Pure.

#include <string_view>

#include "core/api/http_types.h"

namespace srsproxy {

/// Compares in a time that tells nothing of how much of the two is the same.
bool sameSecret(std::string_view seen, std::string_view wanted);

/// Whether the call brings the token: as `Authorization: Bearer TOKEN`, else as `?token=TOKEN`,
/// since an origin's heartbeat can set nothing but its URL. A wrong header is not made good by
/// the query.
bool bringsToken(const HttpCall& call, std::string_view token);

} // namespace srsproxy
