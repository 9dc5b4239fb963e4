#include "registry_fixture.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

TEST_F(RegistryTest, StartsEmpty) {
    ASSERT_NE(registry().table(), nullptr);
    EXPECT_EQ(size(), 0u);
}

TEST_F(RegistryTest, EnrolsAnOrigin) {
    EXPECT_EQ(enroll(registration("a")), "a@10.0.0.1");
    const auto entry = origin("a@10.0.0.1");
    ASSERT_NE(entry, nullptr);
    EXPECT_TRUE(entry->usable());
    EXPECT_TRUE(entry->offers("rtmp"));
    EXPECT_EQ(entry->generation, 1u);
    EXPECT_EQ(entry->source, OriginSource::Heartbeat);
    EXPECT_EQ(entry->addresses, std::vector<std::string>{"10.0.0.1"});
    EXPECT_EQ(entry->registeredAt, clock.now());
    EXPECT_EQ(entry->lastHeartbeat(), clock.now());
    EXPECT_EQ(entry->lifetime(), settings.originTtl);
    EXPECT_EQ(log->count("origin a@10.0.0.1 registered (heartbeat, generic): rtmp :1935"), 1u);
}

TEST_F(RegistryTest, GivesAKindToThoseThatDoNotSay) {
    settings.defaultKind = "nginx-rtmp";
    EXPECT_EQ(origin(enroll(registration("a")))->registration.kind, "nginx-rtmp");
    Registration said = registration("b");
    said.kind = "srs";
    EXPECT_EQ(origin(enroll(said))->registration.kind, "srs");
    EXPECT_EQ(origin(enroll(registration("c"), OriginSource::DefaultBackend))->registration.kind,
              "nginx-rtmp");
    const uint64_t before = version();
    enroll(registration("a"));
    EXPECT_EQ(version(), before) << "the next heartbeat is no change";
}

TEST_F(RegistryTest, SortsByIdAndKeepsOldSnapshots) {
    enroll(registration("b"));
    const auto before = registry().table();
    enroll(registration("a"));
    enroll(registration("c"));
    const auto after = registry().table();
    EXPECT_EQ(before->origins.size(), 1u);
    ASSERT_EQ(after->origins.size(), 3u);
    EXPECT_EQ(after->origins[0]->id, "a@10.0.0.1");
    EXPECT_EQ(after->origins[2]->id, "c@10.0.0.1");
    EXPECT_EQ(after->origins[1], before->origins[0]) << "what did not change is not copied";
    EXPECT_GT(after->version, before->version);
}

TEST_F(RegistryTest, UnchangedHeartbeatRebuildsNothing) {
    Registration made = registration("a");
    made.extraJson = R"({"summaries":1})";
    const std::string id = enroll(made);
    const auto before = registry().table();
    clock.advance(7s);
    made.extraJson = R"({"summaries":2})";
    enroll(made);
    EXPECT_EQ(registry().table(), before);
    EXPECT_EQ(origin(id)->lastHeartbeat(), clock.now());
    EXPECT_EQ(origin(id)->extraJson(), R"({"summaries":2})");
    EXPECT_EQ(log->entries().size(), 1u);
}

TEST_F(RegistryTest, RestartIsANewGeneration) {
    const std::string id = enroll(registration("a"));
    Registration restarted = registration("a", "10.0.0.1", "2");
    restarted.services = {{"rtmp", {{"", "", 1936}}}};
    EXPECT_EQ(enroll(restarted), id);
    EXPECT_EQ(size(), 1u);
    EXPECT_EQ(origin(id)->generation, 2u);
    EXPECT_EQ(origin(id)->registration.endpoints("rtmp")->front().port, 1936);
    EXPECT_EQ(log->count("origin a@10.0.0.1 restarted: service \"service-1\", pid \"1\" became "
                         "service \"service-2\", pid \"2\""),
              1u);
    Registration onlyPid = restarted;
    onlyPid.pid = "3";
    enroll(onlyPid);
    EXPECT_EQ(origin(id)->generation, 3u);
    Registration onlyService = onlyPid;
    onlyService.service = "service-3";
    enroll(onlyService);
    EXPECT_EQ(origin(id)->generation, 4u);
}

