#include "core/config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> AllProtocols{"rtmp", "http", "webrtc", "srt"};
constexpr const char* AllOn = "protocols: {rtmp: , http: , webrtc: , srt: }\n";

/// The node's text, or its items joined; the document as the environment leaves it.
std::string valueAt(const ConfigDocument& document, std::string_view path) {
    const ConfigNode* node = document.find(path);
    if (node == nullptr) {
        return "absent";
    }
    std::string result = node->text;
    for (const ConfigNode& item : node->items) {
        result += '[' + item.text + ']';
    }
    return result;
}

struct Applied {
    Applied(const char* yaml, std::map<std::string, std::string> variables,
            std::vector<std::string> installed = AllProtocols)
        : document(ConfigDocument::parse(yaml == nullptr ? "" : yaml,
                                         yaml == nullptr ? "no file" : "f", parseProblems)),
          effects(applyEnvironment(joinEnvironment("", ".env", variables, parseProblems),
                                   yaml != nullptr, installed, document)) {}
    std::vector<Problem> parseProblems;
    ConfigDocument document;
    EnvironmentEffects effects;
};

TEST(Environment, EachVariableThatSetsAValue) {
    const struct {
        const char* name;
        const char* value;
        const char* path;
        const char* result;
        const char* builtIn;
        const char* whenEmpty;
    } rows[] = {
        {"PROXY_FORCE_QUIT_TIMEOUT", "1m30s", "process.force_quit_timeout", "1m30s", "30s", ""},
        {"PROXY_GRACE_QUIT_TIMEOUT", "5s", "process.grace_quit_timeout", "5s", "20s", ""},
        {"PROXY_HTTP_API", "1985", "http_api.listen", "[:1985]", "[:11985]", ""},
        {"PROXY_HTTP_SERVER", "8080", "protocols.http.listen", "[:8080]", "[:18080]", ""},
        {"PROXY_LOAD_BALANCER_TYPE", "memory", "store.type", "memory", "memory", ""},
        {"PROXY_ORIGIN_SERVER_TTL", "60s", "registry.origin_ttl", "60s", "300s", ""},
        {"PROXY_RTMP_SERVER", "0.0.0.0:1935", "protocols.rtmp.listen", "[0.0.0.0:1935]", "[:11935]",
         ""},
        {"PROXY_SRT_SERVER", ":10080", "protocols.srt.listen", "[:10080]", "[:20080]", ""},
        {"PROXY_SYSTEM_API", "localhost:1", "system_api.listen", "[127.0.0.1:1]",
         "[127.0.0.1:12025]", ""},
        {"PROXY_WEBRTC_SERVER", "[::1]:8000", "protocols.webrtc.listen", "[[::1]:8000]", "[:18000]",
         ""},
    };
    for (const auto& row : rows) {
        const Applied set(AllOn, {{row.name, row.value}});
        EXPECT_EQ(valueAt(set.document, row.path), row.result) << row.name;
        EXPECT_EQ(set.document.find(row.path)->location.text(),
                  "environment variable " + std::string(row.name));
        EXPECT_THAT(set.effects.notices, IsEmpty()) << row.name;
        EXPECT_THAT(set.effects.problems, IsEmpty()) << row.name;

        const Applied unset(AllOn, {});
        EXPECT_EQ(valueAt(unset.document, row.path), "absent") << row.name << ": the file rules";

        const Applied withoutFile(nullptr, {});
        EXPECT_EQ(valueAt(withoutFile.document, row.path), row.builtIn) << row.name;

        const Applied empty(nullptr, {{row.name, ""}});
        EXPECT_EQ(valueAt(empty.document, row.path), row.whenEmpty) << row.name;
    }
}

