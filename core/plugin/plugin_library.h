#pragma once

/// A plugin's file in memory. It is judged by its bytes first; only a file that passes is mapped.
/// Once mapped it stays so until the process ends, for its code may be anywhere on a stack or in
/// a table. Used on the main thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/plugin/elf_probe.h"
#include "srsproxy/abi/descriptor.h"

namespace srsproxy {

/// `balancer`, `protocol`, or `unknown`.
std::string_view kindName(int32_t kind);

/// `[a-z0-9_]{1,64}`.
bool isPluginName(std::string_view name);

class PluginLibrary {
public:
    /// Maps the plugin at `path`; `kind` is the PluginKind that is wanted, or 0 for any. Runs
    /// the static initialisers of the plugin, and no other code of it. The error names the file,
    /// what was seen and what to do.
    static Result<PluginLibrary> load(const std::string& path, int32_t kind);

    const std::string& path() const { return path_; }
    std::string name() const { return descriptor_->name; }
    const PluginDescriptor& descriptor() const { return *descriptor_; }

private:
    PluginLibrary(std::string path, const PluginDescriptor* descriptor)
        : path_(std::move(path)), descriptor_(descriptor) {}

    std::string path_;
    const PluginDescriptor* descriptor_;
};

/// Reads the file and probes it. The error names the file.
Result<ElfFacts> probeFile(const std::string& path);

/// Why this proxy cannot use a plugin with that descriptor, in the words of load(), without the
/// file's name; empty when it can. `kind` as in load().
std::string refusalOf(const DescriptorFacts& facts, int32_t kind);

} // namespace srsproxy
