// The reader of a plugin's file never reads past its end, and what it finds is in the file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/plugin/elf_probe.h"
#include "core/plugin/plugin_library.h"

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

bool isBounded(const std::string& text, size_t size) {
    return text.size() <= size && text.find('\0') == std::string::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace srsproxy;
    const Result<ElfFacts> facts = probeElf({reinterpret_cast<const std::byte*>(data), size});
    if (!facts) {
        require(!facts.error().message.empty());
        return 0;
    }
    constexpr size_t SymbolBytes = 24;
    require(facts->exportCount <= size / SymbolBytes);
    require(facts->uniqueCount <= facts->exportCount);
    require(facts->exports.size() <= ElfFacts::MaxExportNames);
    require(facts->exports.size() <= facts->exportCount);
    if (facts->descriptor) {
        require(facts->exportCount > 0);
        const DescriptorFacts& seen = *facts->descriptor;
        for (const std::string* text :
             {&seen.name, &seen.version, &seen.license, &seen.sdkVersion, &seen.compiler}) {
            require(isBounded(*text, size));
        }
        const std::string refusal = refusalOf(seen, 0);
        require(!refusal.empty() || seen.name.empty() || isPluginName(seen.name));
    }
    return 0;
}
