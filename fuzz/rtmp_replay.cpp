// What another origin is sent when one dies in the middle of a publish; see replay_check.h.
// Input: ten bytes of plan, then the chunk stream of the encoder.
#include "tests/plugins/rtmp/replay_check.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace srsproxy::rtmp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 10) {
        return 0;
    }
    const auto number = [data](size_t at) { return data[at] | (size_t{data[at + 1]} << 8); };
    test::ReplayPlan plan;
    plan.seed = 1U + data[0];
    plan.maxPieceBytes = 1U + data[1] * size_t{4};
    plan.tight = (data[2] & 1) != 0;
    if (plan.tight) {
        plan.maxBytes = data[3] * size_t{512};
        plan.budgetBytes = (data[2] >> 1) * size_t{1} << 16;
    }
    const size_t death = number(4);
    const size_t next = death + number(6) % 256;
    plan.deaths = {{death, next}};
    if ((data[9] & 0x80) != 0) {
        const size_t second = next + number(8) % 0x8000;
        plan.deaths.emplace_back(second, second + data[3]);
    }
    const std::string fault = test::checkReplay({data + 10, size - 10}, plan);
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        std::abort();
    }
    return 0;
}
