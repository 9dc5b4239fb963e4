#include "core/config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A folder of its own for one test, gone with it.
class Folder {
public:
    Folder() {
        std::string name = testing::TempDir() + "core_config_XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = path_ + '/' + name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path) << text;
        return path;
    }
    const std::string& path() const { return path_; }

    ConfigOptions options() const {
        ConfigOptions options;
        options.workingFolder = path_;
        options.systemFiles = {path_ + "/none.yaml", path_ + "/system.yaml"};
        options.installedProtocols = {"rtmp"};
        return options;
    }

private:
    std::string path_;
};

TEST(LoadConfig, ChoosesTheFile) {
    const Folder folder;
    ConfigOptions options = folder.options();
    EXPECT_EQ(loadConfig(options).file(), "");

    const std::string system = folder.write("system.yaml", "router: {max_attempts: 1}\n");
    EXPECT_EQ(loadConfig(options).file(), system);

    const std::string local = folder.write("etc/proxy.yaml", "router: {max_attempts: 2}\n");
    EXPECT_EQ(loadConfig(options).file(), local);
    EXPECT_EQ(loadConfig(options).settings()->router.maxAttempts, 2u);

    options.file = folder.write("my.yaml", "router: {max_attempts: 4}\n");
    LoadedConfig config = loadConfig(options);
    EXPECT_EQ(config.file(), *options.file);
    EXPECT_EQ(config.settings()->router.maxAttempts, 4u);
    EXPECT_THAT(textsOf(config.finish()), IsEmpty());
}

TEST(LoadConfig, RefusesFilesThatCannotBeRead) {
    const Folder folder;
    ConfigOptions options = folder.options();
    options.file = folder.path() + "/absent.yaml";
    EXPECT_THAT(textsOf(loadConfig(options).finish()),
                ElementsAre(*options.file + ": cannot be read: No such file or directory"));
    options.file = folder.path();
    EXPECT_THAT(textsOf(loadConfig(options).finish()),
                ElementsAre(folder.path() + ": cannot be read: it is a folder; wanted a file"));
    options.file = folder.write("large.yaml", std::string(2 * 1024 * 1024, '#'));
    EXPECT_THAT(
        textsOf(loadConfig(options).finish()),
        ElementsAre(*options.file + ": is larger than 1048576 bytes, the most that is read"));
}

TEST(LoadConfig, PutsProcessOverEnvFileOverFileOverDefault) {
    const Folder folder;
    ConfigOptions options = folder.options();
    auto grace = [&options] { return loadConfig(options).settings()->process.graceQuitTimeout; };
    EXPECT_EQ(grace(), 20s);
    options.file = folder.write("f.yaml", "process: {grace_quit_timeout: 1s}\n");
    EXPECT_EQ(grace(), 1s);
    folder.write(".env", "PROXY_GRACE_QUIT_TIMEOUT=2s # from .env\n");
    EXPECT_EQ(grace(), 2s);
    options.environment["PROXY_GRACE_QUIT_TIMEOUT"] = "3s";
    EXPECT_EQ(grace(), 3s);
}

TEST(LoadConfig, ShowsWhereABadValueCameFrom) {
    const Folder folder;
    ConfigOptions options = folder.options();
    options.file = folder.write("f.yaml", "process:\n  grace_quit_timeout: 1s\n");
    const std::string env = folder.write(".env", "\nPROXY_GRACE_QUIT_TIMEOUT=soon\nnonsense\n");
    options.environment["PROXY_ORIGIN_SERVER_TTL"] = "";
    EXPECT_THAT(
        textsOf(loadConfig(options).finish()),
        ElementsAre(StartsWith(env + ":3:1: wanted a line NAME=value"),
                    StartsWith("environment variable PROXY_ORIGIN_SERVER_TTL: registry.origin_ttl "
                               "is empty; wanted a time from 1s to 24h"),
                    StartsWith("variable PROXY_GRACE_QUIT_TIMEOUT in " + env +
                               ":2: process.grace_quit_timeout is soon; wanted a time")));
}

TEST(LoadConfig, WithoutAFileIsAsTheGoProxy) {
    LoadedConfig config = configOf(nullptr, {}, {"rtmp", "http", "webrtc", "srt", "third_party"});
    EXPECT_THAT(config.settings()->systemApi.listen, ElementsAre("127.0.0.1:12025"));
    EXPECT_THAT(config.settings()->httpApi.listen, ElementsAre(":11985"));
    EXPECT_EQ(config.settings()->protocols.size(), 5u);
    EXPECT_THAT(listenOf(config, "rtmp"), ElementsAre(":11935"));
    EXPECT_THAT(listenOf(config, "http"), ElementsAre(":18080"));
    EXPECT_THAT(listenOf(config, "webrtc"), ElementsAre(":18000"));
    EXPECT_THAT(listenOf(config, "srt"), ElementsAre(":20080"));
    EXPECT_THAT(listenOf(config, "third_party"), ElementsAre("default"));
    EXPECT_EQ(config.protocol("absent"), nullptr);
    EXPECT_EQ(config.file(), "");
    EXPECT_THAT(config.notices(), IsEmpty());
    EXPECT_THAT(textsOf(config.finish()), IsEmpty());
}

