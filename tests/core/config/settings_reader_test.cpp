#include "core/config/settings_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.h"

namespace srsproxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SettingsReader, ReadsEverySetting) {
    SectionOf of(R"(
process: {event_loops: 3, grace_quit_timeout: 1s, force_quit_timeout: 2s}
log: {level: debug, format: json, file: /tmp/x, repeats_per_second: 7}
plugins: {path: [/a, /b]}
system_api: {listen: [], token: t, allow: [10.0.0.0/8], body_limit: 2KiB, max_threads: 2,
             request_timeout: 3s}
http_api: {listen: [":80", "[::1]:81"], body_limit: 4KiB, max_threads: 3, request_timeout: 4s}
registry: {origin_ttl: 5s, missed_heartbeats: 4, min_lifetime: 6s, max_origins: 9,
           eject_base: 7s, eject_max: 8s, eject_max_percent: 10, resolve_interval: 9s,
           default_kind: mediamtx}
router: {pin_idle_ttl: 11s, max_pins: 12, max_attempts: 13}
limits: {sessions: 14, sessions_per_client: 15, sessions_per_stream: 16, publishes_per_second: 17}
balancer: {strategy: ./my.so, options: {x: 1}}
store: {type: memory, max_bytes: 1MiB}
origins:
  - {name: a, ip: 10.0.0.1, kind: srs, zone: z, weight: 5, max_sessions: 6, rtmp: ["1935"],
     client_address: proxy_v2, http: "8080", api: "1985", srt: "10080", rtc: ["8000", "8001"]}
  - {name: b, ip: "::1", srt: "10080"}
  - {name: c, ip: media.example.org, rtc: "8000"}
protocols: {rtmp: {}, other: {plugin: /x/y.so, key: 1}}
)");
    SettingsReading reading = readSettings(of.root);
    EXPECT_THAT(of.problems(), IsEmpty());
    const Settings& s = reading.settings;
    EXPECT_EQ(s.process.eventLoops, 3u);
    EXPECT_EQ(s.process.graceQuitTimeout, 1s);
    EXPECT_EQ(s.process.forceQuitTimeout, 2s);
    EXPECT_EQ(s.log.level, "debug");
    EXPECT_EQ(s.log.format, "json");
    EXPECT_EQ(s.log.file, "/tmp/x");
    EXPECT_EQ(s.log.repeatsPerSecond, 7u);
    EXPECT_THAT(s.plugins.path, ElementsAre("/a", "/b"));
    EXPECT_THAT(s.systemApi.listen, IsEmpty());
    EXPECT_EQ(s.systemApi.token, "t");
    EXPECT_THAT(s.systemApi.allow, ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(s.systemApi.bodyLimitBytes, 2048u);
    EXPECT_EQ(s.systemApi.maxThreads, 2u);
    EXPECT_EQ(s.systemApi.requestTimeout, 3s);
    EXPECT_THAT(s.httpApi.listen, ElementsAre(":80", "[::1]:81"));
    EXPECT_EQ(s.httpApi.bodyLimitBytes, 4096u);
    EXPECT_EQ(s.httpApi.maxThreads, 3u);
    EXPECT_EQ(s.httpApi.requestTimeout, 4s);
    EXPECT_EQ(s.registry.originTtl, 5s);
    EXPECT_EQ(s.registry.missedHeartbeats, 4u);
    EXPECT_EQ(s.registry.minLifetime, 6s);
    EXPECT_EQ(s.registry.maxOrigins, 9u);
    EXPECT_EQ(s.registry.ejectBase, 7s);
    EXPECT_EQ(s.registry.ejectMax, 8s);
    EXPECT_EQ(s.registry.ejectMaxPercent, 10u);
    EXPECT_EQ(s.registry.resolveInterval, 9s);
    EXPECT_EQ(s.registry.defaultKind, "mediamtx");
    EXPECT_EQ(s.router.pinIdleTtl, 11s);
    EXPECT_EQ(s.router.maxPins, 12u);
    EXPECT_EQ(s.router.maxAttempts, 13u);
    EXPECT_EQ(s.limits.sessions, 14u);
    EXPECT_EQ(s.limits.sessionsPerClient, 15u);
    EXPECT_EQ(s.limits.sessionsPerStream, 16u);
    EXPECT_EQ(s.limits.publishesPerSecond, 17u);
    EXPECT_EQ(s.balancer.strategy, "./my.so");
    EXPECT_THAT(reading.balancerOptions->keys(), ElementsAre("x"));
    EXPECT_EQ(s.store.maxBytes, 1u << 20);
    ASSERT_EQ(s.origins.size(), 3u);
    EXPECT_EQ(s.origins[0].name, "a");
    EXPECT_EQ(s.origins[0].ip, "10.0.0.1");
    EXPECT_EQ(s.origins[0].kind, "srs");
    EXPECT_EQ(s.origins[0].zone, "z");
    EXPECT_EQ(s.origins[0].clientAddress, "proxy_v2");
    EXPECT_EQ(s.origins[0].weight, 5u);
    EXPECT_EQ(s.origins[0].maxSessions, 6u);
    EXPECT_THAT(s.origins[0].rtmp, ElementsAre("1935"));
    EXPECT_THAT(s.origins[0].http, ElementsAre("8080"));
    EXPECT_THAT(s.origins[0].api, ElementsAre("1985"));
    EXPECT_THAT(s.origins[0].srt, ElementsAre("10080"));
    EXPECT_THAT(s.origins[0].rtc, ElementsAre("8000", "8001"));
    EXPECT_EQ(s.origins[1].kind, "") << "registry.default_kind is put there";
    EXPECT_EQ(s.origins[1].clientAddress, "");
    EXPECT_EQ(s.origins[1].weight, 100u);
    ASSERT_EQ(s.protocols.size(), 2u);
    EXPECT_EQ(s.protocols[0].name, "rtmp");
    EXPECT_EQ(s.protocols[0].plugin, "rtmp");
    EXPECT_EQ(s.protocols[1].name, "other");
    EXPECT_EQ(s.protocols[1].plugin, "/x/y.so");
    EXPECT_THAT(reading.protocols.at("other")->keys(), ElementsAre("plugin", "key"));
    of.root.reportUnknown();
    EXPECT_EQ(of.problems().size(), 2u) << "balancer.options.x and protocols.other.key are the "
                                           "plugins', and none has read them";
}

TEST(SettingsReader, KeepsTheDefaultsOfAnEmptyFile) {
    SectionOf of("");
    const SettingsReading reading = readSettings(of.root);
    EXPECT_THAT(of.problems(), IsEmpty());
    EXPECT_EQ(reading.settings.process.graceQuitTimeout, 20s);
    EXPECT_THAT(reading.settings.systemApi.listen, ElementsAre("127.0.0.1:12025"));
    EXPECT_THAT(reading.settings.httpApi.listen, ElementsAre(":1985"));
    EXPECT_THAT(reading.settings.protocols, IsEmpty());
}

TEST(SettingsReader, RefusesEachWrongValue) {
    const struct {
        const char* yaml;
        const char* problem;
    } rows[] = {
        {"process: {event_loops: 257}",
         "process.event_loops is 257; wanted a whole number from 0 to 256"},
        {"process: {grace_quit_timeout: 20}",
         "process.grace_quit_timeout is 20; wanted a time from 0s to 24h"},
        {"process: {grace_quit_timeout: 40s}",
         "process.force_quit_timeout: 30s is shorter than process.grace_quit_timeout (40s); wanted "
         "at least as long"},
        {"process: {force_quit_timeout: 5s}", "f:1:11: process.force_quit_timeout: 5s is shorter"},
        {"process: {force_quit_timeout: 0}",
         "process.force_quit_timeout is 0; wanted a time from 100ms"},
        {"process: 1", "process is 1; wanted a mapping"},
        {"log: {level: loud}",
         "log.level: \"loud\" will not do; wanted one of error, warning, info, debug, trace"},
        {"log: {format: xml}", "log.format: \"xml\" will not do; wanted one of text, json"},
        {"log: {file: [a]}", "log.file is a list; wanted a text"},
        {"log: {repeats_per_second: 0}", "log.repeats_per_second is 0"},
        {"plugins: {path: {}}", "plugins.path is a mapping; wanted a text or a list of texts"},
        {"system_api: {listen: [\"12025x\"]}",
         "system_api.listen: \"12025x\" is no address to listen on"},
        {"system_api: {listen: \"\"}", "system_api.listen: \"\" is no address to listen on"},
        {"system_api: {listen:}",
         "system_api.listen has no value; wanted a text or a list of texts ([] for none)"},
        {"system_api: {allow: [10.0.0.0/99]}", "system_api.allow: \"10.0.0.0/99\" is no network"},
        {"system_api: {body_limit: 64KB}",
         "system_api.body_limit is 64KB; wanted a size from 1KiB to 16MiB"},
        {"system_api: {max_threads: 0}", "system_api.max_threads is 0"},
        {"system_api: {request_timeout: 1ms}", "system_api.request_timeout is 1ms"},
        {"http_api: {listen: [\"1.2.3.4\"]}",
         "http_api.listen: \"1.2.3.4\" is no address to listen on"},
        {"http_api: {body_limit: 1GiB}", "http_api.body_limit is 1GiB"},
        {"registry: {origin_ttl: 0}", "registry.origin_ttl is 0; wanted a time from 1s to 24h"},
        {"registry: {missed_heartbeats: 0}", "registry.missed_heartbeats is 0"},
        {"registry: {max_origins: 0}", "registry.max_origins is 0"},
        {"registry: {eject_max_percent: 101}", "registry.eject_max_percent is 101"},
        {"registry: {eject_base: 400s}",
         "registry.eject_max: 5m is shorter than registry.eject_base (400s)"},
        {"router: {max_attempts: 0}",
         "router.max_attempts is 0; wanted a whole number from 1 to 100"},
        {"router: {max_pins: -1}", "router.max_pins is -1"},
        {"limits: {sessions: 0}", "limits.sessions is 0"},
        {"balancer: {strategy: \"\"}",
         "balancer.strategy: \"\" will not do; wanted the name of a plugin"},
        {"balancer: {strategy: Round-Robin}", "balancer.strategy: \"Round-Robin\" will not do"},
        {"balancer: {options: 1}", "balancer.options is 1; wanted a mapping"},
        {"store: {type: redis}",
         "store.type: the Redis store is not part of this build yet; wanted memory"},
        {"store: {type: disk}", "store.type: \"disk\" will not do; wanted memory"},
        {"store: {max_bytes: 1}", "store.max_bytes is 1"},
        {"origins: {}", "origins is a mapping; wanted a list of mappings ([] for none)"},
        {"origins: [x]", "origins[0] is x; wanted a mapping"},
        {"origins: [{ip: a, rtmp: 1}]", "f:1:11: origins[0].name: an origin needs a name"},
        {"origins: [{name: a, rtmp: 1}]",
         "origins[0].ip: \"\" will not do; wanted the origin's address"},
        {"origins: [{name: a, ip: \"tcp://b\", rtmp: 1}]",
         "origins[0].ip: \"tcp://b\" will not do"},
        {"origins: [{name: a, ip: b}]", "origins[0].rtmp: the origin offers nothing"},
        {"origins: [{name: a, ip: b, rtmp: 1, weight: 0}]", "origins[0].weight is 0"},
        {"origins: [{name: a, ip: b, rtmp: 1, kind: ngnix}]",
         "origins[0].kind: \"ngnix\" will not do"},
        {"origins: [{name: a, ip: b, rtmp: 1, client_address: proxy}]",
         "origins[0].client_address: \"proxy\" will not do; wanted one of none, srs, proxy_v1, "
         "proxy_v2"},
        {"registry: {default_kind: nginx}",
         "registry.default_kind: \"nginx\" will not do; wanted one of srs, nginx-rtmp, mediamtx"},
        {"limits: {publishes_per_second: -1}", "limits.publishes_per_second is -1"},
        {"origins: [{name: a, ip: b, rtmp: 1}, {name: a, ip: c, rtmp: 1}]",
         "f:1:39: origins[1].name: \"a\" is there twice"},
        {"protocols: [rtmp]", "protocols is a list; wanted a mapping"},
        {"protocols: {RTMP: {}}", "protocols.RTMP: a protocol's name has 1 to 64 letters"},
        {"protocols: {rtmp: 1}", "protocols.rtmp is 1; wanted a mapping"},
        {"protocols: {rtmp: {plugin: a.so}}", "protocols.rtmp.plugin: \"a.so\" will not do"},
        {"routr: {}", "f:1:1: routr is not a known key; did you mean router?"},
        {"router: {max_attemps: 2}",
         "f:1:10: router.max_attemps is not a known key; did you mean max_attempts?"},
    };
    for (const auto& row : rows) {
        SectionOf of(row.yaml);
        ASSERT_TRUE(of.parseProblems.empty()) << row.yaml;
        readSettings(of.root);
        of.root.reportUnknown();
        EXPECT_THAT(of.problems(), testing::Contains(HasSubstr(row.problem))) << row.yaml;
    }
}

TEST(SettingsReader, KeepsTheDefaultInPlaceOfAWrongValue) {
    SectionOf of("log: {level: loud}\nstore: {type: redis}\nrouter: {max_attempts: 0}\n");
    const SettingsReading reading = readSettings(of.root);
    EXPECT_EQ(of.problems().size(), 3u) << "all are shown at once";
    EXPECT_EQ(reading.settings.log.level, "info");
    EXPECT_EQ(reading.settings.store.type, "memory");
    EXPECT_EQ(reading.settings.router.maxAttempts, 3u);
}

TEST(SettingsReader, BoundsTheOrigins) {
    SectionOf of("registry: {max_origins: 1}\n"
                 "origins: [{name: a, ip: a, rtmp: 1}, {name: b, ip: b, rtmp: 1}]\n");
    readSettings(of.root);
    EXPECT_THAT(of.problems(),
                ElementsAre("f:2:1: origins: there are more than registry.max_origins (1)"));
}

} // namespace
} // namespace srsproxy
