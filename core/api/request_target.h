#pragma once

/// The texts within a request's target: path segments and query arguments. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace srsproxy {

/// Replaces %XX. `+` stays as it is. The error quotes nothing: the text may hold a secret.
Result<std::string> percentDecoded(std::string_view text);

/// `/a/b%2Fc/` as {"a", "b/c"}: empty segments are left out.
Result<std::vector<std::string>> pathSegments(std::string_view path);

/// The arguments of a query, in their order.
class QueryArguments {
public:
    static Result<QueryArguments> parse(std::string_view query);
    /// The first of that name, or null.
    const std::string* find(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> arguments_;
};

} // namespace srsproxy
