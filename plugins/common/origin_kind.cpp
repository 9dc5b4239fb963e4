#include "plugins/common/origin_kind.h"

namespace srsproxy {
namespace {

constexpr OriginKind Kinds[] = {
    {"generic", ClientAddressWay::None},           {"srs", ClientAddressWay::SrsHeader},
    {"nginx-rtmp", ClientAddressWay::None},        {"mediamtx", ClientAddressWay::None},
    {"node-media-server", ClientAddressWay::None},
};

} // namespace

std::span<const OriginKind> originKinds() {
    return Kinds;
}

const OriginKind& originKind(std::string_view name) {
    for (const OriginKind& kind : Kinds) {
        if (kind.name == name) {
            return kind;
        }
    }
    return Kinds[0];
}

} // namespace srsproxy
