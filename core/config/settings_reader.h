#pragma once

/// The core's own settings out of the root section: types, ranges, and what must fit together. On
/// the main thread. What is wrong goes to the section's report, and the default stands in for it,
/// so reading always comes to its end.

#include <map>
#include <string>

#include "core/config/config_section.h"
#include "core/config/settings.h"

namespace srsproxy {

struct SettingsReading {
    Settings settings;
    /// The strategy's own section.
    ConfigSection* balancerOptions;
    /// The sections of the protocols, by name; those of settings.protocols. The key `plugin` in
    /// them is read already.
    std::map<std::string, ConfigSection*> protocols;
};

/// The sections belong to `root`.
SettingsReading readSettings(ConfigSection& root);

} // namespace srsproxy
