#include "core/config/config_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ConfigSection, ReadsEachKind) {
    SectionOf of("f: yes\ni: -3\nr: 0.5\nd: 1500ms\ns: 64KiB\nt: a b\nl: [x, y]\no: alone\n");
    int32_t flag = 0;
    int64_t integer = 1;
    double real = 1;
    int64_t ms = 1;
    uint64_t bytes = 1;
    TextSink text;
    TextsOf list;
    TextsOf one;
    EXPECT_EQ(of.root.flag(str("f"), &flag), StatusOk);
    EXPECT_EQ(of.root.integer(str("i"), -5, 5, &integer), StatusOk);
    EXPECT_EQ(of.root.real(str("r"), 0, 1, &real), StatusOk);
    EXPECT_EQ(of.root.duration(str("d"), 0, 10'000, &ms), StatusOk);
    EXPECT_EQ(of.root.size(str("s"), 0, 1 << 20, &bytes), StatusOk);
    EXPECT_EQ(of.root.text(str("t"), str("z"), &text), StatusOk);
    EXPECT_EQ(of.root.texts(str("l"), nullptr, 0, &list), StatusOk);
    EXPECT_EQ(of.root.texts(str("o"), nullptr, 0, &one), StatusOk);
    EXPECT_EQ(flag, 1);
    EXPECT_EQ(integer, -3);
    EXPECT_EQ(real, 0.5);
    EXPECT_EQ(ms, 1'500);
    EXPECT_EQ(bytes, 65'536u);
    EXPECT_EQ(text.text(), "a b");
    EXPECT_THAT(list.values, ElementsAre("x", "y"));
    EXPECT_THAT(one.values, ElementsAre("alone"));
    of.root.reportUnknown();
    EXPECT_THAT(of.problems(), IsEmpty());
}

TEST(ConfigSection, LeavesTheDefaultWhenAbsent) {
    SectionOf of("");
    int32_t flag = 1;
    int64_t integer = 7;
    TextSink text;
    TextsOf list;
    const Str fallback[] = {str("a"), str("b")};
    EXPECT_EQ(of.root.flag(str("f"), &flag), StatusNotFound);
    EXPECT_EQ(of.root.integer(str("i"), 100, 200, &integer), StatusNotFound);
    EXPECT_EQ(of.root.text(str("t"), str("z"), &text), StatusNotFound);
    EXPECT_EQ(of.root.texts(str("l"), fallback, 2, &list), StatusNotFound);
    EXPECT_EQ(of.root.item(str("o"), 0), nullptr);
    EXPECT_EQ(flag, 1);
    EXPECT_EQ(integer, 7);
    EXPECT_EQ(text.text(), "z");
    EXPECT_THAT(list.values, ElementsAre("a", "b"));
    EXPECT_THAT(of.problems(), IsEmpty());
}

/// The problem that one wrong value makes, read under `k` by `read`.
template <typename Read> std::string problemOf(const std::string& yaml, Read read) {
    SectionOf of(yaml);
    EXPECT_EQ(read(of.root), StatusFailed) << yaml;
    const auto problems = of.problems();
    EXPECT_EQ(problems.size(), 1u) << yaml;
    return problems.empty() ? "" : problems[0];
}

TEST(ConfigSection, RefusesWrongIntegers) {
    const struct {
        const char* yaml;
        const char* seen;
    } rows[] = {
        {"k: 0", "is 0"},       {"k: 101", "is 101"},          {"k: 1.5", "is 1.5"},
        {"k: x", "is x"},       {"k: a b", "is \"a b\""},      {"k: \"\"", "is empty"},
        {"k:", "has no value"}, {"k: [1]", "is a list"},       {"k: {a: 1}", "is a mapping"},
        {"k: 1s", "is 1s"},     {"k: \"a\\nb\"", "is a\\x0ab"}};
    for (const auto& row : rows) {
        int64_t value = 5;
        const std::string problem = problemOf(row.yaml, [&](ConfigSection& section) {
            return section.integer(str("k"), 1, 100, &value);
        });
        EXPECT_EQ(problem,
                  "f:1:1: k " + std::string(row.seen) + "; wanted a whole number from 1 to 100");
        EXPECT_EQ(value, 5) << row.yaml;
    }
}

TEST(ConfigSection, RefusesWrongValuesOfEachKind) {
    int32_t flag = 0;
    double real = 0;
    int64_t ms = 0;
    uint64_t bytes = 0;
    TextsOf sink;
    EXPECT_EQ(problemOf("k: 1", [&](auto& s) { return s.flag(str("k"), &flag); }),
              "f:1:1: k is 1; wanted on or off");
    EXPECT_EQ(problemOf("k: 1.5", [&](auto& s) { return s.real(str("k"), 0, 1, &real); }),
              "f:1:1: k is 1.5; wanted a number from 0 to 1");
    EXPECT_EQ(problemOf("k: 20", [&](auto& s) { return s.duration(str("k"), 0, 60'000, &ms); }),
              "f:1:1: k is 20; wanted a time from 0s to 1m, such as 500ms, 10s, 5m or 1h");
    EXPECT_EQ(problemOf("k: 4MB", [&](auto& s) { return s.size(str("k"), 1024, 1 << 30, &bytes); }),
              "f:1:1: k is 4MB; wanted a size from 1KiB to 1GiB, such as 512, 64KiB, 4MiB or 1GiB");
    EXPECT_EQ(problemOf("k:", [&](auto& s) { return s.text(str("k"), str("d"), &sink); }),
              "f:1:1: k has no value; wanted a text (\"\" for an empty one)");
    EXPECT_EQ(problemOf("k: {}", [&](auto& s) { return s.texts(str("k"), nullptr, 0, &sink); }),
              "f:1:1: k is a mapping; wanted a text or a list of texts ([] for none)");
    EXPECT_EQ(
        problemOf("k: [a, [b]]", [&](auto& s) { return s.texts(str("k"), nullptr, 0, &sink); }),
        "f:1:8: an item of k is a list; wanted a list of texts only");
    EXPECT_THAT(sink.values, ElementsAre("d")) << "the fallback of text()";
}

TEST(ConfigSection, SaysOpenRangesPlainly) {
    int64_t value = 0;
    constexpr int64_t Min = std::numeric_limits<int64_t>::min();
    constexpr int64_t Max = std::numeric_limits<int64_t>::max();
    EXPECT_THAT(problemOf("k: x", [&](auto& s) { return s.integer(str("k"), Min, Max, &value); }),
                HasSubstr("wanted a whole number"));
    EXPECT_THAT(problemOf("k: -1", [&](auto& s) { return s.integer(str("k"), 0, Max, &value); }),
                HasSubstr("wanted a whole number of at least 0"));
    EXPECT_THAT(problemOf("k: 1", [&](auto& s) { return s.integer(str("k"), Min, 0, &value); }),
                HasSubstr("wanted a whole number of at most 0"));
}

TEST(ConfigSection, ReadsSectionsAndItems) {
    SectionOf of("s:\n  t: x\nempty:\nlist:\n  - {n: a}\n  - {n: b}\n");
    TextSink text;
    of.root.section(str("s"))->text(str("t"), str(""), &text);
    EXPECT_EQ(text.text(), "x");
    EXPECT_EQ(of.root.section(str("s")), of.root.section(str("s")));
    EXPECT_THAT(of.root.section(str("empty"))->keys(), IsEmpty());
    EXPECT_THAT(of.root.section(str("absent"))->section(str("deeper"))->keys(), IsEmpty());
    std::string names;
    for (uint64_t i = 0; ConfigSection* item = of.root.item(str("list"), i); ++i) {
        item->text(str("n"), str(""), &text);
        names += text.text();
    }
    EXPECT_EQ(names, "ab");
    of.root.reportUnknown();
    EXPECT_THAT(of.problems(), IsEmpty());
}

TEST(ConfigSection, RefusesWrongSectionsAndItems) {
    SectionOf of("s: 1\nl: {a: 1}\nm:\n  - x\n  - {a: 1}\n");
    EXPECT_THAT(of.root.section(str("s"))->keys(), IsEmpty());
    EXPECT_EQ(of.root.item(str("l"), 0), nullptr);
    EXPECT_NE(of.root.item(str("m"), 0), nullptr) << "the reader goes on to the next item";
    EXPECT_NE(of.root.item(str("m"), 1), nullptr);
    EXPECT_EQ(of.root.item(str("m"), 2), nullptr);
    EXPECT_THAT(of.problems(),
                ElementsAre("f:1:1: s is 1; wanted a mapping (indented `key: value` lines)",
                            "f:2:1: l is a mapping; wanted a list of mappings ([] for none)",
                            "f:4:5: m[0] is x; wanted a mapping (`key: value` lines)"));
}

TEST(ConfigSection, ReportsUnknownKeysWithTheNearest) {
    SectionOf of("router:\n  max_attemps: 3\n  nonsense: 1\nlist:\n  - {nam: a}\n  - {}\n"
                 "deep: {er: {x: 1}}\nother: {x: {y: 1}}\n");
    int64_t value = 1;
    TextSink text;
    ConfigSection* router = of.root.section(str("router"));
    router->integer(str("max_attempts"), 1, 9, &value);
    router->integer(str("max_pins"), 1, 9, &value);
    of.root.item(str("list"), 0)->text(str("name"), str(""), &text);
    of.root.section(str("deep"))->section(str("er"));
    of.root.reportUnknown();
    EXPECT_THAT(
        of.problems(),
        ElementsAre("f:2:3: router.max_attemps is not a known key; did you mean max_attempts?",
                    "f:3:3: router.nonsense is not a known key; known here: max_attempts, max_pins",
                    "f:5:6: list[0].nam is not a known key; did you mean name?",
                    "f:6:5: list[1] is one too many: it is never read",
                    "f:7:13: deep.er.x is not a known key; none is known here: remove it",
                    "f:8:1: other is not a known key; known here: deep, list, router"));
}

TEST(ConfigSection, ReportsNothingOfASkippedSection) {
    SectionOf of("s: {a: 1, b: {c: 1}}\n");
    of.root.section(str("s"))->skip();
    of.root.reportUnknown();
    EXPECT_THAT(of.problems(), IsEmpty());
}

TEST(ConfigSection, RejectsWhereTheValueStands) {
    SectionOf of("s:\n  a: 1\n");
    ConfigSection* section = of.root.section(str("s"));
    section->reject(str("a"), str("1 is odd;\nwanted an even number"));
    section->reject(str("absent"), str("wanted"));
    of.root.reportUnknown();
    EXPECT_THAT(of.problems(), ElementsAre("f:1:1: s.absent: wanted",
                                           "f:2:3: s.a: 1 is odd;\\x0awanted an even number"));
}

TEST(ConfigSection, NeverShowsSecrets) {
    SectionOf of("token: hunter2\npassword: [hunter2, {hunter2: 1}]\nredis_password: {a: hunter2}\n"
                 "tokens: [hunter2]\nsecret: hunter2\n");
    TextsOf sink;
    int64_t number = 1;
    of.root.integer(str("token"), 1, 2, &number);
    of.root.texts(str("password"), nullptr, 0, &sink);
    of.root.text(str("redis_password"), str(""), &sink);
    of.root.texts(str("tokens"), nullptr, 0, &sink);
    of.root.text(str("secret"), str(""), &sink);
    EXPECT_EQ(of.problems().size(), 3u);
    for (const std::string& problem : of.problems()) {
        EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2")));
    }
    EXPECT_EQ(of.report.records().size(), 5u);
    for (const ReadRecord& record : of.report.records()) {
        EXPECT_THAT(record.value + record.defaultValue, testing::Not(HasSubstr("hunter2")));
    }
    EXPECT_THAT(sink.values, ElementsAre("", "hunter2", "hunter2"));
}

TEST(ConfigSection, RecordsWhatWasAskedFor) {
    SectionOf of("s:\n  wait: 60s\n  names: [a]\n");
    ConfigSection* section = of.root.section(str("s"));
    int64_t ms = 60'000;
    int64_t count = 3;
    TextsOf sink;
    section->duration(str("wait"), 0, 3'600'000, &ms);
    section->integer(str("count"), 0, 9, &count);
    section->texts(str("names"), nullptr, 0, &sink);
    const auto& records = of.report.records();
    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(records[0].path, "s");
    EXPECT_EQ(records[0].kind, ReadKind::Section);
    EXPECT_EQ(records[1].path, "s.wait");
    EXPECT_EQ(records[1].kind, ReadKind::Duration);
    EXPECT_EQ(records[1].defaultValue, "1m");
    EXPECT_EQ(records[1].value, "1m");
    EXPECT_TRUE(records[1].present);
    EXPECT_EQ(records[1].location.text(), "f:2:3");
    EXPECT_EQ(records[2].value, "3");
    EXPECT_FALSE(records[2].present);
    EXPECT_EQ(records[3].defaultValue, "[]");
    EXPECT_EQ(records[3].value, "[a]");
}

} // namespace
} // namespace srsproxy
