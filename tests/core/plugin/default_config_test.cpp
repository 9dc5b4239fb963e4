#include "core/plugin/default_config.h"

#include <gtest/gtest.h>

#include "srsproxy/support.h"

namespace srsproxy {
namespace {

TEST(DefaultConfig, GivesDefaultsAndNotesKeys) {
    DefaultConfig config;
    const Section section(&config);
    EXPECT_TRUE(section.flag("on", true));
    EXPECT_EQ(section.integer("count", 3, 0, 9), 3);
    EXPECT_EQ(section.real("share", 0.5, 0, 1), 0.5);
    EXPECT_EQ(section.durationMs("wait", 250, 0, 1000), 250);
    EXPECT_EQ(section.sizeBytes("room", 64, 0, 128), 64u);
    EXPECT_EQ(section.text("name", "x"), "x");
    EXPECT_EQ(section.texts("listen", {":1935", ":1936"}),
              (std::vector<std::string>{":1935", ":1936"}));
    EXPECT_EQ(section.section("tls").section("acme").text("mail", ""), "");
    EXPECT_EQ(config.item(toStr("rules"), 0), nullptr);
    EXPECT_EQ(config.item(toStr("rules"), 1), nullptr);
    EXPECT_EQ(config.keys(),
              (std::vector<std::string>{"on", "count", "share", "wait", "room", "name", "listen",
                                        "tls", "tls.acme", "tls.acme.mail", "rules"}));
    EXPECT_TRUE(config.problems().empty());
}

TEST(DefaultConfig, NotesDefaultsThatWillNotDo) {
    DefaultConfig config;
    const Section section(&config);
    section.section("a").integer("b", 10, 0, 9);
    section.section("a").reject("c", "wanted d");
    ASSERT_EQ(config.problems().size(), 2u);
    EXPECT_EQ(config.problems()[0], "the default of `a.b` is 10, out of its own range 0 … 9");
    EXPECT_EQ(config.problems()[1], "the default of `a.c` is rejected: wanted d");
}

} // namespace
} // namespace srsproxy
