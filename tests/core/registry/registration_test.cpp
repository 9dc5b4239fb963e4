#include "core/registry/registration.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace srsproxy {
namespace {

using testing::HasSubstr;

std::string fixture(const std::string& name) {
    std::ifstream file(std::string(SRSPROXY_FIXTURES) + "/heartbeat/" + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// `rtmp=:1935|http=:8080`
std::string servicesOf(const Registration& registration) {
    std::string text;
    for (const ServiceEndpoints& offered : registration.services) {
        text += (text.empty() ? "" : "|") + offered.service + '=';
        std::string separator;
        for (const Endpoint& endpoint : offered.endpoints) {
            text += separator + toString(endpoint);
            separator = ",";
        }
    }
    return text;
}

const std::map<std::string, std::string> Captured{
    {"listen-ip-port.json", "rtmp=127.0.0.1:15274|http=127.0.0.1:12995|api=127.0.0.1:10131|"
                            "srt=udp://:12883|rtc=udp://:17442"},
    {"listen-two-rtmp-ports.json",
     "rtmp=:15069,:16812|http=:14459|api=:15340|srt=udp://:16778|rtc=udp://:17032"},
    {"no-device-ip-env.json",
     "rtmp=:20065|http=:12475|api=:14552|srt=udp://:19148|rtc=udp://:17254"},
    {"no-srt-no-rtc.json", "rtmp=:12602|http=:11181|api=:17620"},
    {"ports-on-summaries.json",
     "rtmp=:19664|http=:10654|api=:14790|srt=udp://:15421|rtc=udp://:10575"},
    {"ports-on.json", "rtmp=:12891|http=:11075|api=:13082|srt=udp://:18149|rtc=udp://:17874"},
    {"rtc-tcp.json",
     "rtmp=:13689|http=:15725|api=:18000|srt=udp://:10770|rtc=udp://:10571,tcp://:17975"},
};

TEST(Registration, ReadsWhatSrsSends) {
    for (const auto& [name, services] : Captured) {
        const Result<Registration> read = parseRegistration(fixture(name));
        ASSERT_TRUE(read) << name << ": " << read.error().message;
        EXPECT_EQ(servicesOf(*read), services) << name;
        EXPECT_EQ(read->server, "acc-origin7-16979") << name;
        EXPECT_EQ(read->deviceId, "origin7") << name;
        EXPECT_EQ(read->ip, name == "no-device-ip-env.json" ? "10.77.0.1" : "127.0.0.1");
        EXPECT_EQ(read->originId(), "acc-origin7-16979@" + read->ip) << name;
        EXPECT_EQ(read->extraJson.empty(), name != "ports-on-summaries.json") << name;
        EXPECT_EQ(read->kind, "") << "it does not say";
        EXPECT_EQ(read->clientAddress, "");
        EXPECT_EQ(read->weight, 100u);
        EXPECT_EQ(read->maxSessions, 0u);
    }
}

TEST(Registration, EveryCapturedBodyHasItsRow) {
    for (const auto& file :
         std::filesystem::directory_iterator(std::string(SRSPROXY_FIXTURES) + "/heartbeat")) {
        const std::string name = file.path().filename();
        if (name.ends_with(".json") && name != "ports-off.json") {
            EXPECT_EQ(Captured.count(name), 1u) << name;
        }
    }
}

TEST(Registration, KeepsSummaries) {
    const Result<Registration> read = parseRegistration(fixture("ports-on-summaries.json"));
    ASSERT_TRUE(read);
    EXPECT_THAT(read->extraJson, testing::StartsWith("{\"summaries\":{\"data\":{"));
    EXPECT_THAT(read->extraJson, HasSubstr("\"mem_kbyte\":36880"));
    EXPECT_THAT(read->extraJson, HasSubstr("\"load_1m\":0.83"));
}

TEST(Registration, TellsTheOperatorOfPortsOn) {
    const Result<Registration> read = parseRegistration(fixture("ports-off.json"));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("`ports on;`"));
}

/// A body that is right but for one member: `members` follow the mandatory ones, and win.
std::string body(const std::string& members) {
    return R"({"ip":"10.0.0.1","server":"s","service":"a","pid":"1","rtmp":["1935"])" +
           (members.empty() ? members : "," + members) + "}";
}

TEST(Registration, ReadsOurOwnMembers) {
    const Result<Registration> read = parseRegistration(
        body(R"("kind":"nginx-rtmp","client_address":"proxy_v1","zone":"eu","weight":1000,)"
             R"("max_sessions":4294967295)"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->kind, "nginx-rtmp");
    EXPECT_EQ(read->clientAddress, "proxy_v1");
    EXPECT_EQ(read->zone, "eu");
    EXPECT_EQ(read->weight, 1000u);
    EXPECT_EQ(read->maxSessions, 4294967295u);
    EXPECT_EQ(read->extraJson, "");
}

TEST(Registration, AcceptsVariants) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", "rtmp=:1935"},
        {R"("rtmp":"1936")", "rtmp=:1936"},
        {R"("rtmp":[],"srt":["udp://10080"])", "srt=udp://:10080"},
        {R"("rtmp":[],"http":"8080")", "http=:8080"},
        {R"("rtmp":["1935","tcp://:1935","1935",":1935"])", "rtmp=:1935,tcp://:1935"},
        {R"("rtmp":["tcp:10.0.0.9:1935"])", "rtmp=tcp://10.0.0.9:1935"},
        {R"("rtmp":["tcp://[::]:1935"])", "rtmp=tcp://:1935"},
        {R"("pid":4711,"service":12)", "rtmp=:1935"},
        {R"("device_id":"","kind":"","client_address":"")", "rtmp=:1935"},
        {R"("ip":"2001:DB8::1")", "rtmp=:1935"},
        {R"("ip":"Origin.Example.com")", "rtmp=:1935"},
        {R"("server":"M\u00fcnchen 1")", "rtmp=:1935"},
    };
    for (const auto& [members, services] : rows) {
        const Result<Registration> read = parseRegistration(body(members));
        ASSERT_TRUE(read) << members << ": " << read.error().message;
        EXPECT_EQ(servicesOf(*read), services) << members;
    }
}

TEST(Registration, RefusesAndNamesTheField) {
    const std::string longText(257, 'x');
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"("ip":7)", "ip: a number; wanted a string"},
        {R"("ip":null)", "ip: null; wanted a string"},
        {R"("ip":"")", "ip: empty"},
        {R"("ip":"0.0.0.0")", "ip: \"0.0.0.0\" names no machine"},
        {R"("ip":"::")", "ip: \"::\" names no machine"},
        {R"("ip":"10.0.0.1:1935")", "ip: \"10.0.0.1:1935\" is no host"},
        {R"("ip":"10.0.0.1/24")", "ip: "},
        {R"("server":["s"])", "server: a list; wanted a string"},
        {R"("server":7)", "server: a number; wanted a string"},
        {R"("server":"")", "server: empty"},
        {R"("server":"a\nb")", "server: \"a?b\" has control characters"},
        {R"("server":"a\u0000b")", "server: \"a?b\" has control characters"},
        {R"("server":")" + longText + "\"", "server: 257 bytes long; wanted at most 256"},
        {R"("service":true)", "service: a boolean; wanted a string"},
        {R"("service":"")", "service: empty"},
        {R"("service":"\u001b[0m")", "service: "},
        {R"("pid":{})", "pid: an object; wanted a string"},
        {R"("pid":1.5)", "pid: a number; wanted a string"},
        {R"("pid":false)", "pid: a boolean; wanted a string"},
        {R"("pid":"")", "pid: empty"},
        {R"("device_id":1)", "device_id: a number; wanted a string"},
        {R"("device_id":")" + longText + "\"", "device_id: 257 bytes long"},
        {R"("kind":"SRS")", "kind: \"SRS\"; wanted srs, nginx-rtmp"},
        {R"("kind":1)", "kind: a number"},
        {R"("client_address":"proxy")", "client_address: \"proxy\"; wanted none, srs, proxy_v1"},
        {R"("client_address":2)", "client_address: a number; wanted a string"},
        {R"("zone":"a\tb")", "zone: \"a?b\" has control characters"},
        {R"("weight":0)", "weight: 0; wanted a whole number of 1 to 1000"},
        {R"("weight":1001)", "weight: 1001"},
        {R"("weight":-1)", "weight: -1"},
        {R"("weight":1.5)", "weight: a number; wanted a whole number"},
        {R"("weight":"100")", "weight: a string; wanted a whole number"},
        {R"("weight":true)", "weight: a boolean"},
        {R"("weight":18446744073709551615)", "weight: 18446744073709551615"},
        {R"("max_sessions":4294967296)", "max_sessions: 4294967296"},
        {R"("max_sessions":-1)", "max_sessions: -1"},
        {R"("max_sessions":"9")", "max_sessions: a string"},
        {R"("rtmp":1935)", "rtmp: a number; wanted a string such as \"1935\""},
        {R"("rtmp":{"port":"1935"})", "rtmp: an object"},
        {R"("rtmp":["1935",1936])", "rtmp[1]: a number"},
        {R"("rtmp":[["1935"]])", "rtmp[0]: a list"},
        {R"("rtmp":["0"])", "rtmp: endpoint \"0\": the port"},
        {R"("http":"8080/live")", "http: endpoint"},
        {R"("api":["::1:1985"])", "api: endpoint \"::1:1985\": an IPv6 address needs brackets"},
        {R"("srt":[""])", "srt: endpoint \"\""},
        {R"("rtc":["udp://nowhere"])", "rtc: endpoint"},
        {R"("rtmp":[])", "no service"},
        {R"("rtmp":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"])",
         "rtmp: 17 endpoints; wanted at most 16"},
        {R"("rtmp":["a:1","b:1","c:1","d:1","e:1"])", "5 host names in ip and endpoints"},
        {R"("a\nb":1)", "member \"a?b\""},
    };
    for (const auto& [members, message] : rows) {
        const Result<Registration> read = parseRegistration(body(members));
        ASSERT_FALSE(read) << members;
        EXPECT_THAT(read.error().message, HasSubstr(message)) << members;
        EXPECT_TRUE(std::all_of(read.error().message.begin(), read.error().message.end(),
                                [](char c) { return c >= 0x20 && c < 0x7f; }))
            << read.error().message;
    }
}

