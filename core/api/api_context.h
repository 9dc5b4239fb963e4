#pragma once

/// What the resource groups of the system API answer from, and how each adds its routes. One
/// group, one file: register_api.cpp, origins_api.cpp, streams_api.cpp, sessions_api.cpp,
/// explain_api.cpp, process_api.cpp.

#include <atomic>
#include <functional>
#include <string>

#include "core/api/api_parts.h"
#include "core/api/api_router.h"
#include "core/api/versions_reply.h"
#include "core/base/clock.h"

namespace srsproxy {

enum class ProcessPhase { Starting, Serving, Draining };

/// Borrowed by all handlers; outlives them.
struct ApiContext {
    ApiOrigins& origins;
    ApiStreams& streams;
    ApiSessions& sessions;
    const Clock& clock;
    std::function<std::string()> metrics; ///< Prometheus' text format [any]
    ProductInfo product;
    std::atomic<ProcessPhase> phase{ProcessPhase::Starting};
};

void addRegisterRoutes(ApiRouter& router, ApiContext& context);
void addOriginRoutes(ApiRouter& router, ApiContext& context);
void addStreamRoutes(ApiRouter& router, ApiContext& context);
void addSessionRoutes(ApiRouter& router, ApiContext& context);
void addExplainRoutes(ApiRouter& router, ApiContext& context);
void addProcessRoutes(ApiRouter& router, ApiContext& context);

} // namespace srsproxy
