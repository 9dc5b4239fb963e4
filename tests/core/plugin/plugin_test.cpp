#include "core/plugin/plugin.h"

#include <gtest/gtest.h>

#include "core/base/abi.h"
#include "core/plugin/default_config.h"

namespace srsproxy {
namespace {

/// Notes the ids that the sample plugin asks for: its calls, in order.
class NotingCore final : public ICore {
public:
    void* query(Str id) noexcept override {
        if (view(id) == "fail") {
            return fail ? this : nullptr;
        }
        calls += std::string(view(id)) + " ";
        return nullptr;
    }
    std::string calls;
    bool fail = false;
};

Result<PluginLibrary> sample() {
    return PluginLibrary::load(SRSPROXY_SAMPLE_PLUGIN, PluginKindBalancer);
}

TEST(Plugin, IsInitialisedStoppedAndDestroyedOnceInThatOrder) {
    NotingCore core;
    const Result<PluginLibrary> library = sample();
    ASSERT_TRUE(library);
    {
        Result<Plugin> started = Plugin::start(*library, core);
        ASSERT_TRUE(started);
        Plugin moved = std::move(started).value();
        EXPECT_EQ(moved.name(), "sample");
        EXPECT_FALSE(moved.answersUnknownIds());
        EXPECT_EQ(core.calls, "init ");
    }
    EXPECT_EQ(core.calls, "init stop destroy ");
}

TEST(Plugin, IsOnlyDestroyedWhenInitFails) {
    NotingCore core;
    core.fail = true;
    const Result<PluginLibrary> library = sample();
    ASSERT_TRUE(library);
    const Result<Plugin> started = Plugin::start(*library, core);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "plugin sample: init() failed: told to; and so it did");
    EXPECT_EQ(core.calls, "init destroy ");
}

TEST(Plugin, SaysWhenAFactoryMakesNothing) {
    NotingCore core;
    const Result<PluginLibrary> library = sample();
    ASSERT_TRUE(library);
    Result<Plugin> started = Plugin::start(*library, core);
    ASSERT_TRUE(started);
    DefaultConfig config;
    const Result<Owned<IBalancer>> balancer = started->makeBalancer(config);
    ASSERT_FALSE(balancer);
    EXPECT_EQ(balancer.error().message,
              "plugin sample: it refuses its configuration: it gave no reason");
    const Result<Owned<IProtocol>> protocol = started->makeProtocol(config);
    ASSERT_FALSE(protocol);
    EXPECT_NE(protocol.error().message.find("srsproxy.protocol_factory/1"), std::string::npos);
}

} // namespace
} // namespace srsproxy
