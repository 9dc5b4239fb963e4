// parse(relay(input)) == parse(input), for any input, cut, take-over, padding and so on, with two
// hops of different settings; see relay_check.h.
// Input: sixteen bytes of plan, then the chunk stream of the sender.
#include "tests/plugins/rtmp/codec/relay_check.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace srsproxy::rtmp;

namespace {

constexpr size_t PlanBytes = 16;

uint32_t number16(const uint8_t* bytes) {
    return bytes[0] | (static_cast<uint32_t>(bytes[1]) << 8);
}

test::RelayPlan planOf(const uint8_t* data) {
    test::RelayPlan plan;
    plan.seed = 1U + data[0];
    plan.commandPhaseBytes = number16(data + 1) & 0x0FFF;
    plan.maxPieceBytes = 1U + data[3];
    plan.injectPercent = data[4] % 60;
    plan.outStream = data[5];
    plan.inStream = data[6];
    const uint8_t flags = data[7];
    plan.dropUnmapped = (flags & 1) != 0;
    plan.dies = (flags & 2) != 0;
    plan.flipPercent = data[8] % 100;
    plan.takeoverPercent = data[9] % 100;
    plan.padAt = number16(data + 10) & 0x0FFF;
    // Around the bounds of both timestamp forms, too.
    static constexpr uint32_t Bases[] = {0, 0xFFFF00, 0xFFFFFF00, 0x80000000};
    plan.offsetMs = Bases[(flags >> 2) & 3] + data[12];
    plan.outChunkSize = 1U + (number16(data + 13) << (data[15] % 9));
    const bool needsTap = plan.takeoverPercent != 0 || (plan.padAt != 0 && !plan.dies);
    plan.tap = needsTap || (flags & 16) != 0;
    return plan;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < PlanBytes) {
        return 0;
    }
    const std::string fault = test::checkRelay({data + PlanBytes, size - PlanBytes}, planOf(data));
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        std::abort();
    }
    return 0;
}