TEST_F(RegistryTest, ChangeWithoutRestartKeepsTheGeneration) {
    Registration made = registration("a");
    const std::string id = enroll(made);
    made.weight = 7;
    enroll(made);
    EXPECT_EQ(origin(id)->registration.weight, 7u);
    EXPECT_EQ(origin(id)->generation, 1u);
    EXPECT_EQ(log->count("origin a@10.0.0.1 changed"), 1u);
}

TEST_F(RegistryTest, ServerIdAtAnotherAddressIsAnotherOrigin) {
    enroll(registration("a", "10.0.0.1"));
    clock.advance(200s);
    enroll(registration("a", "10.0.0.2"));
    EXPECT_EQ(size(), 2u);
    pass(101s);
    EXPECT_EQ(origin("a@10.0.0.1"), nullptr) << "expired";
    EXPECT_NE(origin("a@10.0.0.2"), nullptr);
}

TEST_F(RegistryTest, TwoProcessesOfOneIdDoNotTakeTurns) {
    const std::string id = enroll(registration("a", "10.0.0.1", "1"));
    enroll(registration("a", "10.0.0.1", "2"));
    EXPECT_THAT(refusal(registration("a", "10.0.0.1", "1")),
                HasSubstr("was replaced by service \"service-2\", pid \"2\"; if both are running, "
                          "give each a server of its own"));
    EXPECT_EQ(origin(id)->registration.pid, "2");
    EXPECT_EQ(origin(id)->generation, 2u);
    enroll(registration("a", "10.0.0.1", "3"));
    EXPECT_EQ(origin(id)->generation, 3u);
}

TEST_F(RegistryTest, ExpiresByTtlWhileTheRhythmIsUnknown) {
    const std::string id = enroll(registration("a"));
    pass(300s);
    EXPECT_NE(origin(id), nullptr);
    pass(1ms);
    EXPECT_EQ(origin(id), nullptr);
    EXPECT_EQ(log->count("origin a@10.0.0.1 expired: no heartbeat for 300.0 s, 300.0 s allowed"),
              1u);
}

TEST_F(RegistryTest, IsKeptForItsSessionsWhenTheHeartbeatStops) {
    const std::string id = enroll(registration("a"));
    const auto load = origin(id)->load;
    const uint64_t generation = origin(id)->generation;
    load->sessions = 1;
    pass(301s);
    pass(1s);
    ASSERT_NE(origin(id), nullptr);
    EXPECT_TRUE(origin(id)->silent);
    EXPECT_FALSE(origin(id)->usable());
    EXPECT_EQ(log->count("origin a@10.0.0.1 has sent no heartbeat for 301.0 s"), 1u);

    enroll(registration("a"));
    EXPECT_TRUE(origin(id)->usable());
    EXPECT_EQ(origin(id)->generation, generation) << "pins stay valid";
    EXPECT_EQ(origin(id)->load, load);

    pass(301s);
    load->sessions = 0;
    pass(1s);
    EXPECT_EQ(origin(id), nullptr) << "and goes with its last session";
}

TEST_F(RegistryTest, ExpiresByItsOwnRhythm) {
    const std::string id = enroll(registration("a"));
    for (int i = 0; i < 3; ++i) {
        clock.advance(9900ms);
        enroll(registration("a"));
    }
    EXPECT_EQ(origin(id)->lifetime(), 29700ms);
    pass(29700ms);
    EXPECT_NE(origin(id), nullptr);
    pass(1ms);
    EXPECT_EQ(origin(id), nullptr);
}

TEST_F(RegistryTest, RestartForgetsTheRhythm) {
    const std::string id = enroll(registration("a"));
    for (int i = 0; i < 3; ++i) {
        clock.advance(10s);
        enroll(registration("a"));
    }
    EXPECT_EQ(origin(id)->lifetime(), 30s);
    enroll(registration("a", "10.0.0.1", "2"));
    EXPECT_EQ(origin(id)->lifetime(), 300s);
}

TEST_F(RegistryTest, OriginThatComesBackIsOfAHigherGeneration) {
    const std::string id = enroll(registration("a"));
    enroll(registration("a", "10.0.0.1", "2"));
    pass(301s);
    ASSERT_EQ(origin(id), nullptr);
    enroll(registration("a", "10.0.0.1", "1"));
    EXPECT_EQ(origin(id)->generation, 3u);
}

TEST_F(RegistryTest, ConfiguredOriginsNeverExpire) {
    enroll(registration("s"), OriginSource::Static);
    enroll(registration("d"), OriginSource::DefaultBackend);
    pass(24h * 365);
    EXPECT_EQ(size(), 2u);
    EXPECT_EQ(origin("s@10.0.0.1")->lifetime(), 0s);
}

