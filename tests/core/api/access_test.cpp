#include <gmock/gmock.h>

#include "core/api/secret.h"
#include "fake_parts.h"

namespace srsproxy {
namespace {

using ApiAccessTest = SystemApiTest;

TEST_F(ApiAccessTest, AsksForTheToken) {
    settings_.token = "s3cret+/=";
    start();
    struct Row {
        std::string target;
        std::vector<std::string> headers;
        int status;
    };
    const Row rows[] = {
        {"/api/v1/origins", {}, 401},
        {"/api/v1/origins", {"Authorization: Bearer s3cret+/="}, 200},
        {"/api/v1/origins", {"authorization: bearer s3cret+/="}, 200},
        {"/api/v1/origins", {"Authorization: Bearer s3cret+/"}, 401},
        {"/api/v1/origins", {"Authorization: Bearer s3cret+/=x"}, 401},
        {"/api/v1/origins", {"Authorization: Bearer "}, 401},
        {"/api/v1/origins", {"Authorization: Basic s3cret+/="}, 401},
        {"/api/v1/origins", {"Authorization: s3cret+/="}, 401},
        {"/api/v1/origins?token=s3cret%2B%2F%3D", {}, 200},
        {"/api/v1/origins?limit=5&token=s3cret+/=", {}, 200}, // as an operator pastes it
        {"/api/v1/origins?token=", {}, 401},
        {"/api/v1/origins?token", {}, 401},
        {"/api/v1/origins?token=wrong&token=s3cret%2B%2F%3D", {}, 401},
        {"/api/v1/origins?token=s3cret%2B%2F%3", {}, 401},
        {"/api/v1/origins?token=s3cret%2B%2F%3D", {"Authorization: Bearer wrong"}, 401},
        {"/", {}, 401},
        {"/metrics", {}, 401},
        {"/api/v1/versions", {}, 401},
        {"/no/such/path", {}, 401},
        {"/healthz", {}, 200},
        {"/readyz", {}, 503}, // starting
    };
    for (const Row& row : rows) {
        const RawReply reply = request("GET", row.target, row.headers);
        EXPECT_EQ(reply.status, row.status) << row.target << testing::PrintToString(row.headers);
        EXPECT_EQ(reply.header("WWW-Authenticate"), row.status == 401 ? "Bearer" : "");
    }
}

TEST_F(ApiAccessTest, LetsABrowserInThatBringsTheToken) {
    settings_.token = "t";
    start();
    const std::string body =
        R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","rtmp":["1935"]})";
    const std::vector<std::string> page = {"Content-Type: application/json",
                                           "Origin: http://dashboard.example"};
    EXPECT_EQ(request("POST", "/api/v1/srs/register", page, body).status, 401);
    EXPECT_EQ(request("POST", "/api/v1/srs/register?token=t", page, body).status, 200);
    EXPECT_EQ(
        request("POST", "/api/v1/srs/register?token=t", {"Content-Type: text/plain"}, body).status,
        415);
}

TEST_F(ApiAccessTest, TakesTheTokenInThePathOfARegistration) {
    // SRS posts to the path of its heartbeat's url and drops the query.
    settings_.token = "t/1";
    start();
    const std::string body =
        R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","rtmp":["1935"]})";
    const std::vector<std::string> json = {"Content-Type: application/json"};
    EXPECT_EQ(request("POST", "/api/v1/srs/register/t%2F1", json, body).status, 200);
    EXPECT_EQ(request("POST", "/api/v1/srs/register/wrong", json, body).status, 401);
    EXPECT_EQ(request("POST", "/api/v1/srs/register/", json, body).status, 401);
    EXPECT_EQ(request("GET", "/api/v1/origins/t%2F1").status, 401) << "there only";
    EXPECT_EQ(log_->count("t%2F1"), 0u) << "and it stays out of the log";
}

TEST_F(ApiAccessTest, GuardsEveryChangeFromWebPages) {
    start();
    origins_
        .enroll(parseRegistration(
                    R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","srt":["1"]})")
                    .value())
        .value();
    sessions_.all = {SessionView{7, "rtmp", "", "", "", RolePlay, {}, {}}};
    const std::pair<std::string, std::string> changes[] = {
        {"POST", "/api/v1/origins/s1@10.0.0.1/drain"},
        {"DELETE", "/api/v1/origins/s1@10.0.0.1/drain"},
        {"DELETE", "/api/v1/sessions/7"},
        {"DELETE", "/api/v1/origins/s1@10.0.0.1"},
    };
    for (const auto& [method, target] : changes) {
        SCOPED_TRACE(method + " " + target);
        EXPECT_EQ(request(method, target, {"Origin: http://evil.example"}).status, 403);
        EXPECT_EQ(request(method, target, {"Sec-Fetch-Site: cross-site"}).status, 403);
        EXPECT_EQ(
            request(method, target, {"Content-Type: application/x-www-form-urlencoded"}, "a=b")
                .status,
            415);
        EXPECT_FALSE(origins_.table()->find("s1@10.0.0.1")->draining);
        EXPECT_EQ(sessions_.kicked, "");
    }
    for (const auto& [method, target] : changes) {
        EXPECT_EQ(request(method, target).status, 200) << method << target;
    }
}

TEST_F(ApiAccessTest, KeepsStrangersOutOfAllButTheProbes) {
    settings_.allow = {"10.0.0.0/8"};
    start();
    EXPECT_EQ(get("/api/v1/origins").json("error"),
              "127.0.0.1 is in no network of system_api.allow");
    for (const char* target : {"/", "/metrics", "/api/v1/versions", "/no/such/path"}) {
        EXPECT_EQ(get(target).status, 403) << target;
    }
    EXPECT_EQ(enroll("{}").status, 403);
    EXPECT_EQ(get("/healthz").status, 200);
    api_->setPhase(ProcessPhase::Serving);
    EXPECT_EQ(get("/readyz").status, 200);
    EXPECT_EQ(request("POST", "/healthz").status, 403);
}

TEST_F(ApiAccessTest, LetsNobodyInWhenTheListIsEmpty) {
    settings_.allow = {};
    start();
    EXPECT_EQ(get("/").status, 403);
}

TEST_F(ApiAccessTest, SeesIPv4ClientsOfAnIPv6SocketAsIPv4) {
    settings_.listen = {":0"};
    settings_.allow = {"127.0.0.0/8"};
    start();
    EXPECT_EQ(get("/").status, 200);
    RawClient other(server_->port(), "::1");
    other.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(other.reply().status, 403);
}

TEST_F(ApiAccessTest, NamesABadNetwork) {
    settings_.allow = {"10.0.0.0/33"};
    const auto api = SystemApi::create(settings_, {origins_, streams_, sessions_, clock_, {}},
                                       {"1.2.3", "1"}, Log(log_, "api"));
    ASSERT_FALSE(api);
    EXPECT_THAT(api.error().message, testing::StartsWith("system_api.allow: \"10.0.0.0/33\""));
}

TEST(ServerOptions, NamesABadAddressAndItsSetting) {
    SystemApiSettings system;
    system.listen = {"127.0.0.1:12025", "nonsense:"};
    const auto options = serverOptions(system, {"1.2.3", "1"});
    ASSERT_FALSE(options);
    EXPECT_THAT(options.error().message, testing::StartsWith("system_api.listen: "));

    HttpApiSettings http;
    http.listen = {"[::1]:1985", ":80"};
    http.requestTimeout = Milliseconds(2000);
    const HttpServerOptions good = serverOptions(http, {"1.2.3", "1"}).value();
    ASSERT_EQ(good.listen.size(), 2u);
    EXPECT_EQ(good.listen[0].host, "::1");
    EXPECT_EQ(good.listen[1].host, "");
    EXPECT_EQ(good.listen[1].port, 80);
    EXPECT_EQ(good.headTimeout, Milliseconds(2000));
    EXPECT_EQ(good.setting, "http_api.listen or PROXY_HTTP_API");
    EXPECT_EQ(good.serverName, "srs-proxy/1.2.3");
}

TEST(Secret, ComparesWhole) {
    EXPECT_TRUE(sameSecret("abc", "abc"));
    EXPECT_FALSE(sameSecret("abc", "abd"));
    EXPECT_FALSE(sameSecret("ab", "abc"));
    EXPECT_FALSE(sameSecret("", "abc"));
    EXPECT_FALSE(sameSecret(std::string_view("abc\0", 4), "abc"));
}

} // namespace
} // namespace srsproxy
