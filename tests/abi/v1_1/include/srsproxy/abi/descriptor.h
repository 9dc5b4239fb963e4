#pragma once

/// The one symbol that a plugin exports. The proxy reads it from the file, before it maps the
/// plugin or runs one instruction of it.

#include "srsproxy/abi/plugin.h"

namespace srsproxy {

/// "SRSP" in memory order on a little-endian machine.
static const uint32_t PluginMagic = 0x50535253u;

enum PluginKind : int32_t {
    PluginKindBalancer = 1,
    PluginKindProtocol = 2,
};

/// Constant data; all pointers are zero-terminated ASCII texts, none is null.
struct PluginDescriptor {
    uint32_t structSize; ///< sizeof(PluginDescriptor) at the plugin's build
    uint32_t magic;      ///< PluginMagic
    uint16_t abiMajor;   ///< SRSPROXY_ABI_MAJOR at the plugin's build
    uint16_t abiMinor;   ///< SRSPROXY_ABI_MINOR at the plugin's build
    int32_t kind;        ///< a PluginKind
    const char* name;    ///< how the configuration names it: [a-z0-9_]{1,64}
    const char* version; ///< the plugin's own version
    const char* license; ///< SPDX expression
    const char* sdkVersion;
    const char* compiler;
    /// Makes the plugin's object, or returns null. Called once for each place where the
    /// configuration names the plugin: state belongs into the object, not into globals. [main]
    IPlugin* (*create)() noexcept;
    uint64_t reserved[4]; ///< zero
};

static_assert(sizeof(PluginDescriptor) == 96, "PluginDescriptor is frozen");

} // namespace srsproxy

/// The name of the exported symbol.
#define SRSPROXY_DESCRIPTOR_SYMBOL "srsproxy_plugin"
