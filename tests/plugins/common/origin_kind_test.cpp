#include "plugins/common/origin_kind.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(OriginKind, OnlySrsIsToldAnAddressUnasked) {
    const struct {
        const char* name;
        ClientAddressWay way;
    } rows[] = {
        {"srs", ClientAddressWay::SrsHeader}, {"nginx-rtmp", ClientAddressWay::None},
        {"mediamtx", ClientAddressWay::None}, {"node-media-server", ClientAddressWay::None},
        {"generic", ClientAddressWay::None},
    };
    EXPECT_EQ(originKinds().size(), std::size(rows));
    for (const auto& row : rows) {
        EXPECT_EQ(originKind(row.name).name, row.name);
        EXPECT_EQ(originKind(row.name).clientAddress, row.way) << row.name;
    }
}

TEST(OriginKind, UnknownNamesAreGeneric) {
    for (const char* name : {"", "SRS", "srs ", "wowza"}) {
        EXPECT_EQ(originKind(name).name, "generic") << name;
    }
}

} // namespace
} // namespace srsproxy
