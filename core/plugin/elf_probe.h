#pragma once

/// Reads a plugin's descriptor out of the bytes of its file, so that a plugin is judged before
/// any of its code is mapped or run. Understands ELF64 shared objects of this machine, by what
/// the dynamic loader itself goes by (program headers and the dynamic section). Pure and
/// bounds-checked; fuzzed by fuzz/elf_probe.cpp.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace srsproxy {

/// The descriptor as the file holds it.
struct DescriptorFacts {
    uint32_t structSize = 0;
    uint32_t magic = 0;
    uint16_t abiMajor = 0;
    uint16_t abiMinor = 0;
    int32_t kind = 0;
    /// The texts; empty when they can be read only once the file is loaded.
    std::string name;
    std::string version;
    std::string license;
    std::string sdkVersion;
    std::string compiler;
};

struct ElfFacts {
    std::optional<DescriptorFacts> descriptor; ///< absent: no symbol `srsproxy_plugin`
    uint64_t exportCount = 0;                  ///< symbols that others could link to
    std::vector<std::string> exports;          ///< their names, the first MaxExportNames
    uint64_t uniqueCount = 0;                  ///< of them GNU_UNIQUE: they pin the file in memory

    static constexpr size_t MaxExportNames = 16;
};

/// The error says what is wrong with the file, without naming it.
Result<ElfFacts> probeElf(std::span<const std::byte> file);

} // namespace srsproxy
