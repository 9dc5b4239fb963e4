#include "core/config/config_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

ConfigDocument parse(const std::string& yaml, std::vector<std::string>& problems,
                     const ConfigLimits& limits = {}) {
    std::vector<Problem> found;
    ConfigDocument document = ConfigDocument::parse(yaml, "f", found, limits);
    problems = textsOf(found);
    return document;
}

TEST(ConfigDocument, KeepsValuesAndTheirPlaces) {
    std::vector<std::string> problems;
    const auto document = parse("a: 1\nb:\n  c: [x, \"y z\"]\n  d:\n  e: {}\n", problems);
    EXPECT_THAT(problems, ElementsAre());
    EXPECT_EQ(document.find("a")->text, "1");
    EXPECT_EQ(document.find("a")->location.text(), "f:1:1");
    const ConfigNode* list = document.find("b.c");
    ASSERT_EQ(list->kind, ConfigNode::Kind::Sequence);
    EXPECT_EQ(list->location.text(), "f:3:3");
    ASSERT_EQ(list->items.size(), 2u);
    EXPECT_EQ(list->items[1].text, "y z");
    EXPECT_EQ(list->items[1].location.text(), "f:3:10");
    EXPECT_EQ(document.find("b.d")->kind, ConfigNode::Kind::Null);
    EXPECT_EQ(document.find("b.e")->kind, ConfigNode::Kind::Mapping);
    EXPECT_EQ(document.find("b.x"), nullptr);
    EXPECT_EQ(document.find("a.x"), nullptr);
}

TEST(ConfigDocument, TakesTextsWithoutSettings) {
    for (const char* yaml : {"", "\n", "# only a comment\n", "---\n", "~", "{}"}) {
        std::vector<std::string> problems;
        const auto document = parse(yaml, problems);
        EXPECT_THAT(problems, ElementsAre()) << yaml;
        EXPECT_TRUE(document.root().entries.empty()) << yaml;
    }
}

TEST(ConfigDocument, RefusesWithThePlace) {
    const struct {
        const char* yaml;
        const char* problem;
    } rows[] = {
        {"a: 1\nb: [1, 2\nc: 3\n", "f:3:2: this is not YAML: "},
        {"a: 1\n  b: 2\n", "f:2:4: this is not YAML: "},
        {"a: \"x\nb: 2\n\n", "f:2:5: this is not YAML: "}, // an open quote,
        {"a: *x\n", "f:1:4: this is not YAML: "},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second YAML document begins; wanted one only"},
        {"- a\n- b\n", "f:1:1: the file holds no `key: value` lines"},
        {"just text\n", "f:1:1: the file holds no `key: value` lines"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: the key a is there twice, first at line 1: remove one"},
        {"a: {b: 1, b: 2}\n", "f:1:11: the key b is there twice, first at line 1: remove one"},
        {"a: !!int 1\n", "f:1:4: a YAML tag (tag:yaml.org,2002:int) is not used here: remove it"},
        {"a: !x {}\n", "f:1:4: a YAML tag (!x) is not used here: remove it"},
        {"? [a, b]\n: 1\n", "f:1:3: a list or mapping stands where a key is wanted"},
        {"? {a: b}\n: 1\n", "f:1:3: a list or mapping stands where a key is wanted"},
        {"~: 1\n", "f:1:1: a key is missing before the `:`"},
        {"a: &x [*x]\n", "f:1:8: an alias stands inside of what it names"},
    };
    for (const auto& row : rows) {
        std::vector<std::string> problems;
        parse(row.yaml, problems);
        EXPECT_THAT(problems, ElementsAre(StartsWith(row.problem))) << row.yaml;
    }
}

TEST(ConfigDocument, ShowsAllDuplicatesAndKeepsTheFirst) {
    std::vector<std::string> problems;
    const auto document = parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", problems);
    EXPECT_EQ(problems.size(), 2u);
    EXPECT_EQ(document.find("a")->text, "1");
}

TEST(ConfigDocument, FollowsAliases) {
    std::vector<std::string> problems;
    const auto document = parse("a: &x {b: 1}\nc: *x\nd: [*x, &y z, *y]\n", problems);
    EXPECT_THAT(problems, ElementsAre());
    EXPECT_EQ(document.find("c.b")->text, "1");
    EXPECT_EQ(document.find("c")->location.text(), "f:2:1");
    EXPECT_EQ(document.find("d")->items[2].text, "z");
}

TEST(ConfigDocument, WithstandsABillionLaughs) {
    std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        yaml += 'a' + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int n = 0; n < 10; ++n) {
            yaml += (n == 0 ? "" : ", ") + last;
        }
        yaml += "]\n";
    }
    std::vector<std::string> problems;
    const auto document = parse(yaml, problems);
    EXPECT_THAT(problems, ElementsAre(testing::HasSubstr("the configuration is too large")));
    EXPECT_TRUE(document.root().entries.empty());
}

TEST(ConfigDocument, HoldsItsLimits) {
    ConfigLimits limits;
    limits.textBytes = 1'000;
    limits.nodes = 20;
    limits.valueBytes = 200;
    limits.keysPerMapping = 3;
    limits.depth = 4;
    const struct {
        std::string yaml;
        const char* problem;
    } rows[] = {
        {std::string(1'001, '#'), "f: is larger than 1000 bytes, the most that is read"},
        {"a: [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "f:1:39: the configuration is too large"},
        {"a: [[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
         "f:1:56: the configuration is too large"},
        {"a: " + std::string(300, 'x'), "f:1:4: the configuration is too large"},
        {"a: &x " + std::string(99, 'x') + "\nb: *x\n", "f:2:4: the configuration is too large"},
        {"a: 1\nb: 1\nc: 1\nd: 1\n", "f:4:1: more than 3 keys in one mapping"},
        {"a: [[[[1]]]]", "f:1:7: nested deeper than 4 levels"},
    };
    for (const auto& row : rows) {
        std::vector<std::string> problems;
        const auto document = parse(row.yaml, problems, limits);
        EXPECT_THAT(problems, ElementsAre(StartsWith(row.problem))) << row.yaml;
        EXPECT_TRUE(document.root().entries.empty());
    }
}

TEST(ConfigDocument, SurvivesDeepNesting) {
    for (const char* open : {"[", "{a: ", "- ", "? "}) {
        std::string yaml;
        for (int i = 0; i < 20'000; ++i) {
            yaml += open;
        }
        std::vector<std::string> problems;
        parse(yaml, problems);
        EXPECT_EQ(problems.size(), 1u) << open;
    }
}

TEST(ConfigDocument, TakesOverrides) {
    std::vector<std::string> problems;
    auto document = parse("a: {b: 1}\nc: text\nd:\n", problems);
    const Location where = locationOf("environment variable X");
    EXPECT_TRUE(document.override("a.b", ConfigNode::scalar("2", where)));
    EXPECT_TRUE(document.override("d.e.f", ConfigNode::sequence({"x"}, where)));
    EXPECT_TRUE(document.override("g.h", ConfigNode::scalar("3", where)));
    EXPECT_FALSE(document.override("c.x", ConfigNode::scalar("4", where)));
    EXPECT_EQ(document.find("a.b")->text, "2");
    EXPECT_EQ(document.find("a.b")->location.text(), "environment variable X");
    EXPECT_EQ(document.find("d.e.f")->items.at(0).text, "x");
    EXPECT_EQ(document.find("g.h")->text, "3");
    EXPECT_EQ(document.find("c")->text, "text");
}

} // namespace
} // namespace srsproxy