TEST(LoadConfig, WithoutAFileTakesTheVariables) {
    LoadedConfig config = configOf(nullptr, {{"PROXY_RTMP_SERVER", "1935"},
                                             {"PROXY_HTTP_API", ""},
                                             {"PROXY_SYSTEM_API", ""},
                                             {"PROXY_DEFAULT_BACKEND_ENABLED", "on"},
                                             {"PROXY_DEFAULT_BACKEND_RTMP", "19350"}});
    EXPECT_THAT(listenOf(config, "rtmp"), ElementsAre(":1935"));
    EXPECT_THAT(config.settings()->httpApi.listen, IsEmpty()) << "empty switches it off";
    EXPECT_THAT(config.settings()->systemApi.listen, IsEmpty());
    ASSERT_TRUE(config.defaultBackend());
    EXPECT_EQ(config.defaultBackend()->rtmp, "19350");
    EXPECT_THAT(config.settings()->origins, IsEmpty()) << "it is no origin of the file";
    EXPECT_THAT(textsOf(config.finish()), IsEmpty());
}

TEST(LoadConfig, WithAFileOnlyItsProtocolsAreOn) {
    LoadedConfig config = configOf("protocols: {rtmp: {listen: [\"1\", \"2\"]}}\n",
                                   {{"PROXY_RTMP_SERVER", ""}}, {"rtmp", "srt"});
    ASSERT_EQ(config.settings()->protocols.size(), 1u);
    EXPECT_THAT(listenOf(config, "rtmp"), IsEmpty()) << "empty closes the listener";
    EXPECT_THAT(config.settings()->httpApi.listen, ElementsAre(":1985"));
    EXPECT_THAT(textsOf(config.finish()), IsEmpty());
}

TEST(LoadConfig, RefusesStoresThatThereAreNot) {
    EXPECT_THAT(textsOf(configOf("", {{"PROXY_LOAD_BALANCER_TYPE", "redis"}}).finish()),
                ElementsAre("environment variable PROXY_LOAD_BALANCER_TYPE: store.type: the Redis "
                            "store is not part of this build yet; wanted memory"));
    EXPECT_THAT(textsOf(configOf(nullptr, {{"PROXY_LOAD_BALANCER_TYPE", "disk"}}, {}).finish()),
                ElementsAre("environment variable PROXY_LOAD_BALANCER_TYPE: store.type: \"disk\" "
                            "will not do; wanted memory"));
}

TEST(LoadConfig, AddsUnknownKeysOnceThePluginsHaveRead) {
    LoadedConfig config = configOf("protocols:\n  rtmp:\n    listen: [\"1\"]\n    lsten: x\n"
                                   "balancer:\n  options:\n    depth: 3\n    dept: 2\n",
                                   {});
    listenOf(config, "rtmp");
    int64_t depth = 1;
    EXPECT_EQ(config.balancerOptions().integer(str("depth"), 1, 9, &depth), StatusOk);
    const std::vector<std::string> wanted{
        "f:4:5: protocols.rtmp.lsten is not a known key; did you mean listen?",
        "f:8:5: balancer.options.dept is not a known key; did you mean depth?"};
    EXPECT_EQ(textsOf(config.finish()), wanted);
    EXPECT_EQ(textsOf(config.finish()), wanted) << "once";
}

TEST(LoadConfig, SkipsSectionsOfPluginsThatDoNotLoad) {
    LoadedConfig config = configOf("protocols: {rtmp: {listen: 1}, x: {a: 1}}\n", {});
    config.protocol("x")->skip();
    listenOf(config, "rtmp");
    EXPECT_THAT(textsOf(config.finish()), IsEmpty());
}

TEST(LoadConfig, ShowsASyntaxErrorAndNothingThatFollowsFromIt) {
    LoadedConfig config =
        configOf("protocols:\n  rtmp: {listen: [1\n", {{"PROXY_RTMP_SERVER", "1935"}});
    EXPECT_THAT(config.notices(), IsEmpty());
    EXPECT_THAT(textsOf(config.finish()), ElementsAre(HasSubstr("this is not YAML")));
    EXPECT_EQ(config.protocol("rtmp"), nullptr);
}

TEST(LoadConfig, NoticesASystemApiThatOriginsCannotReach) {
    EXPECT_THAT(
        configOf("system_api: {allow: [127.0.0.0/8]}", {{"PROXY_SYSTEM_API", "12025"}}).notices(),
        ElementsAre(HasSubstr("system_api.listen has :12025, but system_api.allow")));
    EXPECT_THAT(configOf("", {{"PROXY_SYSTEM_API", "12025"}}).notices(), IsEmpty());
    EXPECT_THAT(configOf("", {{"PROXY_SYSTEM_API", "127.0.0.1:1"}}).notices(), IsEmpty());
}

} // namespace
} // namespace srsproxy
