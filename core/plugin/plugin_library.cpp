#include "core/plugin/plugin_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace srsproxy {
namespace {

constexpr uintmax_t MaxFileBytes = uintmax_t{1} << 30;
constexpr size_t MaxTextBytes = 256;

std::string aboutPlugin(const std::string& path, const std::string& problem) {
    return "plugin " + path + ": " + problem;
}

std::string hex(uint32_t value) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "0x%08x", value);
    return text.data();
}

std::string thisAbi() {
    return std::to_string(SRSPROXY_ABI_MAJOR) + "." + std::to_string(SRSPROXY_ABI_MINOR);
}

std::string nameRefusal(std::string_view name) {
    return "its descriptor has the name \"" + std::string(name.substr(0, 80)) +
           "\"; a name is 1 to 64 characters out of a-z, 0-9 and _";
}

bool isText(const char* text) {
    return text != nullptr && ::strnlen(text, MaxTextBytes + 1) <= MaxTextBytes;
}

Result<std::vector<std::byte>> readFile(const std::string& path) {
    std::error_code code;
    const std::filesystem::file_status status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status)) {
        return Error{"no such file"};
    }
    if (!std::filesystem::is_regular_file(status)) {
        return Error{"is no regular file; a plugin is a shared object (.so)"};
    }
    const uintmax_t size = std::filesystem::file_size(path, code);
    if (code || size > MaxFileBytes) {
        return Error{"is larger than 1 GiB; a plugin is a shared object (.so)"};
    }
    std::vector<std::byte> bytes(static_cast<size_t>(size));
    std::ifstream stream(path, std::ios::binary);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!stream) {
        return Error{"cannot be read: " + std::generic_category().message(errno)};
    }
    return bytes;
}

/// The descriptor of a mapped file, after it was judged by its bytes.
std::string mappedRefusal(const PluginDescriptor& seen, const DescriptorFacts& probed) {
    if (seen.structSize != probed.structSize || seen.magic != probed.magic ||
        seen.abiMajor != probed.abiMajor || seen.kind != probed.kind) {
        return "the descriptor in memory is not the one in the file: was the file replaced while "
               "it was in use?";
    }
    for (const char* text :
         {seen.name, seen.version, seen.license, seen.sdkVersion, seen.compiler}) {
        if (!isText(text)) {
            return "its descriptor has a text that is null or longer than " +
                   std::to_string(MaxTextBytes) + " bytes";
        }
    }
    if (!isPluginName(seen.name)) {
        return nameRefusal(seen.name);
    }
    if (seen.create == nullptr) {
        return "its descriptor has no create function";
    }
    return {};
}

} // namespace

std::string_view kindName(int32_t kind) {
    switch (kind) {
    case PluginKindBalancer:
        return "balancer";
    case PluginKindProtocol:
        return "protocol";
    default:
        return "unknown";
    }
}

bool isPluginName(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), allowed);
}

std::string refusalOf(const DescriptorFacts& facts, int32_t kind) {
    if (facts.magic != PluginMagic) {
        return "its descriptor has the magic " + hex(facts.magic) + ", wanted " + hex(PluginMagic) +
               ": define the plugin with SRSPROXY_BALANCER or SRSPROXY_PROTOCOL";
    }
    if (facts.abiMajor != SRSPROXY_ABI_MAJOR) {
        return "it is built for plugin ABI " + std::to_string(facts.abiMajor) + "." +
               std::to_string(facts.abiMinor) + ", this proxy has " + thisAbi() +
               ": rebuild it with the SDK of this proxy, or get a release of it for ABI " +
               std::to_string(SRSPROXY_ABI_MAJOR);
    }
    if (facts.structSize < sizeof(PluginDescriptor)) {
        return "its descriptor has " + std::to_string(facts.structSize) +
               " bytes, wanted at least " + std::to_string(sizeof(PluginDescriptor)) +
               ": set structSize to sizeof(PluginDescriptor)";
    }
    if (facts.kind != PluginKindBalancer && facts.kind != PluginKindProtocol) {
        return "it is of kind " + std::to_string(facts.kind) +
               ", which this proxy does not know: balancers are " +
               std::to_string(PluginKindBalancer) + ", protocols " +
               std::to_string(PluginKindProtocol);
    }
    if (kind != 0 && facts.kind != kind) {
        return "it is a " + std::string(kindName(facts.kind)) + ", wanted a " +
               std::string(kindName(kind)) +
               ": protocols are listed at `protocols`, a balancer at `balancer.strategy`";
    }
    if (!facts.name.empty() && !isPluginName(facts.name)) {
        return nameRefusal(facts.name);
    }
    return {};
}

Result<ElfFacts> probeFile(const std::string& path) {
    Result<std::vector<std::byte>> bytes = readFile(path);
    if (!bytes) {
        return Error{aboutPlugin(path, bytes.error().message)};
    }
    Result<ElfFacts> facts = probeElf(*bytes);
    if (!facts) {
        return Error{aboutPlugin(path, facts.error().message)};
    }
    return facts;
}

Result<PluginLibrary> PluginLibrary::load(const std::string& path, int32_t kind) {
    std::error_code code;
    const std::string file = std::filesystem::absolute(path, code).string();
    const Result<ElfFacts> facts = probeFile(file);
    if (!facts) {
        return facts.error();
    }
    if (!facts->descriptor) {
        return Error{aboutPlugin(file, "it does not export " SRSPROXY_DESCRIPTOR_SYMBOL
                                       ", so it is no plugin: define it with SRSPROXY_BALANCER or "
                                       "SRSPROXY_PROTOCOL")};
    }
    if (std::string problem = refusalOf(*facts->descriptor, kind); !problem.empty()) {
        return Error{aboutPlugin(file, problem)};
    }
    void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the loader is the main thread's alone
        return Error{aboutPlugin(file, std::string("cannot be loaded: ") + ::dlerror())};
    }
    const auto* descriptor =
        static_cast<const PluginDescriptor*>(::dlsym(handle, SRSPROXY_DESCRIPTOR_SYMBOL));
    if (descriptor == nullptr) {
        return Error{aboutPlugin(file, "the loader does not find " SRSPROXY_DESCRIPTOR_SYMBOL)};
    }
    if (std::string problem = mappedRefusal(*descriptor, *facts->descriptor); !problem.empty()) {
        return Error{aboutPlugin(file, problem)};
    }
    return PluginLibrary(file, descriptor);
}

} // namespace srsproxy
