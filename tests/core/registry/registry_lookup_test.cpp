#include "registry_fixture.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;
using Addresses = std::vector<std::string>;

const std::string Id = "a@media.example.com";

class RegistryLookupTest : public RegistryTest {
protected:
    void SetUp() override { settings.originTtl = 24h; }
    static Registration named() { return registration("a", "media.example.com"); }
};

TEST_F(RegistryLookupTest, ResolvesTheNameOfAnOrigin) {
    resolver.names["media.example.com"] = {"10.0.0.5", "2001:db8::5"};
    EXPECT_EQ(enroll(named()), Id);
    EXPECT_EQ(origin(Id)->addresses, (Addresses{"10.0.0.5", "2001:db8::5"}));
    EXPECT_TRUE(origin(Id)->usable());
    EXPECT_EQ(origin(Id)->hosts,
              (HostAddresses{{"media.example.com", {"10.0.0.5", "2001:db8::5"}}}));
}

TEST_F(RegistryLookupTest, ResolvesTheNamesOfEndpoints) {
    resolver.names["rtmp.example.com"] = {"10.0.0.7"};
    Registration made = registration("a");
    made.services = {{"rtmp", {{"tcp", "rtmp.example.com", 1935}, {"", "10.0.0.8", 1935}}}};
    const std::string id = enroll(made);
    EXPECT_EQ(origin(id)->addresses, Addresses{"10.0.0.1"});
    EXPECT_EQ(origin(id)->hosts, (HostAddresses{{"rtmp.example.com", {"10.0.0.7"}}}));
}

TEST_F(RegistryLookupTest, AsksNobodyAboutNumericAddresses) {
    enroll(registration("a", "10.0.0.1"));
    enroll(registration("a", "2001:db8::1"));
    pass(1h);
    EXPECT_EQ(resolver.asked, 0);
}

TEST_F(RegistryLookupTest, RefusesANewOriginWhoseNameDoesNotResolve) {
    const Result<std::string> id = registry().enroll(named(), OriginSource::Heartbeat);
    ASSERT_FALSE(id);
    EXPECT_THAT(id.error().message, HasSubstr("\"media.example.com\" does not resolve"));
    EXPECT_TRUE(id.error().retryable);
    EXPECT_EQ(size(), 0u);
}

TEST_F(RegistryLookupTest, ConfiguredOriginWaitsForItsName) {
    EXPECT_EQ(enroll(named(), OriginSource::Static), Id);
    EXPECT_FALSE(origin(Id)->usable());
    EXPECT_EQ(log->count("origin a@media.example.com cannot be used yet"), 1u);
    pass(5s);
    EXPECT_FALSE(origin(Id)->usable());
    resolver.names["media.example.com"] = {"10.0.0.5"};
    pass(4s);
    EXPECT_FALSE(origin(Id)->usable());
    pass(1s);
    EXPECT_TRUE(origin(Id)->usable());
    EXPECT_EQ(origin(Id)->addresses, Addresses{"10.0.0.5"});
}

TEST_F(RegistryLookupTest, LooksAgainAtIntervals) {
    resolver.names["media.example.com"] = {"10.0.0.5"};
    enroll(named());
    const uint64_t before = version();
    pass(29s);
    EXPECT_EQ(resolver.asked, 1);
    pass(1s);
    EXPECT_EQ(resolver.asked, 2);
    EXPECT_EQ(version(), before) << "the same answer changes nothing";
    resolver.names["media.example.com"] = {"10.0.0.6"};
    pass(30s);
    EXPECT_EQ(origin(Id)->addresses, Addresses{"10.0.0.6"});
    EXPECT_EQ(origin(Id)->generation, 1u);
    EXPECT_EQ(log->count("origin a@media.example.com is at 10.0.0.6 now, before: 10.0.0.5"), 1u);
}

TEST_F(RegistryLookupTest, KeepsOldAddressesWhenTheResolverFails) {
    resolver.names["media.example.com"] = {"10.0.0.5"};
    enroll(named());
    resolver.names.clear();
    pass(30s);
    EXPECT_EQ(origin(Id)->addresses, Addresses{"10.0.0.5"});
    EXPECT_EQ(log->count("origin a@media.example.com keeps its old addresses"), 1u);
    enroll(registration("a", "media.example.com", "2"));
    EXPECT_EQ(origin(Id)->generation, 2u);
    EXPECT_EQ(origin(Id)->addresses, Addresses{"10.0.0.5"}) << "also at a restart";
}

TEST_F(RegistryLookupTest, UnchangedHeartbeatAsksNobody) {
    resolver.names["media.example.com"] = {"10.0.0.5"};
    for (int i = 0; i < 5; ++i) {
        enroll(named());
    }
    EXPECT_EQ(resolver.asked, 1);
}

TEST_F(RegistryLookupTest, HoldsNoLockWhileItAsks) {
    resolver.names["media.example.com"] = {"10.0.0.5"};
    enroll(registration("other"));
    resolver.onResolve = [&] {
        EXPECT_TRUE(registry().setDraining("other@10.0.0.1", true));
        registry().report("other@10.0.0.1", OutcomeAccepted, "");
        EXPECT_NE(registry().table(), nullptr);
    };
    enroll(named());
    pass(30s);
    EXPECT_EQ(resolver.asked, 2);
}

TEST_F(RegistryLookupTest, SameOriginEnrolledMeanwhileIsNoRestart) {
    resolver.names["media.example.com"] = {"10.0.0.5"};
    resolver.onResolve = [&] {
        resolver.onResolve = nullptr;
        enroll(named());
    };
    enroll(named());
    EXPECT_EQ(origin(Id)->generation, 1u);
    EXPECT_EQ(size(), 1u);
}

TEST_F(RegistryLookupTest, SlowResolverDoesNotHoldUpASweepForLong) {
    for (const std::string server : {"a", "b", "c", "d"}) {
        resolver.names[server + ".example.com"] = {"10.0.0.5"};
        enroll(registration(server, server + ".example.com"));
    }
    resolver.asked = 0;
    resolver.onResolve = [&] { clock.advance(501ms); };
    pass(30s);
    EXPECT_EQ(resolver.asked, 1);
    registry().sweep();
    registry().sweep();
    registry().sweep();
    EXPECT_EQ(resolver.asked, 4) << "each gets its turn";
}

TEST_F(RegistryLookupTest, OneFailureOfTheResolverIsEnoughForOneOrigin) {
    Registration made = registration("a", "m1");
    made.services = {{"rtmp", {{"", "m2", 1935}, {"", "m3", 1935}}}};
    resolver.names = {{"m1", {"10.0.0.1"}}, {"m2", {"10.0.0.2"}}, {"m3", {"10.0.0.3"}}};
    const std::string id = enroll(made);
    resolver.names.clear();
    resolver.asked = 0;
    pass(30s);
    EXPECT_EQ(resolver.asked, 1);
    EXPECT_TRUE(origin(id)->usable());
}

} // namespace
} // namespace srsproxy
