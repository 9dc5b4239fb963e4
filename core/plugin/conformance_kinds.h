#pragma once

/// The scripts of `--check-plugin`, one for each kind of plugin. They run in the child process.

#include <chrono>

#include "core/plugin/plugin.h"
#include "core/plugin/sandbox.h"

namespace srsproxy {

/// 0, 1 and 1000 origins, origins that come and go, all, some and none of them eligible; every
/// answer is checked and every pick timed.
void checkBalancer(Plugin& plugin, StepReporter& report, std::chrono::milliseconds pickLimit);

/// Reads the default configuration and frees what came of it; opens nothing.
void checkProtocol(Plugin& plugin, StepReporter& report);

class DefaultConfig;

/// Reports the settings that the plugin read, and what was wrong with them.
void reportSettings(const DefaultConfig& config, StepReporter& report);

} // namespace srsproxy
