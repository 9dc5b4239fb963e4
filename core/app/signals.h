#pragma once

/// The signals that steer the process, taken by the main thread alone and by asking: SIGTERM,
/// SIGINT and SIGQUIT end it, SIGUSR1 opens the log file anew, SIGHUP is for a later reload.

#include <chrono>
#include <optional>

namespace srsproxy {

/// Blocks the signals in this thread and in all that it starts. First thing in main. [main]
void blockSignals();

/// The next signal's number; nothing when `timeout` passed before one came. [main]
std::optional<int> waitForSignal(std::chrono::milliseconds timeout);
/// The next signal's number. [main]
int waitForSignal();

bool isEndSignal(int signal);

} // namespace srsproxy
