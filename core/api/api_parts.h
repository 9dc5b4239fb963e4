#pragma once

/// What the system API needs of the rest of the core, and no more: the real parts are behind
/// live_parts.h, tests bring their own. All methods are called on several threads at once.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/registry/registry.h"
#include "core/route/router.h"
#include "core/route/session_table.h"

namespace srsproxy {

class ApiOrigins {
public:
    virtual ~ApiOrigins() = default;
    virtual Result<std::string> enroll(const Registration& registration) = 0;    ///< [any]
    virtual bool remove(std::string_view originId, std::string_view reason) = 0; ///< [any]
    virtual bool setDraining(std::string_view originId, bool draining) = 0;      ///< [any]
    virtual std::shared_ptr<const OriginTable> table() const = 0;                ///< [any]
};

class ApiStreams {
public:
    virtual ~ApiStreams() = default;
    virtual std::vector<PinInfo> pins(std::string_view after, size_t limit) const = 0; ///< [any]
    virtual size_t count() const = 0;                                                  ///< [any]
    virtual Explanation explain(std::string_view streamKey, std::string_view protocol,
                                int32_t role) = 0; ///< [any]
};

class ApiSessions {
public:
    virtual ~ApiSessions() = default;
    virtual std::vector<SessionView> list(uint64_t after, size_t limit) const = 0; ///< [any]
    virtual size_t count() const = 0;                                              ///< [any]
    virtual bool kick(uint64_t id, std::string_view reason) = 0;                   ///< [any]
};

} // namespace srsproxy
