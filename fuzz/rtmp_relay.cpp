// parse(relay(input)) == parse(input), for any input, cut and take-over point; see relay_check.h.
// Input: eight bytes of plan, then the chunk stream of the sender.
#include "tests/plugins/rtmp/codec/relay_check.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace srsproxy::rtmp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 8) {
        return 0;
    }
    test::RelayPlan plan;
    plan.seed = 1U + data[0];
    plan.commandPhaseBytes = data[1] | (static_cast<size_t>(data[2] & 0x0F) << 8);
    plan.maxPieceBytes = 1U + data[3];
    plan.injectPercent = data[4] % 60;
    plan.streamIds = {{1, data[5]}, {data[6], 3}};
    if (data[6] == 1) {
        plan.streamIds.pop_back();
    }
    plan.dropUnmapped = (data[7] & 1) != 0;
    const std::string fault = test::checkRelay({data + 8, size - 8}, plan);
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        std::abort();
    }
    return 0;
}
