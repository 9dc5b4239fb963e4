#include "core/api/api_router.h"

#include <charconv>

namespace srsproxy {

bool ApiRouter::Pattern::matches(const std::vector<std::string>& path,
                                 std::vector<std::string>& ids) const {
    if (path.size() != segments.size()) {
        return false;
    }
    ids.clear();
    for (size_t i = 0; i < path.size(); ++i) {
        if (segments[i] == "*") {
            ids.push_back(path[i]);
        } else if (segments[i] != path[i]) {
            return false;
        }
    }
    return true;
}

void ApiRouter::add(ApiRoute route) {
    patterns_.push_back({pathSegments(route.pattern).value()});
    routes_.push_back(std::move(route));
}

const ApiRoute* ApiRouter::find(const HttpCall& call, HttpReply& refusal,
                                std::vector<std::string>* ids) const {
    const Result<std::vector<std::string>> path = pathSegments(call.path);
    if (!path) {
        refusal = errorReply(400, "the path is malformed: " + path.error().message);
        return nullptr;
    }
    const std::string_view wanted = call.method == "HEAD" ? "GET" : std::string_view(call.method);
    std::vector<std::string> found;
    std::string allowed;
    for (size_t i = 0; i < routes_.size(); ++i) {
        if (!patterns_[i].matches(*path, found)) {
            continue;
        }
        if (routes_[i].method == wanted) {
            if (ids != nullptr) {
                *ids = std::move(found);
            }
            return &routes_[i];
        }
        allowed += (allowed.empty() ? "" : ", ") + routes_[i].method;
        allowed += routes_[i].method == "GET" ? ", HEAD" : "";
    }
    if (allowed.empty()) {
        refusal = errorReply(404, "there is no such path: GET / lists all");
    } else {
        refusal = errorReply(405, "this path knows " + allowed);
        refusal.headers.push_back({"Allow", allowed});
    }
    return nullptr;
}

std::optional<HttpReply> readPage(const QueryArguments& arguments, Page& page) {
    constexpr size_t MaxLimit = 1000;
    if (const std::string* after = arguments.find("after")) {
        page.after = *after;
    }
    if (const std::string* limit = arguments.find("limit")) {
        const char* end = limit->data() + limit->size();
        const auto [stop, error] = std::from_chars(limit->data(), end, page.limit);
        if (error != std::errc() || stop != end || page.limit < 1 || page.limit > MaxLimit) {
            return errorReply(400, "limit must be a number from 1 to " + std::to_string(MaxLimit),
                              "limit");
        }
    }
    return std::nullopt;
}

} // namespace srsproxy
