/// etc/proxy.yaml is the manual of the configuration: it must load, say what is built in, and
/// leave nothing out. What plugins read is held to the same by the test of the whole program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

LoadedConfig defaultFile() {
    ConfigOptions options;
    options.file = SRSPROXY_SOURCE_DIR "/etc/proxy.yaml";
    options.workingFolder = SRSPROXY_SOURCE_DIR "/etc"; // has no .env
    LoadedConfig config = loadConfig(options);
    for (const ProtocolSettings& protocol : config.settings()->protocols) {
        config.protocol(protocol.name)->skip();
    }
    return config;
}

TEST(DefaultFile, LoadsWithoutAProblem) {
    LoadedConfig config = defaultFile();
    EXPECT_THAT(textsOf(config.finish()), testing::IsEmpty());
    EXPECT_THAT(config.notices(), testing::IsEmpty());
    ASSERT_EQ(config.settings()->protocols.size(), 1u);
    EXPECT_EQ(config.settings()->protocols[0].name, "rtmp");
}

TEST(DefaultFile, SaysWhatIsBuiltIn) {
    const LoadedConfig config = defaultFile();
    EXPECT_GT(config.reads().size(), 40u);
    for (const ReadRecord& record : config.reads()) {
        EXPECT_EQ(record.value, record.defaultValue) << record.path;
        EXPECT_TRUE(record.present) << record.path << " is missing from etc/proxy.yaml";
    }
}

TEST(DefaultFile, NamesEveryVariableThatSetsAValue) {
    std::ifstream stream(SRSPROXY_SOURCE_DIR "/etc/proxy.yaml");
    std::stringstream text;
    text << stream.rdbuf();
    for (const EnvironmentVariable& variable : environmentVariables()) {
        const bool inFile = variable.path.empty() || !variable.path.starts_with("protocols.") ||
                            variable.path.starts_with("protocols.rtmp.");
        if (!variable.path.empty() && inFile) {
            EXPECT_THAT(text.str(), testing::HasSubstr(std::string(variable.name)));
        }
    }
}

} // namespace
} // namespace srsproxy
