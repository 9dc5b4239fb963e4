#include "core/plugin/plugin_library.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace srsproxy {
namespace {

TEST(PluginLibrary, LoadsAPlugin) {
    const Result<PluginLibrary> library =
        PluginLibrary::load(SRSPROXY_SAMPLE_PLUGIN, PluginKindBalancer);
    ASSERT_TRUE(library) << library.error().message;
    EXPECT_EQ(library->name(), "sample");
    EXPECT_STREQ(library->descriptor().version, "2.3.4");
    EXPECT_EQ(library->path(), SRSPROXY_SAMPLE_PLUGIN);
}

TEST(PluginLibrary, NamesTheFileThatIsMissing) {
    const Result<PluginLibrary> library = PluginLibrary::load("/nowhere/x.so", 0);
    ASSERT_FALSE(library);
    EXPECT_EQ(library.error().message, "plugin /nowhere/x.so: no such file");
}

TEST(PluginLibrary, RefusesWhatIsNoSharedObject) {
    const Result<PluginLibrary> folder = PluginLibrary::load("/tmp", 0);
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().message.find("is no regular file"), std::string::npos);

    const std::string path = testing::TempDir() + "plugin_library_test.so";
    std::ofstream(path) << "#!/bin/sh\n";
    const Result<PluginLibrary> script = PluginLibrary::load(path, 0);
    std::filesystem::remove(path);
    ASSERT_FALSE(script);
    EXPECT_NE(script.error().message.find("is not an ELF file"), std::string::npos);
}

TEST(PluginLibrary, AcceptsAnyMinorAndLongerDescriptors) {
    DescriptorFacts facts;
    facts.structSize = sizeof(PluginDescriptor) + 64;
    facts.magic = PluginMagic;
    facts.abiMajor = SRSPROXY_ABI_MAJOR;
    facts.abiMinor = 999;
    facts.kind = PluginKindProtocol;
    facts.name = "later";
    EXPECT_EQ(refusalOf(facts, 0), "");
    EXPECT_EQ(refusalOf(facts, PluginKindProtocol), "");
    EXPECT_NE(refusalOf(facts, PluginKindBalancer), "");
}

TEST(PluginLibrary, JudgesNames) {
    for (const char* name : {"a", "round_robin", "h264", "_"}) {
        EXPECT_TRUE(isPluginName(name)) << name;
    }
    for (const char* name : {"", "A", "a-b", "a.so", "../a", "a b", "ä"}) {
        EXPECT_FALSE(isPluginName(name)) << name;
    }
    EXPECT_TRUE(isPluginName(std::string(64, 'x')));
    EXPECT_FALSE(isPluginName(std::string(65, 'x')));
}

} // namespace
} // namespace srsproxy