TEST(Registration, NeedsFourTexts) {
    const std::vector<std::string> members{"ip", "server", "service", "pid"};
    for (const std::string& missing : members) {
        std::string json = R"({"rtmp":["1935"])";
        for (const std::string& member : members) {
            if (member != missing) {
                json += ",\"" + member + R"(":"10.0.0.1")";
            }
        }
        const Result<Registration> read = parseRegistration(json + "}");
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().message, missing + ": missing; wanted a string");
    }
}

TEST(Registration, RefusesWhatIsNoJsonObject) {
    for (const std::string& text : std::vector<std::string>{
             "", " ", "null", "1", "\"x\"", "[]", "{", "{}}", "{} x", "{\"ip\":}", "{ip:1}",
             "{\"ip\":\"\xff\"}", "{\"ip\":NaN}", "{\"load\":1e999}", "\xef\xbb\xbf{}",
             "ip=10.0.0.1&server=s", std::string("{\0}", 3)}) {
        EXPECT_FALSE(parseRegistration(text)) << text;
    }
}

TEST(Registration, BoundsDepth) {
    const auto nested = [](size_t depth) {
        return body("\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
    };
    EXPECT_TRUE(parseRegistration(nested(Registration::MaxJsonDepth - 1)));
    EXPECT_FALSE(parseRegistration(nested(Registration::MaxJsonDepth)));
    EXPECT_FALSE(parseRegistration(std::string(200'000, '[')));
    std::string objects;
    for (int i = 0; i < 40'000; ++i) {
        objects += "{\"a\":";
    }
    EXPECT_FALSE(parseRegistration(objects));
}

TEST(Registration, BoundsSize) {
    const Result<Registration> read =
        parseRegistration(body("\"x\":\"" + std::string(Registration::MaxBodyBytes, 'x') + "\""));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("wanted at most 262144"));
}

TEST(Registration, LeavesOutWhatIsTooMuchToKeep) {
    const std::string large(Registration::MaxExtraBytes, 'x');
    const Result<Registration> read =
        parseRegistration(body("\"large\":\"" + large + "\",\"small\":{\"n\":[1,null,true]}"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->extraJson, R"({"small":{"n":[1,null,true]}})");
}

TEST(Registration, SurvivesItsOwnJson) {
    std::vector<std::string> bodies{
        body(
            R"("kind":"srs","client_address":"srs","zone":"a\"b\\c/","weight":7,"max_sessions":9,"rtc":"tls://x:1")"),
        body(R"("zone":"\u00fc","x\"y":"\u0007","n":{"d":-1.5e3,"u":18446744073709551615})")};
    for (const auto& [name, services] : Captured) {
        bodies.push_back(fixture(name));
    }
    for (const std::string& text : bodies) {
        const Result<Registration> once = parseRegistration(text);
        ASSERT_TRUE(once) << once.error().message;
        const Result<Registration> twice = parseRegistration(toJson(*once));
        ASSERT_TRUE(twice) << twice.error().message;
        EXPECT_EQ(*once, *twice) << toJson(*once);
    }
}

TEST(Registration, IdGoesIntoUrlsAsItIs) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"vid-0a1b2c3", "vid-0a1b2c3@10.0.0.1"},
        {"a.b_c:1", "a.b_c:1@10.0.0.1"},
        {"media 1", "media~201@10.0.0.1"},
        {"a/../b?c#d%41", "a~2f..~2fb~3fc~23d~2541@10.0.0.1"},
        {"a@b", "a~40b@10.0.0.1"},
        {"a~20b", "a~7e20b@10.0.0.1"},
        {"\xc3\xbc", "~c3~bc@10.0.0.1"},
    };
    for (const auto& [server, id] : rows) {
        Registration registration;
        registration.server = server;
        registration.ip = "10.0.0.1";
        EXPECT_EQ(registration.originId(), id);
    }
}

TEST(Registration, TellsOriginsOnOneHostApart) {
    const Result<Registration> one = parseRegistration(body(R"("server":"rtmp-a")"));
    const Result<Registration> two = parseRegistration(body(R"("server":"rtmp-b","rtmp":"1936")"));
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->originId(), two->originId());
}

} // namespace
} // namespace srsproxy