TEST(Environment, EachVariableWithoutEffectIsKnown) {
    const struct {
        const char* name;
        const char* value;
        const char* notice;
    } rows[] = {
        {"GO_PPROF", ":6060", "environment variable GO_PPROF: has no effect: profile with perf"},
        {"PROXY_REDIS_DB", "0", "has no effect: the store is memory"},
        {"PROXY_REDIS_HOST", "h", "has no effect: the store is memory"},
        {"PROXY_REDIS_KEY_PREFIX", "p", "has no effect: the store is memory"},
        {"PROXY_REDIS_PASSWORD", "hunter2", "has no effect: the store is memory"},
        {"PROXY_REDIS_PORT", "6379", "has no effect: the store is memory"},
        {"PROXY_STATIC_FILES", "./x", "has no effect: this build serves no static files"},
        {"PROXY_DEFAULT_BACKEND_IP", "1.2.3.4",
         "has no effect: PROXY_DEFAULT_BACKEND_ENABLED is not on"},
    };
    for (const auto& row : rows) {
        const Applied applied("", {{row.name, row.value}});
        EXPECT_THAT(applied.effects.notices, ElementsAre(HasSubstr(row.notice))) << row.name;
        EXPECT_THAT(applied.effects.notices[0], testing::Not(HasSubstr("hunter2")));
        EXPECT_THAT(applied.effects.problems, IsEmpty());
        EXPECT_THAT(applied.document.root().entries, IsEmpty()) << row.name;
    }
}

TEST(Environment, EachPartOfTheDefaultBackend) {
    using Backend = DefaultBackend;
    const struct {
        const char* name;
        std::string Backend::* part;
        const char* builtIn;
    } rows[] = {
        {"PROXY_DEFAULT_BACKEND_IP", &Backend::ip, "127.0.0.1"},
        {"PROXY_DEFAULT_BACKEND_RTMP", &Backend::rtmp, "1935"},
        {"PROXY_DEFAULT_BACKEND_HTTP", &Backend::http, ""},
        {"PROXY_DEFAULT_BACKEND_API", &Backend::api, "1985"},
        {"PROXY_DEFAULT_BACKEND_RTC", &Backend::rtc, "8000"},
        {"PROXY_DEFAULT_BACKEND_SRT", &Backend::srt, "10080"},
    };
    const Applied defaults("", {{"PROXY_DEFAULT_BACKEND_ENABLED", "on"}});
    ASSERT_TRUE(defaults.effects.defaultBackend);
    for (const auto& row : rows) {
        EXPECT_EQ((*defaults.effects.defaultBackend).*row.part, row.builtIn) << row.name;
        const Applied set("", {{"PROXY_DEFAULT_BACKEND_ENABLED", "on"}, {row.name, "10.0.0.9"}});
        ASSERT_TRUE(set.effects.defaultBackend);
        EXPECT_EQ((*set.effects.defaultBackend).*row.part, "10.0.0.9") << row.name;
        EXPECT_THAT(set.effects.notices, IsEmpty());
    }
    const Applied noRtmp(
        "", {{"PROXY_DEFAULT_BACKEND_ENABLED", "on"}, {"PROXY_DEFAULT_BACKEND_RTMP", ""}});
    EXPECT_EQ(noRtmp.effects.defaultBackend->rtmp, "") << "empty means: not offered";
}

TEST(Environment, DefaultBackendIsOffUnlessAskedFor) {
    for (const char* value : {"off", "false", "no", ""}) {
        const Applied applied("", {{"PROXY_DEFAULT_BACKEND_ENABLED", value}});
        EXPECT_FALSE(applied.effects.defaultBackend) << value;
        EXPECT_THAT(applied.effects.problems, IsEmpty()) << value;
    }
    EXPECT_FALSE(Applied("", {}).effects.defaultBackend);
    const Applied odd("", {{"PROXY_DEFAULT_BACKEND_ENABLED", "maybe"}});
    EXPECT_THAT(textsOf(odd.effects.problems),
                ElementsAre("environment variable PROXY_DEFAULT_BACKEND_ENABLED: \"maybe\" will "
                            "not do; wanted on or off"));
    const Applied nowhere(
        "", {{"PROXY_DEFAULT_BACKEND_ENABLED", "on"}, {"PROXY_DEFAULT_BACKEND_IP", ""}});
    EXPECT_FALSE(nowhere.effects.defaultBackend);
    EXPECT_THAT(textsOf(nowhere.effects.problems),
                ElementsAre(HasSubstr("needs PROXY_DEFAULT_BACKEND_IP")));
}

