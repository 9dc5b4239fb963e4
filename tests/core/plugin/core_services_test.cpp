#include "core/plugin/core_services.h"

#include <gtest/gtest.h>

#include "core/base/abi.h"
#include "core/base/log_memory.h"
#include "core/plugin/conformance_core.h"

namespace srsproxy {
namespace {

TEST(CoreServices, GivesWhatItHasById) {
    IdleMetrics metrics;
    IdleSessions sessions;
    IdleStore store;
    IdleHttpRoutes routes;
    IdleOrigins origins;
    CoreServices all(Log(std::make_shared<NullLogSink>(), "x"),
                     ServicePointers{&sessions, &metrics, &store, &routes, &origins});
    EXPECT_EQ(all.query(str(SRSPROXY_METRICS_ID)), static_cast<IMetrics*>(&metrics));
    EXPECT_EQ(all.query(str(SRSPROXY_SESSIONS_ID)), static_cast<ISessions*>(&sessions));
    EXPECT_EQ(all.query(str(SRSPROXY_STORE_ID)), static_cast<IStore*>(&store));
    EXPECT_EQ(all.query(str(SRSPROXY_HTTP_ROUTES_ID)), static_cast<IHttpRoutes*>(&routes));
    EXPECT_EQ(all.query(str(SRSPROXY_ORIGINS_ID)), static_cast<IOrigins*>(&origins));
    EXPECT_NE(all.query(str(SRSPROXY_LOG_ID)), nullptr);
    EXPECT_EQ(all.query(str(SRSPROXY_LOG_ID)), all.query(str(SRSPROXY_LOG_ID)));
}

TEST(CoreServices, GivesNullForWhatItLacks) {
    CoreServices none(Log(std::make_shared<NullLogSink>(), "x"), ServicePointers{});
    for (const char* id :
         {SRSPROXY_METRICS_ID, SRSPROXY_SESSIONS_ID, SRSPROXY_STORE_ID, SRSPROXY_HTTP_ROUTES_ID,
          SRSPROXY_ORIGINS_ID, "srsproxy.log/2", "srsproxy.log", ""}) {
        EXPECT_EQ(none.query(str(id)), nullptr) << id;
    }
    EXPECT_EQ(none.query(Str{nullptr, 5}), nullptr);
}

class PluginLogTest : public testing::Test {
protected:
    ILog& log() { return log_; }

    std::shared_ptr<MemoryLogSink> sink_ = std::make_shared<MemoryLogSink>(LogDebug);
    PluginLog log_{Log(sink_, "rtmp")};
};

TEST_F(PluginLogTest, NamesPluginSessionAndTopic) {
    log().write(LogInfo, 42, str("connect failed"), str("10.0.0.1:1935 refused"));
    ASSERT_EQ(sink_->entries().size(), 1u);
    const MemoryLogSink::Entry entry = sink_->entries()[0];
    EXPECT_EQ(entry.source, "rtmp");
    EXPECT_EQ(entry.session, 42u);
    EXPECT_EQ(entry.topic, "connect failed");
    EXPECT_EQ(entry.message, "10.0.0.1:1935 refused");
    EXPECT_EQ(entry.level, LogInfo);
}

TEST_F(PluginLogTest, TakesUnknownLevelsAsTheNearest) {
    const std::pair<int32_t, int32_t> rows[] = {{-7, LogError},  {0, LogError},   {3, LogError},
                                                {4, LogWarning}, {5, LogWarning}, {6, LogInfo},
                                                {7, LogDebug}};
    for (const auto& [given, wanted] : rows) {
        sink_->clear();
        log().write(given, 0, str("t"), str("m"));
        ASSERT_EQ(sink_->entries().size(), 1u) << given;
        EXPECT_EQ(sink_->entries()[0].level, wanted) << given;
    }
    sink_->clear();
    EXPECT_EQ(log().enabled(LogDebug), 1);
    EXPECT_EQ(log().enabled(99), 0);
    log().write(99, 0, str("t"), str("m"));
    EXPECT_TRUE(sink_->entries().empty());
}

TEST_F(PluginLogTest, CutsOverlongTexts) {
    const std::string text(PluginLog::MaxMessageBytes - 1, 'x');
    log().write(LogInfo, 0, str(std::string(500, 't')), str(text + "é and more"));
    ASSERT_EQ(sink_->entries().size(), 1u);
    EXPECT_EQ(sink_->entries()[0].topic, std::string(PluginLog::MaxTopicBytes, 't'));
    EXPECT_EQ(sink_->entries()[0].message, text + "… (11 more bytes)")
        << "never within a character";
}

TEST_F(PluginLogTest, SurvivesNullTexts) {
    log().write(LogInfo, 0, Str{nullptr, 9}, Str{nullptr, 0});
    EXPECT_EQ(sink_->entries().size(), 1u);
}

} // namespace
} // namespace srsproxy
