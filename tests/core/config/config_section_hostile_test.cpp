/// ConfigSection against a plugin that is broken or means harm.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConfigSectionHostile, RefusesNullPointers) {
    SectionOf of("k: 1\n");
    EXPECT_EQ(of.root.flag(str("k"), nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.integer(str("k"), 0, 1, nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.real(str("k"), 0, 1, nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.duration(str("k"), 0, 1, nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.size(str("k"), 0, 1, nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.text(str("k"), str("x"), nullptr), StatusBadArgument);
    EXPECT_EQ(of.root.texts(str("k"), nullptr, 0, nullptr), StatusBadArgument);
    EXPECT_THAT(of.problems(), ElementsAre(HasSubstr("a fault of the plugin"))) << "said once";
}

TEST(ConfigSectionHostile, RefusesEmptyRanges) {
    SectionOf of("k: 1\n");
    const double nan = std::nan("");
    int64_t integer = 5;
    double real = 5;
    uint64_t bytes = 5;
    EXPECT_EQ(of.root.integer(str("k"), 2, 1, &integer), StatusBadArgument);
    EXPECT_EQ(of.root.duration(str("k"), 2, 1, &integer), StatusBadArgument);
    EXPECT_EQ(of.root.real(str("k"), nan, nan, &real), StatusBadArgument);
    EXPECT_EQ(of.root.real(str("k"), 0, nan, &real), StatusBadArgument);
    EXPECT_EQ(of.root.size(str("k"), 2, 1, &bytes), StatusBadArgument);
    EXPECT_EQ(integer, 5);
    EXPECT_EQ(real, 5);
    EXPECT_EQ(bytes, 5u);
    constexpr double Infinite = std::numeric_limits<double>::infinity();
    EXPECT_EQ(of.root.real(str("k"), -Infinite, Infinite, &real), StatusOk);
}

TEST(ConfigSectionHostile, RefusesImpossibleKeys) {
    SectionOf of("k: 1\n");
    const std::string longKey(1'000, 'k');
    const Str keys[] = {Str{nullptr, 0}, Str{nullptr, 10}, Str{"k", 0}, Str{"k", UINT64_MAX},
                        str(longKey)};
    for (const Str key : keys) {
        int64_t value = 5;
        TextsOf sink;
        EXPECT_EQ(of.root.integer(key, 0, 9, &value), StatusBadArgument);
        EXPECT_EQ(of.root.text(key, str("fallback"), &sink), StatusBadArgument);
        EXPECT_THAT(sink.values, ElementsAre("fallback")) << "text() calls exactly once";
        EXPECT_EQ(value, 5);
        ASSERT_NE(of.root.section(key), nullptr) << "plugins use the result unseen";
        EXPECT_EQ(of.root.section(key)->section(key), of.root.section(key));
        EXPECT_EQ(of.root.item(key, 0), nullptr);
        of.root.reject(key, str("x"));
    }
    EXPECT_THAT(of.problems(), Each(HasSubstr("by a name that no key can have")));
}

TEST(ConfigSectionHostile, RefusesBadFallbacks) {
    SectionOf of("k: 1\n");
    TextsOf sink;
    const Str one = str("a");
    EXPECT_EQ(of.root.texts(str("a"), nullptr, 3, &sink), StatusBadArgument);
    EXPECT_EQ(of.root.texts(str("a"), &one, UINT64_MAX, &sink), StatusBadArgument);
    EXPECT_EQ(of.root.texts(Str{nullptr, 0}, &one, 1, &sink), StatusBadArgument);
    EXPECT_THAT(sink.values, ElementsAre("a"));
    EXPECT_EQ(of.root.text(str("b"), Str{nullptr, 7}, &sink), StatusNotFound);
    EXPECT_THAT(sink.values, ElementsAre("a", ""));
}

TEST(ConfigSectionHostile, PassesOverHugeIndexes) {
    SectionOf of("l: [{a: 1}]\n");
    EXPECT_EQ(of.root.item(str("l"), UINT64_MAX), nullptr);
    EXPECT_EQ(of.root.item(str("l"), 1), nullptr);
    EXPECT_NE(of.root.item(str("l"), 0), nullptr);
}

TEST(ConfigSectionHostile, BoundsProblemsAndRecords) {
    SectionOf of("k: x\n");
    int64_t value = 0;
    for (size_t i = 0; i < ConfigReport::MaxRecords + 10; ++i) {
        of.root.reject(str("k" + std::to_string(i)), str("no"));
        of.root.integer(str("k" + std::to_string(i)), 0, 1, &value);
    }
    of.root.reject(str("k"), str(std::string(100'000, 'x')));
    of.root.reportUnknown();
    EXPECT_EQ(of.report.records().size(), ConfigReport::MaxRecords);
    const auto problems = of.problems();
    ASSERT_EQ(problems.size(), ConfigReport::MaxProblems + 1);
    EXPECT_EQ(problems.back(), "and 19911 more problems: mend these first");
    for (const std::string& problem : problems) {
        EXPECT_LT(problem.size(), 700u);
    }
}

TEST(ConfigSectionHostile, BoundsSections) {
    SectionOf of("k: 1\n");
    ConfigSection* section = &of.root;
    for (size_t i = 0; i < ConfigReport::MaxSections; ++i) {
        section = of.root.section(str(std::to_string(i)));
    }
    ConfigSection* dead = of.root.section(str("one more"));
    ASSERT_NE(dead, nullptr);
    EXPECT_NE(dead, section);
    EXPECT_EQ(dead, of.root.section(str("and another")));
    EXPECT_EQ(dead, dead->section(str("deeper")));
    int64_t value = 5;
    EXPECT_EQ(dead->integer(str("k"), 0, 9, &value), StatusNotFound) << "it holds nothing";
}

/// Asks the section again while it is being handed texts.
class Reentrant final : public IStrSink {
public:
    explicit Reentrant(ConfigSection& section) : section_(section) {}
    void accept(Str text) noexcept override {
        values.emplace_back(view(text));
        TextsOf inner;
        section_.texts(str("l"), nullptr, 0, &inner);
        section_.section(str(values.back()));
    }
    std::vector<std::string> values;

private:
    ConfigSection& section_;
};

TEST(ConfigSectionHostile, MayBeAskedFromWithinASink) {
    SectionOf of("l: [a, b, c]\n");
    Reentrant sink(of.root);
    EXPECT_EQ(of.root.texts(str("l"), nullptr, 0, &sink), StatusOk);
    EXPECT_THAT(sink.values, ElementsAre("a", "b", "c"));
}

} // namespace
} // namespace srsproxy