TEST(Environment, TableIsSortedAndComplete) {
    const auto variables = environmentVariables();
    EXPECT_TRUE(std::is_sorted(variables.begin(), variables.end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    std::vector<std::string_view> names;
    for (const EnvironmentVariable& variable : variables) {
        names.push_back(variable.name);
    }
    // The variables of the existing proxy, from its documentation.
    EXPECT_THAT(
        names,
        testing::UnorderedElementsAre(
            "GO_PPROF", "PROXY_FORCE_QUIT_TIMEOUT", "PROXY_GRACE_QUIT_TIMEOUT", "PROXY_HTTP_API",
            "PROXY_HTTP_SERVER", "PROXY_RTMP_SERVER", "PROXY_WEBRTC_SERVER", "PROXY_SRT_SERVER",
            "PROXY_SYSTEM_API", "PROXY_STATIC_FILES", "PROXY_LOAD_BALANCER_TYPE",
            "PROXY_REDIS_HOST", "PROXY_REDIS_PORT", "PROXY_REDIS_PASSWORD", "PROXY_REDIS_DB",
            "PROXY_REDIS_KEY_PREFIX", "PROXY_ORIGIN_SERVER_TTL", "PROXY_DEFAULT_BACKEND_ENABLED",
            "PROXY_DEFAULT_BACKEND_IP", "PROXY_DEFAULT_BACKEND_RTMP", "PROXY_DEFAULT_BACKEND_HTTP",
            "PROXY_DEFAULT_BACKEND_API", "PROXY_DEFAULT_BACKEND_RTC", "PROXY_DEFAULT_BACKEND_SRT"));
}

TEST(Environment, NoticesUnknownVariables) {
    const Applied applied("", {{"PROXY_RTMP_SERVR", "1935"},
                               {"PROXY_QUITE_ANOTHER", "x"},
                               {"HTTP_PROXY", "x"},
                               {"PATH", "x"}});
    EXPECT_THAT(applied.effects.notices,
                ElementsAre("environment variable PROXY_QUITE_ANOTHER: is not a known variable",
                            "environment variable PROXY_RTMP_SERVR: is not a known variable; did "
                            "you mean PROXY_RTMP_SERVER?"));
    EXPECT_THAT(applied.effects.problems, IsEmpty());

    std::map<std::string, std::string> many;
    for (int i = 0; i < 1'000; ++i) {
        many["PROXY_X" + std::to_string(i)] = "";
    }
    const Applied flood("", many);
    EXPECT_EQ(flood.effects.notices.size(), 21u);
    EXPECT_EQ(flood.effects.notices.back(), "and 980 more unknown PROXY_* variables");
}

TEST(Environment, NoticesVariablesOfProtocolsThatAreNotOn) {
    const Applied listed("protocols: {rtmp: {}}\n", {{"PROXY_SRT_SERVER", "10080"}});
    EXPECT_THAT(listed.effects.notices,
                ElementsAre("environment variable PROXY_SRT_SERVER: has no effect: the protocol "
                            "srt is not listed under protocols in f"));
    EXPECT_EQ(listed.document.find("protocols.srt"), nullptr);

    const Applied installed(nullptr, {{"PROXY_SRT_SERVER", "10080"}}, {"rtmp"});
    EXPECT_THAT(installed.effects.notices,
                ElementsAre("environment variable PROXY_SRT_SERVER: has no effect: the protocol "
                            "srt has no plugin installed"));

    EXPECT_THAT(Applied("", {{"PROXY_SRT_SERVER", ""}}).effects.notices, IsEmpty())
        << "it is off, as asked for";
}

TEST(Environment, RefusesWrongAddresses) {
    for (const char* value : {"x", "70000", "example.org:1935", "127.0.0.1"}) {
        const Applied applied(AllOn, {{"PROXY_RTMP_SERVER", value}});
        EXPECT_THAT(textsOf(applied.effects.problems),
                    ElementsAre(testing::AllOf(
                        testing::StartsWith("environment variable PROXY_RTMP_SERVER: \"" +
                                            std::string(value) + "\" is no address to listen on"),
                        HasSubstr("or empty to switch it off"))));
    }
}

TEST(Environment, ProcessGoesOverEnvFile) {
    std::vector<Problem> problems;
    const auto joined =
        joinEnvironment("A=1\nB=2\nB=3\n# c\nC=4\n", "dir/.env", {{"C", ""}, {"D", "5"}}, problems);
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_EQ(joined.at("A").value, "1");
    EXPECT_EQ(joined.at("B").value, "3");
    EXPECT_EQ(joined.at("B").location.text(), "variable B in dir/.env:3");
    EXPECT_EQ(joined.at("C").value, "") << "empty really means empty";
    EXPECT_EQ(joined.at("D").location.text(), "environment variable D");
}

} // namespace
} // namespace srsproxy
