#include "core/app/default_backend.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

TEST(DefaultBackend, OffersWhatTheGoProxyOffers) {
    const auto registration = registrationOf(DefaultBackend{});
    ASSERT_TRUE(registration) << registration.error().message;
    EXPECT_EQ(registration->ip, "127.0.0.1");
    EXPECT_EQ(registration->kind, "") << "registry.default_kind is put there";
    EXPECT_EQ(registration->endpoints("rtmp")->at(0).port, 1935);
    EXPECT_EQ(registration->endpoints("api")->at(0).port, 1985);
    EXPECT_EQ(registration->endpoints("rtc")->at(0).port, 8000);
    EXPECT_EQ(registration->endpoints("srt")->at(0).port, 10080);
    EXPECT_EQ(registration->endpoints("http"), nullptr);
}

TEST(DefaultBackend, NamesItsVariablesWhenTheyAreWrong) {
    DefaultBackend backend;
    backend.rtmp = "no port";
    const auto registration = registrationOf(backend);
    ASSERT_FALSE(registration);
    EXPECT_NE(registration.error().message.find("PROXY_DEFAULT_BACKEND_"), std::string::npos);
    EXPECT_NE(registration.error().message.find("no port"), std::string::npos);
}

} // namespace
} // namespace srsproxy
