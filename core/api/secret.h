#pragma once

/// The system API's token. Pure.

#include <string_view>

#include "core/api/http_types.h"

namespace srsproxy {

/// Compares in a time that tells nothing of how much of the two is the same.
bool sameSecret(std::string_view seen, std::string_view wanted);

/// Where a heartbeat may put the token: SRS posts to the path of its `url` and drops the query.
inline constexpr std::string_view TokenPath = "/api/v1/srs/register/";

/// Whether the call brings the token: as `Authorization: Bearer TOKEN`, else as `?token=TOKEN`,
/// else behind TokenPath. A wrong header or query is not made good by what follows.
bool bringsToken(const HttpCall& call, std::string_view token);

} // namespace srsproxy
