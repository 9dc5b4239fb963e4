#pragma once

/// The answer to `GET /api/v1/versions`, the same on every listener. It joins the two shapes
/// that exist, since neither disturbs readers of the other: `signature` and `version` at the
/// top, and `code`, `pid` and `data` with `major`, `minor`, `revision`, which clients of SRS read.

#include <string>

#include "core/api/http_types.h"

namespace srsproxy {

/// What the process says of itself.
struct ProductInfo {
    std::string version; ///< `major.minor.revision`
    std::string pid;

    std::string serverName() const { return "srs-proxy/" + version; }
};

HttpReply versionsReply(const ProductInfo& product);

} // namespace srsproxy
