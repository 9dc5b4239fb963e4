#pragma once

/// Which function answers which verb on which path. Filled once, then read by all threads.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/http_types.h"
#include "core/api/request_target.h"

namespace srsproxy {

/// What the log says of a call that changes something.
struct ChangeNote {
    std::string text;
    bool routine = false; ///< a heartbeat that told nothing new
};

/// A call on a route.
struct ApiCall {
    const HttpCall& http;
    std::vector<std::string> ids; ///< what stands for each `*` of the pattern, decoded
    QueryArguments arguments;
    ChangeNote note;
};

using ApiFunction = std::function<HttpReply(ApiCall&)>;

enum class ApiBody { Ignored, Json };
/// Open routes ask for neither a token nor an allowed address.
enum class ApiAccess { Guarded, Open };

struct ApiRoute {
    std::string method;
    std::string pattern; ///< `/api/v1/origins/*/drain`
    std::string summary; ///< for the index
    ApiFunction function;
    ApiBody body = ApiBody::Ignored;
    ApiAccess access = ApiAccess::Guarded;
};

class ApiRouter {
public:
    /// Requires: no other route of that method and pattern.
    void add(ApiRoute route);
    /// The route of the call, or the 400, 404 or 405 that it gets. `ids` when wanted.
    const ApiRoute* find(const HttpCall& call, HttpReply& refusal,
                         std::vector<std::string>* ids = nullptr) const;
    const std::vector<ApiRoute>& routes() const { return routes_; }

private:
    struct Pattern {
        std::vector<std::string> segments;
        /// Fills `ids` when the path matches.
        bool matches(const std::vector<std::string>& path, std::vector<std::string>& ids) const;
    };
    std::vector<ApiRoute> routes_;
    std::vector<Pattern> patterns_; ///< parallel to routes_
};

/// Which part of a list a call asks for.
struct Page {
    std::string after;
    size_t limit = 100;
};

/// Reads `?after=` and `?limit=` (1 to 1000), or refuses them.
std::optional<HttpReply> readPage(const QueryArguments& arguments, Page& page);

} // namespace srsproxy
