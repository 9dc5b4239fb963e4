/// etc/proxy.yaml is the manual of the configuration: it names every setting that the core and
/// the plugins read, with the built-in default, and no other.

#include <gtest/gtest.h>

#include <map>

#include "core/app/plugin_set.h"
#include "core/config/load_config.h"
#include "core/plugin/conformance_core.h"

namespace srsproxy {
namespace {

LoadedConfig load(const char* file) {
    ConfigOptions options;
    if (file != nullptr) {
        options.file = file;
    }
    options.workingFolder = "/nonexistent";
    options.systemFiles = {};
    options.installedProtocols = {"rtmp"};
    return loadConfig(options);
}

/// Loads what the configuration names and lets it read its sections.
void readPlugins(LoadedConfig& config) {
    const PluginFinder finder({SRSPROXY_PLUGINS});
    const Log log(std::make_shared<NullLogSink>(), "test");
    ConformanceCore core;
    IdleMetrics metrics;
    IdleSessions sessions;
    const ServicePointers services{&sessions, &metrics, nullptr, nullptr};
    const auto balancer = loadBalancer(config, finder, services, log);
    EXPECT_TRUE(balancer) << balancer.error().message;
    for (const ProtocolSettings& protocol : config.settings()->protocols) {
        const auto loaded = loadProtocol(protocol, config, finder, services, log);
        EXPECT_TRUE(loaded) << loaded.error().message;
    }
}

bool holdsOthers(ReadKind kind) {
    return kind == ReadKind::Section || kind == ReadKind::Items;
}

TEST(DefaultSettings, FileNamesEverySettingWithItsDefault) {
    LoadedConfig config = load(SRSPROXY_SOURCE_DIR "/etc/proxy.yaml");
    readPlugins(config);
    for (const Problem& problem : config.finish()) {
        ADD_FAILURE() << problem.text();
    }
    size_t settings = 0;
    for (const ReadRecord& read : config.reads()) {
        if (holdsOthers(read.kind) || read.path.ends_with(".plugin")) {
            continue;
        }
        ++settings;
        EXPECT_TRUE(read.present) << read.path << " is not in etc/proxy.yaml";
        EXPECT_EQ(read.value, read.defaultValue) << read.path;
    }
    EXPECT_GT(settings, 30u);
}

TEST(DefaultSettings, EnvironmentAloneGivesTheGoProxysPorts) {
    LoadedConfig config = load(nullptr);
    readPlugins(config);
    for (const Problem& problem : config.finish()) {
        ADD_FAILURE() << problem.text();
    }
    std::map<std::string, std::string> values;
    for (const ReadRecord& read : config.reads()) {
        values[read.path] = read.value;
    }
    EXPECT_NE(values["protocols.rtmp.listen"].find("11935"), std::string::npos);
    EXPECT_NE(values["http_api.listen"].find("11985"), std::string::npos);
    EXPECT_NE(values["system_api.listen"].find("127.0.0.1:12025"), std::string::npos);
}

} // namespace
} // namespace srsproxy