TEST_F(RegistryTest, ReEnrolledDefaultBackendIsNoEvent) {
    const std::string id = enroll(registration("d"), OriginSource::DefaultBackend);
    const auto before = registry().table();
    for (int i = 0; i < 20; ++i) {
        pass(30s);
        enroll(registration("d"), OriginSource::DefaultBackend);
    }
    EXPECT_EQ(registry().table(), before);
    EXPECT_EQ(origin(id)->generation, 1u);
    EXPECT_EQ(log->entries().size(), 1u);
}

TEST_F(RegistryTest, HeartbeatDoesNotChangeAConfiguredOrigin) {
    const std::string id = enroll(registration("s"), OriginSource::Static);
    Registration other = registration("s", "10.0.0.1", "2");
    other.services = {{"rtmp", {{"", "192.0.2.1", 1935}}}};
    EXPECT_THAT(refusal(other),
                HasSubstr("origin s@10.0.0.1 is set in the configuration (static)"));
    Registration kept = registration("s");
    kept.kind = "generic";
    EXPECT_EQ(origin(id)->registration, kept);
}

TEST_F(RegistryTest, ConfigurationTakesAHeartbeatOriginOver) {
    const std::string id = enroll(registration("a"));
    enroll(registration("a"), OriginSource::Static);
    EXPECT_EQ(origin(id)->source, OriginSource::Static);
    EXPECT_EQ(origin(id)->generation, 1u);
    pass(400s);
    EXPECT_NE(origin(id), nullptr);
}

TEST_F(RegistryTest, LimitRefusesTheNewAndKeepsTheLiving) {
    settings.maxOrigins = 2;
    enroll(registration("a"));
    enroll(registration("b"));
    const auto before = registry().table();
    EXPECT_THAT(refusal(registration("c")),
                HasSubstr("2 origins are registered, which is the limit; remove one or raise "
                          "registry.max_origins"));
    EXPECT_EQ(registry().table(), before);
    enroll(registration("a", "10.0.0.1", "2"));
    EXPECT_EQ(origin("a@10.0.0.1")->generation, 2u) << "those that are in may restart";
    registry().remove("b@10.0.0.1", "test");
    enroll(registration("c"));
}

TEST_F(RegistryTest, Removes) {
    const std::string id = enroll(registration("a"));
    EXPECT_FALSE(registry().remove("b@10.0.0.1", "operator"));
    EXPECT_TRUE(registry().remove(id, "operator\n"));
    EXPECT_EQ(size(), 0u);
    EXPECT_EQ(log->count("origin a@10.0.0.1 removed: operator?"), 1u);
    EXPECT_FALSE(registry().remove(id, "operator"));
}

TEST_F(RegistryTest, DrainsUntilToldOtherwise) {
    const std::string id = enroll(registration("a"));
    EXPECT_FALSE(registry().setDraining("b@10.0.0.1", true));
    EXPECT_TRUE(registry().setDraining(id, true));
    EXPECT_FALSE(origin(id)->usable());
    const uint64_t drained = version();
    EXPECT_TRUE(registry().setDraining(id, true));
    EXPECT_EQ(version(), drained) << "twice is once";
    enroll(registration("a", "10.0.0.1", "2"));
    EXPECT_TRUE(origin(id)->draining) << "a restart does not end it";
    EXPECT_TRUE(registry().setDraining(id, false));
    EXPECT_TRUE(origin(id)->usable());
    EXPECT_EQ(log->count("origin a@10.0.0.1 is draining"), 1u);
    EXPECT_EQ(log->count("origin a@10.0.0.1 is not draining any more"), 1u);
}

TEST_F(RegistryTest, LoadIsSharedBySnapshotsAndOutlivesARestart) {
    const std::string id = enroll(registration("a"));
    const auto load = origin(id)->load;
    load->sessions = 5;
    enroll(registration("a", "10.0.0.1", "2"));
    registry().setDraining(id, true);
    EXPECT_EQ(origin(id)->load, load);
}

TEST_F(RegistryTest, AReportIsInTheTableAtOnce) {
    enroll(registration("a"));
    enroll(registration("b"));
    fail("a@10.0.0.1");
    EXPECT_TRUE(ejected("a@10.0.0.1"));
}

} // namespace
} // namespace srsproxy
