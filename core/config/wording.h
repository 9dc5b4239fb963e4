#pragma once

/// How values stand in problems and records. Pure; the one place that keeps secrets out of both.

#include <string>
#include <string_view>
#include <vector>

#include "core/config/config_document.h"

namespace srsproxy {

/// Whether the value of such a key (`token`, `redis_password`, `secrets`) must never be shown.
bool isSecret(std::string_view key);

/// For a record: the value, or `***` for a secret that is set.
std::string shown(const std::string& value, bool secret);
/// For a record: `[a, b]`.
std::string listText(const std::vector<std::string>& values, bool secret);

/// For a problem, after a path: ` is 0`, ` is a list`, ` has no value`.
std::string describe(const ConfigNode& node, bool secret);

} // namespace srsproxy
