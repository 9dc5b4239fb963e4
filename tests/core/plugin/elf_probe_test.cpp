#include "core/plugin/elf_probe.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "srsproxy/abi/descriptor.h"

namespace srsproxy {
namespace {

std::vector<std::byte> read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    std::vector<std::byte> bytes(static_cast<size_t>(stream.tellg()));
    stream.seekg(0);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

std::vector<std::byte> sample() {
    return read(SRSPROXY_SAMPLE_PLUGIN);
}

TEST(ElfProbe, ReadsTheDescriptorOfAPlugin) {
    const Result<ElfFacts> facts = probeElf(sample());
    ASSERT_TRUE(facts) << facts.error().message;
    ASSERT_TRUE(facts->descriptor);
    const DescriptorFacts& seen = *facts->descriptor;
    EXPECT_EQ(seen.structSize, sizeof(PluginDescriptor));
    EXPECT_EQ(seen.magic, PluginMagic);
    EXPECT_EQ(seen.abiMajor, SRSPROXY_ABI_MAJOR);
    EXPECT_EQ(seen.abiMinor, SRSPROXY_ABI_MINOR);
    EXPECT_EQ(seen.kind, PluginKindBalancer);
    EXPECT_EQ(seen.name, "sample");
    EXPECT_EQ(seen.version, "2.3.4");
    EXPECT_EQ(seen.license, "Apache-2.0");
    EXPECT_EQ(seen.sdkVersion, "1.1.0");
    EXPECT_FALSE(seen.compiler.empty());
}

TEST(ElfProbe, CountsExports) {
    const Result<ElfFacts> facts = probeElf(sample());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->exportCount, 1u);
    EXPECT_EQ(facts->exports, std::vector<std::string>{"srsproxy_plugin"});
    EXPECT_EQ(facts->uniqueCount, 0u);
}

TEST(ElfProbe, FindsNoDescriptorInAnotherLibrary) {
    std::string path = "/lib/x86_64-linux-gnu/libstdc++.so.6";
    if (!std::ifstream(path)) {
        path = "/lib/aarch64-linux-gnu/libstdc++.so.6";
    }
    const Result<ElfFacts> facts = probeElf(read(path));
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_FALSE(facts->descriptor);
    EXPECT_GT(facts->exportCount, 1000u);
    EXPECT_GT(facts->uniqueCount, 0u);
    EXPECT_EQ(facts->exports.size(), ElfFacts::MaxExportNames);
}

struct Damage {
    const char* what;
    size_t offset;
    std::vector<unsigned char> bytes;
    const char* error;
};

TEST(ElfProbe, SaysWhatIsWrongWithAFile) {
    const Damage rows[] = {
        {"no magic", 0, {'M', 'Z'}, "is not an ELF file; a plugin is a shared object (.so)"},
        {"32 bits", EI_CLASS, {ELFCLASS32}, "is not a 64-bit little-endian ELF file"},
        {"big-endian", EI_DATA, {ELFDATA2MSB}, "is not a 64-bit little-endian ELF file"},
        {"other machine", offsetof(Elf64_Ehdr, e_machine), {EM_S390, 0}, "ELF machine 22"},
        {"object file", offsetof(Elf64_Ehdr, e_type), {ET_REL, 0}, "is no shared object"},
        {"entry size", offsetof(Elf64_Ehdr, e_phentsize), {1, 0}, "program headers make no sense"},
        {"many segments", offsetof(Elf64_Ehdr, e_phnum), {255, 255}, "make no sense"},
        {"far headers",
         offsetof(Elf64_Ehdr, e_phoff),
         {255, 255, 255, 255, 255, 255, 255, 255},
         "program headers are cut off"},
        {"no segments", offsetof(Elf64_Ehdr, e_phnum), {0, 0}, "exports nothing"},
    };
    for (const Damage& row : rows) {
        std::vector<std::byte> bytes = sample();
        std::memcpy(bytes.data() + row.offset, row.bytes.data(), row.bytes.size());
        const Result<ElfFacts> facts = probeElf(bytes);
        ASSERT_FALSE(facts) << row.what;
        EXPECT_NE(facts.error().message.find(row.error), std::string::npos)
            << row.what << ": " << facts.error().message;
    }
}

TEST(ElfProbe, SurvivesEveryTruncation) {
    const std::vector<std::byte> whole = sample();
    size_t refused = 0;
    const size_t step = whole.size() / 2000 + 1;
    for (size_t size = 0; size < whole.size(); size += step) {
        // A copy of its own, so that a sanitizer sees each byte that is read past the end.
        const std::vector<std::byte> cut(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
        refused += probeElf(cut) ? 0 : 1;
    }
    EXPECT_GT(refused, 0u);
}

} // namespace
} // namespace srsproxy
