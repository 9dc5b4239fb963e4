#include "bench/rtmp/process_meter.h"

#include <array>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace rtmpload {

int64_t cpuNs(std::span<const pid_t> processes) {
    int64_t sum = 0;
    for (const pid_t process : processes) {
        clockid_t clock{};
        timespec spent{};
        if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &spent) != 0) {
            throw std::runtime_error("no such process: " + std::to_string(process));
        }
        sum += int64_t{spent.tv_sec} * 1'000'000'000 + spent.tv_nsec;
    }
    return sum;
}

int64_t machineBusyNs() {
    enum Field { User, Nice, System, Idle, IoWait, Irq, SoftIrq, Steal, Fields };
    std::ifstream stat("/proc/stat");
    std::string name;
    std::array<int64_t, Fields> ticks{};
    stat >> name;
    for (int64_t& each : ticks) {
        stat >> each;
    }
    const int64_t busy =
        ticks[User] + ticks[Nice] + ticks[System] + ticks[Irq] + ticks[SoftIrq] + ticks[Steal];
    return busy * (1'000'000'000 / ::sysconf(_SC_CLK_TCK));
}

uint64_t residentBytes(std::span<const pid_t> processes) {
    uint64_t sum = 0;
    for (const pid_t process : processes) {
        std::ifstream rollup("/proc/" + std::to_string(process) + "/smaps_rollup");
        std::string word;
        while (rollup >> word && word != "Rss:") {
        }
        uint64_t kib = 0;
        if (!(rollup >> kib)) {
            throw std::runtime_error("cannot read the memory of process " +
                                     std::to_string(process));
        }
        sum += kib * 1024;
    }
    return sum;
}

} // namespace rtmpload
