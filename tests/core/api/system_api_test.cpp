#include "core/api/system_api.h"

#include <gmock/gmock.h>

#include "fake_parts.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

/// Bytes that are no UTF-8, and characters that JSON must escape.
const std::string Hostile = "a\"\\\n\x01\xff\xc3(</script>\xe2\x82\xac";
const std::string HostileShown = "a\"\\\n\x01\xEF\xBF\xBD\xEF\xBF\xBD(</script>\xe2\x82\xac";

Origin originOf(const std::string& id) {
    Origin origin;
    origin.id = id;
    origin.registration.server = id;
    origin.registration.ip = "10.0.0.1";
    origin.addresses = {"10.0.0.1"};
    return origin;
}

TEST_F(SystemApiTest, ShowsAllFactsOfAnOrigin) {
    Origin origin = originOf("s1@10.0.0.1");
    origin.registration.service = "svc";
    origin.registration.pid = "42";
    origin.registration.deviceId = "dev";
    origin.registration.kind = "srs";
    origin.registration.clientAddress = "proxy_v2";
    origin.registration.zone = "z1";
    origin.registration.weight = 200;
    origin.registration.maxSessions = 50;
    origin.registration.services = {{"rtmp", {{"tcp", "", 1935}, {"", "h", 1936}}},
                                    {"srt", {{"udp", "", 10080}}}};
    origin.generation = 3;
    origin.registeredAt = clock_.now() - Milliseconds(60'000);
    origin.pulse->beat(clock_.now() - Milliseconds(4'000), Milliseconds(30'000),
                       R"({"summaries":{"cpu":0.5,"n":[1,"x"]}})");
    origin.load->sessions = 7;
    origin.load->streams = 3;
    origin.load->totalSessions = 5'000'000'000;
    origin.load->failures = 2;
    origins_.put(origin);
    start();

    const std::pair<std::string, std::string> facts[] = {
        {"id", "s1@10.0.0.1"},
        {"state", "alive"},
        {"reason", ""},
        {"draining", "false"},
        {"source", "heartbeat"},
        {"kind", "srs"},
        {"client_address", "proxy_v2"},
        {"zone", "z1"},
        {"weight", "200"},
        {"max_sessions", "50"},
        {"server", "s1@10.0.0.1"},
        {"service", "svc"},
        {"pid", "42"},
        {"device_id", "dev"},
        {"ip", "10.0.0.1"},
        {"addresses[0]", "10.0.0.1"},
        {"sessions", "7"},
        {"streams", "3"},
        {"total_sessions", "5000000000"},
        {"failures", "2"},
        {"generation", "3"},
        {"age_ms", "60000"},
        {"last_heartbeat_ms", "4000"},
        {"lifetime_ms", "30000"},
        {"expires_in_ms", "26000"},
        {"ejected_for_ms", "(none)"},
        {"extra.summaries.cpu", "0.5"},
        {"extra.summaries.n[1]", "x"},
        {"endpoints.rtmp[0]", toString(Endpoint{"tcp", "", 1935})},
        {"endpoints.rtmp[1]", toString(Endpoint{"", "h", 1936})},
        {"endpoints.srt[0]", toString(Endpoint{"udp", "", 10080})},
        {"endpoints.http", "(none)"},
    };
    const RawReply one = get("/api/v1/origins/s1@10.0.0.1");
    const RawReply all = get("/api/v1/origins");
    EXPECT_EQ(one.status, 200);
    EXPECT_EQ(all.json("total"), "1");
    for (const auto& [path, value] : facts) {
        EXPECT_EQ(one.json("origin." + path), value) << path;
        EXPECT_EQ(all.json("origins[0]." + path), value) << path;
    }
    EXPECT_EQ(get("/api/v1/origins/s1%4010.0.0.1").status, 200);
    EXPECT_EQ(get("/api/v1/origins/s2@10.0.0.1").status, 404);
    EXPECT_EQ(get("/api/v1/origins/%zz").status, 400);
}

TEST_F(SystemApiTest, NamesTheStateAndItsReason) {
    Origin ejected = originOf("ejected");
    ejected.ejected = true;
    ejected.draining = true;
    ejected.ejectReason = "connection refused";
    ejected.ejectedUntil = clock_.now() + Milliseconds(5000);
    Origin draining = originOf("draining");
    draining.draining = true;
    Origin unresolved = originOf("unresolved");
    unresolved.addresses.clear();
    unresolved.registration.ip = "media.example";
    Origin fixed = originOf("static");
    fixed.source = OriginSource::Static;
    for (const Origin& origin : {ejected, draining, unresolved, fixed}) {
        origins_.put(origin);
    }
    start();
    EXPECT_EQ(get("/api/v1/origins/ejected").json("origin.state"), "ejected");
    EXPECT_EQ(get("/api/v1/origins/ejected").json("origin.reason"), "connection refused");
    EXPECT_EQ(get("/api/v1/origins/ejected").json("origin.draining"), "true");
    EXPECT_EQ(get("/api/v1/origins/ejected").json("origin.ejected_for_ms"), "5000");
    EXPECT_EQ(get("/api/v1/origins/draining").json("origin.state"), "draining");
    EXPECT_EQ(get("/api/v1/origins/unresolved").json("origin.state"), "unresolved");
    EXPECT_THAT(get("/api/v1/origins/unresolved").json("origin.reason"),
                HasSubstr("media.example"));
    EXPECT_EQ(get("/api/v1/origins/static").json("origin.source"), "static");
    EXPECT_EQ(get("/api/v1/origins/static").json("origin.lifetime_ms"), "0");
    EXPECT_EQ(get("/api/v1/origins/static").json("origin.expires_in_ms"), "(none)");
}

TEST_F(SystemApiTest, DrainsAndRemovesOrigins) {
    origins_.put(originOf("o1"));
    start();
    EXPECT_EQ(request("POST", "/api/v1/origins/o1/drain").body,
              "{\"code\":0,\"id\":\"o1\",\"state\":\"draining\"}\n");
    EXPECT_TRUE(origins_.table()->find("o1")->draining);
    EXPECT_EQ(request("DELETE", "/api/v1/origins/o1/drain").json("state"), "in service");
    EXPECT_FALSE(origins_.table()->find("o1")->draining);
    EXPECT_EQ(request("DELETE", "/api/v1/origins/o1").json("state"), "removed");
    EXPECT_EQ(origins_.size(), 0u);
    EXPECT_EQ(request("DELETE", "/api/v1/origins/o1").status, 404);
    EXPECT_EQ(request("POST", "/api/v1/origins/o1/drain").status, 404);
    EXPECT_EQ(request("DELETE", "/api/v1/origins/o1/drain").status, 404);
    EXPECT_EQ(log_->count("POST /api/v1/origins/o1/drain: o1 is draining"), 1u);
    EXPECT_EQ(log_->count("DELETE /api/v1/origins/o1: o1 is removed"), 1u);
}

TEST_F(SystemApiTest, ListsByPage) {
    for (int i = 1; i <= 5; ++i) {
        const std::string name = std::to_string(i);
        origins_.put(originOf("o" + name));
        streams_.all.push_back({"v/a/s" + name, "o1", Milliseconds(9), Milliseconds(0), 1, 2});
        SessionView session;
        session.id = static_cast<uint64_t>(i);
        sessions_.all.push_back(session);
    }
    start();
    struct Row {
        std::string list;
        std::string member;
        std::string second;
        std::string fifth;
    };
    const Row rows[] = {{"origins", "id", "o2", "o5"},
                        {"streams", "stream", "v/a/s2", "v/a/s5"},
                        {"sessions", "id", "2", "5"}};
    for (const Row& row : rows) {
        SCOPED_TRACE(row.list);
        const std::string path = "/api/v1/" + row.list;
        const RawReply first = get(path + "?limit=2");
        EXPECT_EQ(first.json("total"), "5");
        EXPECT_EQ(first.json(row.list + "[1]." + row.member), row.second);
        EXPECT_EQ(first.json(row.list + "[2]"), "(none)");
        EXPECT_EQ(first.json("next"), row.second);
        const RawReply rest = get(path + "?limit=3&after=" + row.second);
        EXPECT_EQ(rest.json(row.list + "[2]." + row.member), row.fifth);
        EXPECT_EQ(rest.json("next"), "(none)");
        EXPECT_EQ(get(path).json("next"), "(none)");
        for (const char* bad : {"0", "1001", "-1", "x", "", "1x", "99999999999999999999"}) {
            const RawReply reply = get(path + "?limit=" + bad);
            EXPECT_EQ(reply.status, 400) << bad;
            EXPECT_EQ(reply.json("field"), "limit") << bad;
        }
    }
    EXPECT_EQ(get("/api/v1/sessions?after=x").json("field"), "after");
}

TEST_F(SystemApiTest, ShowsStreamsAndSessions) {
    streams_.all = {{"v/a/s", "o1", Milliseconds(5000), Milliseconds(100), 1, 12}};
    SessionView session{~0ull, "rtmp", "[::1]:5", "v/a/s", "o1", RolePublish, Milliseconds(77), {}};
    session.bytes = {1, 2, 3, 5'000'000'000};
    sessions_.all = {session};
    start();
    EXPECT_EQ(get("/api/v1/streams").body,
              "{\"code\":0,\"total\":1,\"streams\":[{\"stream\":\"v/a/s\",\"origin\":\"o1\","
              "\"publishers\":1,\"players\":12,\"age_ms\":5000,\"idle_ms\":100}]}\n");
    EXPECT_EQ(get("/api/v1/sessions").body,
              "{\"code\":0,\"total\":1,\"sessions\":[{\"id\":\"18446744073709551615\","
              "\"protocol\":\"rtmp\",\"role\":\"publish\",\"client\":\"[::1]:5\","
              "\"stream\":\"v/a/s\",\"origin\":\"o1\",\"age_ms\":77,\"bytes\":"
              "{\"from_client\":1,\"to_client\":2,\"from_origin\":3,"
              "\"to_origin\":5000000000}}]}\n");
}

TEST_F(SystemApiTest, KicksSessions) {
    sessions_.all = {SessionView{}};
    sessions_.all[0].id = 7;
    start();
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/7").body, "{\"code\":0,\"id\":\"7\"}\n");
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/8").status, 404);
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/x").status, 404);
    EXPECT_EQ(request("DELETE", "/api/v1/sessions/-7").status, 404);
    EXPECT_EQ(sessions_.kicked, "7:ended by an operator;8:ended by an operator;");
    EXPECT_EQ(log_->count("session 7 is told to end"), 1u);
}

TEST_F(SystemApiTest, ExplainsUrls) {
    streams_.explanation.candidates = {{"o1", true, "eligible"}, {"o2", false, "draining"}};
    streams_.explanation.pinnedTo = "o1";
    streams_.explanation.wouldPick = "o1";
    streams_.explanation.reason = "pinned";
    start();
    const RawReply reply = get(
        "/api/v1/explain?url=rtmp%3A%2F%2Fmedia.example%2Flive%2Fdemo%3Ftoken%3D1&role=publish");
    const std::pair<std::string, std::string> facts[] = {
        {"stream", "media.example/live/demo"},
        {"vhost", "media.example"},
        {"app", "live"},
        {"name", "demo"},
        {"protocol", "rtmp"},
        {"role", "publish"},
        {"pinned_to", "o1"},
        {"would_pick", "o1"},
        {"reason", "pinned"},
        {"candidates[0].origin", "o1"},
        {"candidates[0].eligible", "true"},
        {"candidates[1].why", "draining"},
    };
    for (const auto& [path, value] : facts) {
        EXPECT_EQ(reply.json(path), value) << path;
    }
    const std::pair<std::string, std::string> asked[] = {
        {"url=http://h.example/live/a.flv", "h.example/live/a http play"},
        {"url=srt://h.example/live/a", "h.example/live/a srt play"},
        {"url=webrtc://h.example/live/a", "h.example/live/a api play"},
        {"url=rtmp://h.example/live/a&protocol=rtc&role=play", "h.example/live/a rtc play"},
    };
    for (const auto& [query, question] : asked) {
        EXPECT_EQ(get("/api/v1/explain?" + query).status, 200) << query;
        EXPECT_EQ(streams_.asked, question) << query;
    }
    const std::pair<std::string, std::string> bad[] = {
        {"", "url"},
        {"url=", "url"},
        {"url=nonsense", "url"},
        {"url=rtmp://h.example/", "url"},
        {"url=rtmp://h.example/live/a&protocol=ftp", "protocol"},
        {"url=rtmp://h.example/live/a&role=watch", "role"},
        {"url=%zz", "(none)"},
    };
    for (const auto& [query, field] : bad) {
        const RawReply refused = get("/api/v1/explain?" + query);
        EXPECT_EQ(refused.status, 400) << query;
        EXPECT_EQ(refused.json("field"), field) << query << refused.body;
    }
}

TEST_F(SystemApiTest, TellsTheVersionInBothShapes) {
    start();
    EXPECT_EQ(get("/api/v1/versions").body,
              "{\"code\":0,\"pid\":\"4711\",\"signature\":\"SRSProxy\",\"version\":\"1.2.3\","
              "\"data\":{\"major\":1,\"minor\":2,\"revision\":3,\"version\":\"1.2.3\"}}\n");
}

TEST_F(SystemApiTest, IsReadyWhileServing) {
    start();
    EXPECT_EQ(get("/readyz").json("error"), "the proxy is starting");
    EXPECT_EQ(get("/healthz").status, 200);
    api_->setPhase(ProcessPhase::Serving);
    EXPECT_EQ(get("/readyz").json("usable_origins"), "0"); // origins come after, through this port
    origins_.put(originOf("o1"));
    EXPECT_EQ(get("/readyz").json("usable_origins"), "1");
    EXPECT_EQ(get("/readyz").status, 200);
    api_->setPhase(ProcessPhase::Draining);
    EXPECT_EQ(get("/readyz").status, 503);
    EXPECT_EQ(get("/readyz").json("error"), "the proxy is draining");
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(SystemApiTest, ServesMetricsAndTheIndex) {
    start();
    const RawReply metrics = get("/metrics");
    EXPECT_EQ(metrics.body, "up 1\n");
    EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    const RawReply index = get("/");
    EXPECT_EQ(index.json("server"), "srs-proxy/1.2.3");
    EXPECT_EQ(index.json("paths[0].path"), "/api/v1/srs/register");
}

TEST_F(SystemApiTest, RefusesOtherVerbsAndPaths) {
    start();
    const std::pair<std::string, std::string> rows[] = {
        {"/", "GET, HEAD"},
        {"/healthz", "GET, HEAD"},
        {"/readyz", "GET, HEAD"},
        {"/metrics", "GET, HEAD"},
        {"/api/v1/versions", "GET, HEAD"},
        {"/api/v1/origins", "GET, HEAD"},
        {"/api/v1/origins/x", "GET, HEAD, DELETE"},
        {"/api/v1/origins/x/drain", "POST, DELETE"},
        {"/api/v1/streams", "GET, HEAD"},
        {"/api/v1/sessions", "GET, HEAD"},
        {"/api/v1/sessions/1", "DELETE"},
        {"/api/v1/explain", "GET, HEAD"},
    };
    for (const auto& [path, allowed] : rows) {
        const RawReply reply = request("PUT", path);
        EXPECT_EQ(reply.status, 405) << path;
        EXPECT_EQ(reply.header("Allow"), allowed) << path;
        EXPECT_EQ(reply.json("code"), "405");
        EXPECT_EQ(request("OPTIONS", path,
                          {"Origin: http://evil.example", "Access-Control-Request-Method: POST"})
                      .status,
                  405);
    }
    for (const char* path : {"/api", "/api/v1", "/api/v2/origins", "/api/v1/origins/x/y",
                             "/api/v1/srs", "/..", "/index.html", "/api/v1/origins/x/drain/y"}) {
        const RawReply reply = get(path);
        EXPECT_EQ(reply.status, 404) << path;
        EXPECT_EQ(reply.json("code"), "404") << path;
    }
    EXPECT_EQ(get("/api/v1/versions/").status, 200); // a slash at the end does no harm
    EXPECT_EQ(request("HEAD", "/healthz").status, 200);
}

TEST_F(SystemApiTest, WritesSoundJsonWhateverAnOriginIsCalled) {
    Origin origin = originOf(Hostile);
    origin.registration.kind = Hostile;
    origin.registration.ip = Hostile;
    origin.ejected = true;
    origin.ejectReason = Hostile;
    origin.pulse->beat(clock_.now(), Milliseconds(0),
                       "{\"x\":\""
                       "\xff"
                       "\"}");
    origins_.put(origin);
    Origin odd = originOf("b");
    odd.pulse->beat(clock_.now(), Milliseconds(0), "no json " + Hostile);
    origins_.put(odd);
    streams_.all = {{Hostile, Hostile, {}, {}, 0, 0}};
    sessions_.all = {SessionView{1, Hostile, Hostile, Hostile, Hostile, 99, {}, {}}};
    start();
    const RawReply origins = get("/api/v1/origins");
    EXPECT_EQ(origins.json("origins[0].id"), HostileShown);
    EXPECT_EQ(origins.json("origins[0].reason"), HostileShown);
    EXPECT_EQ(origins.json("origins[0].extra.x"), "\xEF\xBF\xBD");
    EXPECT_EQ(origins.json("origins[1].extra"), "no json " + HostileShown);
    EXPECT_EQ(get("/api/v1/streams").json("streams[0].stream"), HostileShown);
    EXPECT_EQ(get("/api/v1/sessions").json("sessions[0].client"), HostileShown);
    EXPECT_EQ(get("/api/v1/sessions").json("sessions[0].role"), "unknown");
    for (const char c : origins.body.substr(0, origins.body.size() - 1)) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    }
}

} // namespace
} // namespace srsproxy
