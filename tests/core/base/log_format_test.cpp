#include "core/base/log_format.h"

#include <random>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

namespace srsproxy {
namespace {

using namespace std::string_literals;

/// 2026-11-22T08:35:12.123Z
constexpr std::chrono::system_clock::time_point Time{std::chrono::milliseconds(1795336512123)};

std::string text(std::string_view message, std::span<const LogField> fields = {}) {
    const std::string line = formatLogText({LogInfo, "rtmp", 0, "t", message, fields}, Time);
    const std::string head = "2026-11-22T08:35:12.123Z info [rtmp] ";
    EXPECT_EQ(line.substr(0, head.size()), head);
    return line.substr(head.size());
}

std::string value(std::string_view given) {
    const LogField field{"k", given};
    const std::string line = text("m", {&field, 1});
    EXPECT_EQ(line.substr(0, 4), "m k=");
    return line.substr(4);
}

Poco::JSON::Object::Ptr parse(const std::string& line) {
    EXPECT_EQ(line.find_first_of("\r\n"s), std::string::npos) << line;
    return Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
}

TEST(LogFormat, WritesTextInOneShape) {
    const LogField fields[] = {{"origin", "media-1"}, {"reason", "connection refused"}};
    EXPECT_EQ(
        formatLogText({LogWarning, "rtmp", 42, "connect failed", "connect failed", fields}, Time),
        "2026-11-22T08:35:12.123Z warning [rtmp] [session 42] connect failed "
        "origin=media-1 reason=\"connection refused\"");
}

TEST(LogFormat, QuotesValuesWhereNeeded) {
    const std::pair<std::string, std::string> rows[] = {
        {"plain/live?a", "plain/live?a"},     {"", "\"\""},
        {"two words", "\"two words\""},       {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""}, {"back\\slash", "\"back\\\\slash\""},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    for (const auto& [given, wanted] : rows) {
        EXPECT_EQ(value(given), wanted);
    }
}

TEST(LogFormat, NobodyForgesALineOrSteersATerminal) {
    const std::pair<std::string, std::string> rows[] = {
        {"a\n2026 error [core] gone", "a\\n2026 error [core] gone"},
        {"a\r\tb", "a\\r\\tb"},
        {"nul\0nul"s, "nul\\x00nul"},
        {"\x1b[2J", "\\x1b[2J"},
        {"\x7f", "\\x7f"},
        {"csi \xc2\x9b", "csi \\u009b"},
        {"nel \xc2\x85", "nel \\u0085"},
        {"line separator \xe2\x80\xa8", "line separator \\u2028"},
        {"right to left \xe2\x80\xae", "right to left \\u202e"},
        {"broken \xff\xc3", "broken \\xff\\xc3"},
        {"a literal \\n", "a literal \\\\n"},
    };
    for (const auto& [given, wanted] : rows) {
        EXPECT_EQ(text(given), wanted);
    }
    const LogField field{"bad name=1 [x]\n", "v"};
    EXPECT_EQ(text("m", {&field, 1}), "m bad_name_1__x__=v");
    EXPECT_EQ(formatLogText({LogInfo, "a] [b\n", 0, "", "m", {}}, Time),
              "2026-11-22T08:35:12.123Z info [a___b_] m");
}

TEST(LogFormat, CutsOverlongPartsAndSaysSo) {
    EXPECT_EQ(text(std::string(MaxLogMessageBytes + 7, 'x')),
              std::string(MaxLogMessageBytes, 'x') + "...(7 more bytes)");
    EXPECT_EQ(value(std::string(MaxLogValueBytes + 1, 'x')),
              '"' + std::string(MaxLogValueBytes, 'x') + "...(1 more bytes)\"");
    const std::string split = std::string(MaxLogValueBytes - 1, 'x') + "\xc3\xa9";
    EXPECT_EQ(value(split), '"' + std::string(MaxLogValueBytes - 1, 'x') + "...(2 more bytes)\"");
    const std::vector<LogField> many(MaxLogFields + 50, LogField{"a", "b"});
    EXPECT_EQ(text("m", many).size(), 1 + MaxLogFields * 4);
}

TEST(LogFormat, KnowsTheLevels) {
    const std::pair<int32_t, std::string> rows[] = {
        {LogError, "error"}, {LogWarning, "warning"}, {LogInfo, "info"}, {LogDebug, "debug"},
        {LogTrace, "trace"}, {-5, "error"},           {5, "warning"},    {99, "trace"},
    };
    for (const auto& [level, name] : rows) {
        EXPECT_EQ(logLevelName(level), name);
    }
    EXPECT_EQ(parseLogLevel("debug"), LogDebug);
    EXPECT_EQ(parseLogLevel("verbose"), std::nullopt);
}

TEST(LogFormat, WritesJsonWithTheSameData) {
    const LogField fields[] = {{"origin", "media \"1\"\n\x1b"}, {"bytes", "12"}};
    const std::string line = formatLogJson(
        {LogError, "rtmp", 18446744073709551615ull, "connect failed", "no\nway", fields}, Time);
    const auto object = parse(line);
    EXPECT_EQ(object->getValue<std::string>("time"), "2026-11-22T08:35:12.123Z");
    EXPECT_EQ(object->getValue<std::string>("level"), "error");
    EXPECT_EQ(object->getValue<std::string>("source"), "rtmp");
    EXPECT_EQ(object->getValue<std::string>("topic"), "connect failed");
    EXPECT_EQ(object->getValue<std::string>("message"), "no\nway");
    EXPECT_EQ(object->getValue<std::string>("origin"), "media \"1\"\n\x1b");
    EXPECT_EQ(object->getValue<std::string>("bytes"), "12");
    EXPECT_NE(line.find("\"session\":18446744073709551615,"), std::string::npos) << line;
    EXPECT_FALSE(parse(formatLogJson({LogInfo, "s", 0, "t", "m", {}}, Time))->has("session"));
}

TEST(LogFormat, JsonFieldsNeverReplaceTheRecordsOwn) {
    const LogField fields[] = {
        {"level", "info"}, {"message", "all is well"}, {"session", "7"}, {"a", "1"}, {"a", "2"}};
    const auto object = parse(formatLogJson({LogError, "s", 0, "t", "down", fields}, Time));
    EXPECT_EQ(object->getValue<std::string>("level"), "error");
    EXPECT_EQ(object->getValue<std::string>("message"), "down");
    EXPECT_EQ(object->getValue<std::string>("level_"), "info");
    EXPECT_EQ(object->getValue<std::string>("message_"), "all is well");
    EXPECT_EQ(object->getValue<std::string>("session_"), "7");
    EXPECT_EQ(object->getValue<std::string>("a"), "1");
    EXPECT_EQ(object->getValue<std::string>("a_"), "2");
}

TEST(LogFormat, IsOneCleanLineWhateverTheBytes) {
    std::mt19937 random(7); // NOLINT: the same bytes in each run
    for (int round = 0; round < 500; ++round) {
        std::string bytes(random() % 300, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random());
        }
        const LogField field{bytes, bytes};
        const LogRecord record{
            static_cast<int32_t>(random() % 12), bytes, 1, bytes, bytes, {&field, 1}};
        const std::string line = formatLogText(record, Time);
        for (const char c : line) {
            const auto byte = static_cast<unsigned char>(c);
            ASSERT_TRUE(byte >= 0x20 && byte != 0x7f) << testing::PrintToString(line);
        }
        const std::string json = formatLogJson(record, Time);
        for (const char c : json) {
            const auto byte = static_cast<unsigned char>(c);
            ASSERT_TRUE(byte >= 0x20 && byte < 0x7f) << testing::PrintToString(json);
        }
        ASSERT_TRUE(parse(json)->has("message"));
    }
}

} // namespace
} // namespace srsproxy
