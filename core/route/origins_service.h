#pragma once

/// The registry's table as protocol plugins see it. One for the process; owned by the app.

#include "core/registry/registry.h"
#include "srsproxy/abi/origins.h"

namespace srsproxy {

class OriginsService final : public IOrigins {
public:
    /// `registry` outlives the service.
    explicit OriginsService(const Registry& registry) : registry_(registry) {}

    uint64_t version() noexcept override;
    void list(Str service, IOriginVisitor* visitor) noexcept override;

private:
    const Registry& registry_;
};

} // namespace srsproxy
