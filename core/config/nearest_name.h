#pragma once

/// "Did you mean …?": the name out of a list that a mistyped one most likely stood for. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace srsproxy {

/// The closest of `names`, or an empty text when none is close enough to be worth naming.
/// Letters left out, added, changed and swapped count one each.
std::string nearestName(std::string_view name, const std::vector<std::string>& names);

} // namespace srsproxy
