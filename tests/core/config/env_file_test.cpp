#include "core/config/env_file.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(EnvFile, ReadsOneLine) {
    const struct {
        const char* line;
        const char* name;
        const char* value;
    } rows[] = {
        {"A=b", "A", "b"},
        {"  A = b  ", "A", "b"},
        {"A=b\r", "A", "b"},
        {"A=", "A", ""},
        {"A=\"\"", "A", ""},
        {"export A=b", "A", "b"},
        {"export\tA=b", "A", "b"},
        {"exported=b", "exported", "b"},
        {"A=b # comment", "A", "b"},
        {"A=b#c", "A", "b#c"},
        {"A=# comment", "A", ""},
        {"A='b # c' # comment", "A", "b # c"},
        {"A=\"b \\\"c\\\" \\n\\t\\$\\\\\"", "A", "b \"c\" \n\t$\\"},
        {"A='b\\n'", "A", "b\\n"},
        {"A=b=c", "A", "b=c"},
        {"A=b\"c", "A", "b\"c"},
        {"A=${B}", "A", "${B}"},
        {"\xEF\xBB\xBF"
         "A=b",
         "A", "b"},
    };
    for (const auto& row : rows) {
        std::vector<Problem> problems;
        const auto lines = parseEnvFile(row.line, ".env", problems);
        EXPECT_TRUE(problems.empty()) << row.line;
        ASSERT_EQ(lines.size(), 1u) << row.line;
        EXPECT_EQ(lines[0].name, row.name) << row.line;
        EXPECT_EQ(lines[0].value, row.value) << row.line;
    }
}

TEST(EnvFile, PassesOverBlankLinesAndComments) {
    std::vector<Problem> problems;
    const auto lines = parseEnvFile("\n# one\n   \n  # two\nA=1\n\nB=2", ".env", problems);
    EXPECT_TRUE(problems.empty());
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].line, 5u);
    EXPECT_EQ(lines[1].line, 7u);
}

TEST(EnvFile, RefusesOtherLinesWithoutShowingThem) {
    for (const char* line : {"secret", "=secret", "1A=secret", "A B=secret", "A-B=secret",
                             "A=\"secret", "A='secret", "A=\"x\" secret", "export secret"}) {
        std::vector<Problem> problems;
        EXPECT_TRUE(parseEnvFile(std::string("\n") + line, ".env", problems).empty()) << line;
        ASSERT_EQ(problems.size(), 1u) << line;
        EXPECT_EQ(problems[0].text().rfind(".env:2:1: wanted a line NAME=value", 0), 0u);
        EXPECT_EQ(problems[0].text().find("secret"), std::string::npos);
    }
}

TEST(EnvFile, IsBounded) {
    std::vector<Problem> problems;
    EXPECT_TRUE(parseEnvFile(std::string(MaxEnvFileBytes + 1, 'A'), ".env", problems).empty());
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].text(), ".env: is larger than 65536 bytes, the most that is read");

    problems.clear();
    std::string bad;
    for (int i = 0; i < 1'000; ++i) {
        bad += "x\n";
    }
    parseEnvFile(bad, ".env", problems);
    EXPECT_EQ(problems.size(), 20u);
}

} // namespace
} // namespace srsproxy
