#include "core/route/origins_service.h"

#include "core/base/abi.h"
#include "core/route/candidate.h"

namespace srsproxy {
namespace {

void show(const Origin& origin, std::string_view service, const Door& door,
          IOriginVisitor& visitor) {
    OriginInfo info{};
    info.structSize = sizeof(OriginInfo);
    info.port = door.endpoint.port;
    info.generation = origin.generation;
    info.id = str(origin.id);
    info.kind = str(origin.registration.kind);
    info.scheme = str(schemeOf(door.endpoint, service));
    info.address = str(door.address);
    info.clientAddress = str(origin.registration.clientAddress);
    info.usable =
        !origin.draining && !origin.silent && !origin.ejected && !door.address.empty() ? 1 : 0;
    visitor.visit(&info);
}

} // namespace

uint64_t OriginsService::version() noexcept {
    return registry_.table()->version;
}

void OriginsService::list(Str service, IOriginVisitor* visitor) noexcept {
    const std::string_view wanted = view(service);
    const std::shared_ptr<const OriginTable> table = registry_.table();
    if (visitor == nullptr) {
        return;
    }
    for (const std::shared_ptr<const Origin>& origin : table->origins) {
        if (!origin->offers(wanted)) {
            continue;
        }
        for (const Door& door : doorsOf(*origin, wanted)) {
            show(*origin, wanted, door, *visitor);
        }
    }
}

} // namespace srsproxy
