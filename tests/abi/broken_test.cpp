// Each deliberately broken plugin gets its clear line, and harms nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/plugin/conformance.h"
#include "core/plugin/default_config.h"
#include "core/route/balancer_host.h"
#include "tests/abi/test_plugins.h"

namespace srsproxy {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Row {
    const char* plugin;
    const char* line;
};

/// Names the row in the list of tests.
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.plugin;
}

std::string reportOf(const std::string& plugin, bool& good) {
    std::ostringstream out;
    ConformanceLimits limits;
    limits.step = std::chrono::milliseconds(plugin == "hanging_pick" ? 500 : 20'000);
    good = runConformance(testPlugin(plugin), out, limits);
    return out.str();
}

/// The static initialisers of these abort: that this test lives proves that no code of theirs ran.
constexpr Row RefusedByTheirBytes[] = {
    {"no_descriptor", "it does not export srsproxy_plugin, so it is no plugin"},
    {"wrong_magic", "its descriptor has the magic 0x21212121, wanted 0x50535253"},
    {"other_major", "it is built for plugin ABI 2.7, this proxy has 1.1: rebuild it"},
    {"small_struct", "its descriptor has 16 bytes, wanted at least 96"},
    {"unknown_kind", "it is of kind 9, which this proxy does not know"},
    {"bad_name", "its descriptor has the name \"../evil\""},
};

TEST(BrokenPlugin, IsRefusedBeforeItsCodeRuns) {
    for (const Row& row : RefusedByTheirBytes) {
        const std::string path = testPlugin(row.plugin);
        const Result<PluginLibrary> library = PluginLibrary::load(path, PluginKindBalancer);
        ASSERT_FALSE(library) << row.plugin;
        EXPECT_THAT(library.error().message, AllOf(HasSubstr(path), HasSubstr(row.line)));
    }
}

TEST(BrokenPlugin, IsRefusedByCheckPluginBeforeItsCodeRuns) {
    for (const Row& row : RefusedByTheirBytes) {
        bool good = true;
        const std::string report = reportOf(row.plugin, good);
        EXPECT_FALSE(good) << row.plugin;
        EXPECT_THAT(report, HasSubstr("FAIL plugin " + testPlugin(row.plugin)));
        EXPECT_THAT(report, HasSubstr(row.line));
    }
}

TEST(BrokenPlugin, IsRefusedWhenItCannotStart) {
    constexpr Row Rows[] = {
        {"unresolved", "undefined symbol"},
        {"null_create", "create() returned null"},
        {"failing_init", "plugin bad_plugin: init() failed: the licence file is missing"},
    };
    for (const Row& row : Rows) {
        TestProxy proxy;
        const Result<Plugin> plugin = proxy.start(row.plugin, PluginKindBalancer);
        ASSERT_FALSE(plugin) << row.plugin;
        EXPECT_THAT(plugin.error().message, HasSubstr(row.line));
    }
}

TEST(BrokenPlugin, IsRefusedWhenItMakesNoBalancer) {
    constexpr Row Rows[] = {
        {"no_factory", "plugin bad_plugin: it does not have srsproxy.balancer_factory/1"},
        {"throwing_create",
         "plugin bad_balancer: it refuses its configuration: no dice in the box"},
    };
    for (const Row& row : Rows) {
        TestProxy proxy;
        Result<Plugin> plugin = proxy.start(row.plugin, PluginKindBalancer);
        ASSERT_TRUE(plugin) << plugin.error().message;
        DefaultConfig config;
        const Result<Owned<IBalancer>> balancer = plugin->makeBalancer(config);
        ASSERT_FALSE(balancer) << row.plugin;
        EXPECT_THAT(balancer.error().message, HasSubstr(row.line));
    }
}

TEST(BrokenPlugin, IsRefusedWhereTheOtherKindIsWanted) {
    const Result<PluginLibrary> library =
        PluginLibrary::load(testPlugin("two_exports"), PluginKindProtocol);
    ASSERT_FALSE(library);
    EXPECT_THAT(library.error().message, HasSubstr("it is a balancer, wanted a protocol"));
}

TEST(BrokenPlugin, GetsItsLineFromCheckPlugin) {
    constexpr Row Rows[] = {
        {"two_exports", "leakedHelper"},
        {"two_exports", "wanted only srsproxy_plugin: link with the SDK's version script"},
        {"unresolved", "undefined symbol"},
        {"null_create", "create() returned null"},
        {"failing_init", "init() failed: the licence file is missing"},
        {"no_factory", "it does not have srsproxy.balancer_factory/1"},
        {"answers_any_id", "FAIL query: it answers to an id that it cannot know"},
        {"aborts_when_mapped", "FAIL crashed with signal 6 (Aborted) in load"},
        {"exits", "FAIL ended the process in create and init (exit code 3)"},
        {"throwing_create", "it refuses its configuration: no dice in the box"},
        {"rejects_defaults", "the default of `sides` is 0, out of its own range 1 … 6"},
        {"rejects_defaults", "the default of `colour` is rejected: wanted red or green"},
        {"throwing_update", "FAIL update (no origins): failed: 0 origins are too many"},
        {"throwing_pick", "pick failed: the dice rolled off the table (64 of 64 picks are wrong)"},
        {"throws_no_exception", "pick failed: an exception that is no std::exception"},
        {"out_of_range", "answered 1000, which is out of range: wanted 0 … 999 or -1"},
        {"out_of_range", "answered 0, which is out of range: wanted -1"},
        {"negative", "answered -77, which is out of range: wanted 0 … 999 or -1"},
        {"ineligible",
         "FAIL pick (1000 origins, some eligible): answered 0, which is not eligible"},
        {"ineligible", "answered 0, which is not eligible: wanted -1"},
        {"never_chooses", "FAIL pick (1 origin, all eligible): it never chose an origin"},
        {"slow_pick", "wanted at most 10 ms"},
        {"crashing_pick",
         "FAIL crashed with signal 11 (Segmentation fault) in pick (0 origins, none eligible)"},
        {"hanging_pick", "FAIL hung in pick (0 origins, none eligible): no answer within 500 ms"},
    };
    for (const Row& row : Rows) {
        bool good = true;
        const std::string report = reportOf(row.plugin, good);
        EXPECT_FALSE(good) << row.plugin;
        EXPECT_THAT(report, HasSubstr(row.line)) << row.plugin;
    }
}

/// Three origins, of which the last two may be chosen: a sound host answers 1 for any defect.
class BrokenBalancer : public testing::TestWithParam<Row> {
protected:
    std::shared_ptr<const OriginTable> threeOrigins() {
        auto table = std::make_shared<OriginTable>();
        for (const char* id : {"a@10.0.0.1", "b@10.0.0.2", "c@10.0.0.3"}) {
            auto origin = std::make_shared<Origin>();
            origin->id = id;
            table->origins.push_back(origin);
        }
        return table;
    }
};

TEST_P(BrokenBalancer, IsNamedAndReplacedByTheFirstEligibleOrigin) {
    TestProxy proxy;
    Result<Plugin> plugin = proxy.start(GetParam().plugin, PluginKindBalancer);
    ASSERT_TRUE(plugin) << plugin.error().message;
    DefaultConfig config;
    const Result<Owned<IBalancer>> balancer = plugin->makeBalancer(config);
    ASSERT_TRUE(balancer) << balancer.error().message;

    BalancerHost host(**balancer, plugin->name(), proxy.log);
    host.update(threeOrigins());
    EXPECT_EQ(host.pick(PickInput{"vhost/live/x", "rtmp", "192.0.2.1:1"}, {false, true, true}), 1);
    EXPECT_GE(proxy.sink->count("bad_balancer"), 1u);
    EXPECT_GE(proxy.sink->count(GetParam().line), 1u) << [&] {
        std::string lines;
        for (const MemoryLogSink::Entry& entry : proxy.sink->entries()) {
            lines += entry.line + "\n";
        }
        return lines;
    }();
}

INSTANTIATE_TEST_SUITE_P(All, BrokenBalancer,
                         testing::Values(Row{"throwing_update", "3 origins are too many"},
                                         Row{"throwing_pick", "the dice rolled off the table"},
                                         Row{"throws_no_exception", "no std::exception"},
                                         Row{"out_of_range", "3"}, Row{"negative", "-77"},
                                         Row{"ineligible", "not eligible"}, Row{"slow_pick", "ms"}),
                         [](const auto& row) { return row.param.plugin; });

} // namespace
} // namespace srsproxy
