#include "core/config/value_text.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

constexpr int64_t Bad = -1;

TEST(ValueText, ReadsDurations) {
    const struct {
        const char* text;
        int64_t ms;
    } rows[] = {
        {"0", 0},
        {"0s", 0},
        {"500ms", 500},
        {"10s", 10'000},
        {"5m", 300'000},
        {"1h", 3'600'000},
        {"300s", 300'000},
        {"1m30s", 90'000},
        {"1.5h", 5'400'000},
        {"2h45m", 9'900'000},
        {"1.5s", 1'500},
        {"0.001s", 1},
        {"", Bad},
        {"10", Bad},
        {"1.5", Bad},
        {"s", Bad},
        {"-1s", Bad},
        {"+1s", Bad},
        {"10 s", Bad},
        {" 10s", Bad},
        {"10S", Bad},
        {"10d", Bad},
        {"10sec", Bad},
        {"1m30", Bad},
        {".5s", Bad},
        {"1..5s", Bad},
        {"1e3s", Bad},
        {"9223372036854775807h", Bad},
        {"9223372036854775807ms1ms", Bad},
        {"99999999999999999999.5h", Bad},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(parseDuration(row.text).value_or(Bad), row.ms) << row.text;
    }
}

TEST(ValueText, ReadsSizes) {
    const struct {
        const char* text;
        int64_t bytes;
    } rows[] = {
        {"0", 0},
        {"512", 512},
        {"64KiB", 65'536},
        {"4MiB", 4'194'304},
        {"1GiB", 1'073'741'824},
        {"2TiB", 2'199'023'255'552},
        {"", Bad},
        {"KiB", Bad},
        {"-1", Bad},
        {"1.5MiB", Bad},
        {"4MB", Bad},
        {"4KB", Bad},
        {"4M", Bad},
        {"4mib", Bad},
        {"4 MiB", Bad},
        {"99999999999999999999", Bad},
        {"18446744073709551615KiB", Bad},
    };
    for (const auto& row : rows) {
        const auto bytes = parseSize(row.text);
        EXPECT_EQ(bytes ? static_cast<int64_t>(*bytes) : Bad, row.bytes) << row.text;
    }
}

TEST(ValueText, ReadsFlags) {
    for (const char* text : {"on", "true", "yes", "On", "TRUE"}) {
        EXPECT_EQ(parseFlag(text), true) << text;
    }
    for (const char* text : {"off", "false", "no", "No", "FALSE"}) {
        EXPECT_EQ(parseFlag(text), false) << text;
    }
    for (const char* text : {"", "1", "0", "y", "enabled", "truefalse"}) {
        EXPECT_EQ(parseFlag(text), std::nullopt) << text;
    }
}

TEST(ValueText, ReadsNumbers) {
    EXPECT_EQ(parseInteger("-12"), -12);
    EXPECT_EQ(parseReal("0.25"), 0.25);
    for (const char* text : {"", "1x", "0x10", "1 ", "9223372036854775808", "1.0", "+1"}) {
        EXPECT_EQ(parseInteger(text), std::nullopt) << text;
    }
    for (const char* text : {"", "inf", "nan", "1x", "1e999"}) {
        EXPECT_EQ(parseReal(text), std::nullopt) << text;
    }
}

TEST(ValueText, WritesWhatItReads) {
    for (const int64_t ms : {1LL, 500LL, 1'000LL, 90'000LL, 300'000LL, 3'600'000LL}) {
        EXPECT_EQ(parseDuration(formatDuration(ms)), ms);
    }
    for (const uint64_t bytes : {1ull, 512ull, 1'000ull, 65'536ull, 1ull << 30, 1ull << 40}) {
        EXPECT_EQ(parseSize(formatSize(bytes)), bytes);
    }
    EXPECT_EQ(formatDuration(90'000), "90s");
    EXPECT_EQ(formatDuration(0), "0s");
    EXPECT_EQ(formatSize(65'536), "64KiB");
    EXPECT_EQ(formatReal(0.25), "0.25");
}

} // namespace
} // namespace srsproxy
