#include "core/config/nearest_name.h"

#include <algorithm>

namespace srsproxy {

namespace {

constexpr size_t MaxNameBytes = 64;

/// Edits from one name to the other (optimal string alignment), over three rows of the table.
size_t distance(std::string_view from, std::string_view to) {
    std::vector<size_t> beforeLast(to.size() + 1);
    std::vector<size_t> last(to.size() + 1);
    std::vector<size_t> row(to.size() + 1);
    for (size_t j = 0; j <= to.size(); ++j) {
        last[j] = j;
    }
    for (size_t i = 1; i <= from.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= to.size(); ++j) {
            const size_t change = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                row[j] = std::min(row[j], beforeLast[j - 2] + 1);
            }
        }
        std::swap(beforeLast, last);
        std::swap(last, row);
    }
    return last[to.size()];
}

} // namespace

std::string nearestName(std::string_view name, const std::vector<std::string>& names) {
    std::string nearest;
    if (name.size() > MaxNameBytes) {
        return nearest;
    }
    size_t best = std::max<size_t>(1, name.size() / 3) + 1;
    for (const std::string& candidate : names) {
        if (candidate.size() > MaxNameBytes) {
            continue;
        }
        const size_t edits = distance(name, candidate);
        if (edits < best) {
            best = edits;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace srsproxy
