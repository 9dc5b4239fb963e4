#include "plugins/rtmp/codec/capabilities.h"

#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/messages.h"
#include "tests/plugins/rtmp/codec/fixture_files.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

#include <string>

namespace srsproxy::rtmp::test {
namespace {

/// "hvc1:7 *:4" as a map; in a list the flags are 1.
FourCcMap codes(std::string_view text) {
    FourCcMap map;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        const size_t colon = word.find(':');
        const uint32_t flags =
            colon == word.npos
                ? 1U
                : static_cast<uint32_t>(std::stoul(std::string(word.substr(colon + 1))));
        map.add(*FourCc::parse(word.substr(0, colon)), flags);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return map;
}

std::string show(const FourCcMap& map) {
    std::string text;
    for (const auto& entry : map.entries()) {
        text += (text.empty() ? "" : " ") + std::string(entry.code.text()) + ":" +
                std::to_string(entry.flags);
    }
    return text;
}

std::string show(const Capabilities& all) {
    return "[" + show(all.fourCcs) + "] [" + show(all.video) + "] [" + show(all.audio) + "] " +
           std::to_string(all.capsEx) + " " + std::to_string(all.videoFunction);
}

Bytes object(const char* fields) {
    Bytes bytes = {3};
    append(bytes, hex(fields));
    append(bytes, hex("0000 09"));
    return bytes;
}

constexpr const char* List = "000a 'fourCcList' 0a 00000002 02 0004 'hvc1' 02 0001 '*'";
constexpr const char* VideoMap =
    "0012 'videoFourCcInfoMap' 03 0004 'vp09' 00 4008000000000000 0001 '*' 00 4010000000000000"
    " 0000 09";
constexpr const char* CapsEx15 = "0006 'capsEx' 00 402e000000000000";

TEST(Capabilities, ReadsWhatAPeerSays) {
    const struct {
        const char* name;
        std::string fields;
        const char* want;
    } rows[] = {
        {"nothing", "", "[] [] [] 0 0"},
        {"a list", List, "[*:1 hvc1:1] [] [] 0 0"},
        {"a map, where the wildcard counts for all", VideoMap, "[] [*:4 vp09:7] [] 0 0"},
        {"a map as an ECMA array",
         "0012 'audioFourCcInfoMap' 08 00000001 0004 'Opus' 00 4000000000000000 0000 09",
         "[] [] [Opus:2] 0 0"},
        {"bits", CapsEx15, "[] [] [] 15 0"},
        {"bits that nobody knows", "0006 'capsEx' 00 4073200000000000", "[] [] [] 2 0"}, // 0x132
        {"videoFunction", "000d 'videoFunction' 00 3ff0000000000000", "[] [] [] 0 1"},
        {"codes that are none",
         "000a 'fourCcList' 0a 00000005 02 0003 'abc' 02 0005 'abcde'"
         " 00 3ff0000000000000 02 0004 09000000 02 0004 'av01'",
         "[av01:1] [] [] 0 0"},
        {"a list that counts more than it has", "000a 'fourCcList' 0a 00000002 02 0004 'hvc1'",
         "[] [] [] 0 0"}, // takes the object's end mark for a value
        {"a list that is none", "000a 'fourCcList' 02 0004 'hvc1'", "[] [] [] 0 0"},
        {"flags that are no numbers",
         "0012 'videoFourCcInfoMap' 03 0004 'hvc1' 02 0001 '7' 0004 'av01' 00 7ff8000000000000"
         " 0004 'vp08' 00 bff0000000000000 0004 'vp09' 00 41f0000000000000 0000 09",
         "[] [] [] 0 0"},
        {"a field of another type", "0006 'capsEx' 02 0001 '7' 0012 'videoFourCcInfoMap' 05",
         "[] [] [] 0 0"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(show(parseCapabilities(object(row.fields.c_str()))), row.want) << row.name;
    }
    EXPECT_TRUE(parseCapabilities({}).empty());
    EXPECT_TRUE(parseCapabilities(hex("05")).empty());
}

TEST(Capabilities, KnowsAClientThatSpeaksEnhancedRtmp) {
    EXPECT_TRUE(wantsEnhanced(object(List)));
    EXPECT_TRUE(wantsEnhanced(object(VideoMap)));
    EXPECT_TRUE(wantsEnhanced(object(CapsEx15)));
    EXPECT_FALSE(wantsEnhanced(object("0003 'app' 02 0004 'live'")));
    EXPECT_FALSE(wantsEnhanced(object("000d 'videoFunction' 00 3ff0000000000000"))); // Flash
    EXPECT_FALSE(wantsEnhanced(object("000a 'fourCcList' 0a 00000000")));
}

TEST(Capabilities, ReadsAResultWhereverTheServerPutsIt) {
    const Bytes none = object("");
    const Bytes list = object(List);
    const Bytes both = object((std::string(VideoMap) + CapsEx15).c_str());
    // Smelter says it in the properties, MistServer in the info.
    EXPECT_EQ(parseCapabilities(list, none), parseCapabilities(list));
    EXPECT_EQ(parseCapabilities(none, list), parseCapabilities(list));
    EXPECT_EQ(show(parseCapabilities(both, list)), "[*:1 hvc1:1] [*:4 vp09:7] [] 15 0");
    const Bytes other = object("0006 'capsEx' 00 3ff0000000000000");
    EXPECT_EQ(parseCapabilities(other, both).capsEx, 1U);
    EXPECT_TRUE(parseCapabilities({}, {}).empty());
}

TEST(Capabilities, IntersectsWildcardsAndFlags) {
    const struct {
        const char* a;
        const char* b;
        const char* want;
    } rows[] = {
        {"hvc1 av01", "av01 vp09", "av01:1"},
        {"hvc1", "av01", ""},
        {"*", "hvc1 Opus", "Opus:1 hvc1:1"},
        {"*", "*", "*:1"},
        {"* hvc1", "*", "*:1 hvc1:1"},
        {"", "*", ""},
        {"hvc1:7 av01:2", "hvc1:5 av01:1", "hvc1:5"},
        {"*:4", "hvc1:7", "hvc1:4"},
        {"*:4 hvc1:3", "*:6 av01:1", "*:4 av01:4 hvc1:6"},
        {"*:4", "*:3", ""},
    };
    for (const auto& row : rows) {
        const FourCcMap a = codes(row.a);
        const FourCcMap b = codes(row.b);
        EXPECT_EQ(show(intersect(a, b)), row.want) << row.a << " & " << row.b;
        EXPECT_EQ(intersect(a, b), intersect(b, a)) << row.a << " & " << row.b;
        EXPECT_EQ(intersect(a, a), a) << row.a;
    }
    Capabilities a{codes("hvc1"), codes("hvc1:7"), codes("Opus:7"), 7, 5};
    const Capabilities b{codes("*"), codes("hvc1:4"), {}, 10, 6};
    EXPECT_EQ(show(intersect(a, b)), "[hvc1:1] [hvc1:4] [] 2 4");
    EXPECT_TRUE(intersect(a, Capabilities{}).empty());
}

TEST(Capabilities, KeepsABoundedNumberOfCodes) {
    Bytes list;
    Amf0Writer writer(list);
    writer.beginObject().key("videoFourCcInfoMap").beginObject();
    for (int i = 0; i < 1000; ++i) {
        writer.key(std::to_string(1000 + i)).number(7);
    }
    writer.endObject().endObject();
    const Capabilities said = parseCapabilities(list);
    EXPECT_EQ(said.video.entries().size(), FourCcMap::MaxCodes);
    EXPECT_EQ(said.video.flags(*FourCc::parse("1000")), 7U);
    EXPECT_EQ(said.video.flags(*FourCc::parse("1999")), 0U);
}

TEST(Capabilities, ReadsBackWhatItWrites) {
    const Capabilities offer{codes("hvc1 *"), codes("hvc1:7"), codes("Opus:3 *:4"), 14, 2};
    Bytes bytes;
    Amf0Writer writer(bytes);
    writer.beginObject();
    appendCapabilities(writer, offer);
    writer.endObject();
    EXPECT_EQ(parseCapabilities(bytes), offer);
    EXPECT_EQ(amf0Field(bytes, "fourCcList")->size(), 5 + 7 + 4U); // strings, with their heads

    Bytes empty;
    Amf0Writer nothing(empty);
    nothing.beginObject();
    appendCapabilities(nothing, {});
    nothing.endObject();
    EXPECT_EQ(empty, object(""));
}

TEST(Capabilities, OffersInTheConnectResult) {
    const Capabilities offer{codes("hvc1"), codes("hvc1:7"), {}, 6, 0};
    Bytes payload;
    appendConnectResult(payload, 4, 3, offer);
    const auto answer = parseAnswer(*parseCommand(MessageType::CommandAmf0, payload));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, "NetConnection.Connect.Success");
    EXPECT_EQ(amf0NumberField(answer->info, "objectEncoding"), 3);
    EXPECT_TRUE(amf0StringField(answer->properties, "fmsVer"));
    EXPECT_EQ(parseCapabilities(answer->properties), offer);
    EXPECT_EQ(parseCapabilities(answer->info), offer);

    // Without an offer the answer is that of a plain RTMP server, byte for byte.
    Bytes plain;
    appendConnectResult(plain, 4, 3);
    Bytes nothing;
    appendConnectResult(nothing, 4, 3, Capabilities{});
    EXPECT_EQ(nothing, plain);
    EXPECT_LT(plain.size(), payload.size());
}

TEST(Capabilities, AsksForEverythingInTheClientsName) {
    const Bytes connect = object((std::string("0003 'app' 02 0004 'live' ") + CapsEx15 + List +
                                  "0005 'tcUrl' 02 0008 'rtmp://h' 0003 'odd' 0b"
                                  " 0000000000000000 0000")
                                     .c_str());
    const Bytes asking = askForEverything(connect);
    EXPECT_EQ(amf0StringField(asking, "app"), "live");
    EXPECT_EQ(amf0StringField(asking, "tcUrl"), "rtmp://h");
    EXPECT_EQ(amf0Field(asking, "odd")->size(), 11U); // a date, which nobody looked at

    const Capabilities all = parseCapabilities(asking);
    EXPECT_EQ(all.capsEx, 15U);
    EXPECT_EQ(all.fourCcs.entries().size(), 13U);
    EXPECT_EQ(all.video.flags(*FourCc::parse("hvc1")), 7U);
    EXPECT_EQ(all.audio.flags(*FourCc::parse("Opus")), 7U);
    size_t lists = 0;
    Amf0Fields fields(asking);
    while (const auto field = fields.next()) {
        lists += field->name == "fourCcList" ? 1U : 0U;
    }
    EXPECT_EQ(lists, 1U);

    // An AMF3 value has no end that is known: it swallows nothing of ours.
    EXPECT_EQ(parseCapabilities(askForEverything(object("0003 'amf' 11 0a 0b 01"))), all);

    // A code that is new to us is asked for as well.
    const Bytes newer = askForEverything(object("000a 'fourCcList' 0a 00000001 02 0004 'new1'"));
    EXPECT_EQ(parseCapabilities(newer).fourCcs.entries().size(), 14U);
}

/// The connect, or its `_result`, of a captured conversation.
std::optional<OwnedMessage> captured(const std::string& file, size_t handshakeBytes,
                                     std::string_view command) {
    Bytes bytes = readFixture("rtmp/" + file);
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(handshakeBytes));
    for (OwnedMessage& message : parse(bytes).messages) {
        const auto parsed = parseCommand(message.type, message.payload);
        if (message.type == MessageType::CommandAmf0 && parsed && parsed->name == command) {
            return std::move(message);
        }
    }
    return std::nullopt;
}

TEST(Capabilities, FindsNothingInWhatSrsAnswered) {
    // SRS 7 takes HEVC and announces nothing; the small client asked for nothing either.
    const auto connect = captured("enhanced-hevc-publish.c2s.bin", 3073, "connect");
    ASSERT_TRUE(connect);
    const auto asked = parseConnect(*parseCommand(connect->type, connect->payload));
    EXPECT_FALSE(wantsEnhanced(asked->object));
    const Capabilities all = parseCapabilities(askForEverything(asked->object));
    EXPECT_EQ(all.fourCcs.entries().size(), 13U);

    const auto result = captured("enhanced-hevc-publish.s2c.bin", 3073, "_result");
    ASSERT_TRUE(result);
    const auto answer = parseAnswer(*parseCommand(result->type, result->payload));
    EXPECT_EQ(amf0StringField(answer->properties, "fmsVer"), "FMS/3,5,3,888");
    EXPECT_TRUE(parseCapabilities(answer->properties, answer->info).empty());
}

} // namespace
} // namespace srsproxy::rtmp::test
