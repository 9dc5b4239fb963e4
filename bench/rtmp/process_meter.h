#pragma once

/// What other processes, the proxies, spend: CPU time of all their threads and resident memory.

#include <cstdint>
#include <span>

#include <sys/types.h>

namespace rtmpload {

/// User and system time together, as /proc/PID/stat sums them, but in nanoseconds. Throws
/// std::runtime_error when a process is not there.
int64_t cpuNs(std::span<const pid_t> processes);

/// Time that the machine's CPUs were busy since it started, with whatever, also for other virtual
/// machines; in steps of 10 ms.
int64_t machineBusyNs();

/// From smaps_rollup: the Rss of /proc/PID/status lags behind by up to some hundred KiB.
uint64_t residentBytes(std::span<const pid_t> processes);

} // namespace rtmpload
