#include "core/plugin/plugin_finder.h"

#include <stdlib.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace srsproxy {
namespace {

namespace fs = std::filesystem;

class PluginFinderTest : public testing::Test {
protected:
    PluginFinderTest() {
        std::string pattern = testing::TempDir() + "plugin_finder_XXXXXX";
        root_ = ::mkdtemp(pattern.data());
    }
    ~PluginFinderTest() override { fs::remove_all(root_); }

    std::string put(const std::string& path) {
        const fs::path file = root_ / path;
        fs::create_directories(file.parent_path());
        std::ofstream stream(file);
        return file.string();
    }
    std::string folder(const std::string& name) { return (root_ / name).string(); }

    fs::path root_;
};

TEST_F(PluginFinderTest, FindsByNameInTheOrderOfTheFolders) {
    const std::string installed = put("installed/lb/random.so");
    const std::string mine = put("mine/lb/random.so");
    put("mine/protocol/rtmp.so");
    EXPECT_EQ(
        *PluginFinder({folder("mine")}, folder("installed")).find("random", PluginKindBalancer),
        mine);
    EXPECT_EQ(
        *PluginFinder({folder("absent")}, folder("installed")).find("random", PluginKindBalancer),
        installed);
}

TEST_F(PluginFinderTest, TakesAPathAsItIs) {
    const std::string file = put("elsewhere/x.so");
    const PluginFinder finder({}, folder("installed"));
    EXPECT_EQ(*finder.find(file, PluginKindBalancer), file);
    const Result<std::string> missing = finder.find(folder("y.so"), PluginKindBalancer);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "plugin " + folder("y.so") + ": no such file");
    const Result<std::string> relative = finder.find("no_such_plugin.so", PluginKindBalancer);
    ASSERT_FALSE(relative);
    EXPECT_EQ(relative.error().message,
              "plugin " + (fs::current_path() / "no_such_plugin.so").string() + ": no such file");
}

TEST_F(PluginFinderTest, SaysWhereItLookedAndWhatIsNear) {
    put("installed/lb/round_robin.so");
    put("installed/lb/random.so");
    const PluginFinder finder({folder("mine")}, folder("installed"));
    const Result<std::string> file = finder.find("round_robbin", PluginKindBalancer);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().message, "no balancer plugin \"round_robbin\" in " + folder("mine/lb") +
                                        ", " + folder("installed/lb") +
                                        " (did you mean \"round_robin\"?); installed: random, "
                                        "round_robin");
}

TEST_F(PluginFinderTest, SaysThatNothingIsInstalled) {
    const Result<std::string> file =
        PluginFinder({}, folder("empty")).find("rtmp", PluginKindProtocol);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().message, "no protocol plugin \"rtmp\" in " + folder("empty/protocol") +
                                        "; no plugin of that kind is there: set plugins.path");
}

TEST_F(PluginFinderTest, RefusesNamesThatAreNone) {
    for (const char* name : {"", "Round Robin", "..", "rtmp;x"}) {
        const Result<std::string> file =
            PluginFinder({}, folder("installed")).find(name, PluginKindProtocol);
        ASSERT_FALSE(file) << name;
        EXPECT_NE(file.error().message.find("is no name of a plugin"), std::string::npos) << name;
    }
}

TEST_F(PluginFinderTest, ListsWhatIsInstalledOnce) {
    for (const char* file : {"a/protocol/srt.so", "a/protocol/rtmp.so", "b/protocol/rtmp.so",
                             "b/protocol/README.md", "b/protocol/Odd-Name.so", "b/lb/random.so"}) {
        put(file);
    }
    const PluginFinder finder({folder("a"), folder("absent")}, folder("b"));
    EXPECT_EQ(finder.installed(PluginKindProtocol), (std::vector<std::string>{"rtmp", "srt"}));
    EXPECT_EQ(finder.installed(PluginKindBalancer), std::vector<std::string>{"random"});
}

TEST(PluginFinder, DefaultFolderLiesBesideTheProgram) {
    const fs::path program = fs::read_symlink("/proc/self/exe");
    EXPECT_EQ(PluginFinder::defaultFolder(),
              (program.parent_path().parent_path() / "lib/srs-proxy").string());
}

} // namespace
} // namespace srsproxy
