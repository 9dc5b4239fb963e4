#include <gmock/gmock.h>

#include "fake_parts.h"

namespace srsproxy {
namespace {

using testing::HasSubstr;

using RegisterApi = SystemApiTest;

const std::string Body =
    R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","rtmp":["1935"]})";

TEST_F(RegisterApi, TakesWhatSrsSends) {
    start();
    const std::string folder = SRSPROXY_FIXTURES "/heartbeat/";
    for (const char* name : {"listen-ip-port", "listen-two-rtmp-ports", "no-device-ip-env",
                             "no-srt-no-rtc", "ports-on", "ports-on-summaries", "rtc-tcp"}) {
        const RawReply reply = enroll(fileText(folder + name + ".json"));
        EXPECT_EQ(reply.status, 200) << name << reply.body;
        EXPECT_EQ(reply.body, "{\"code\":0,\"pid\":\"4711\"}\n") << name;
        EXPECT_EQ(reply.header("Content-Type"), "application/json; charset=utf-8");
    }
    EXPECT_EQ(origins_.size(), 2u); // two addresses of one server id
}

TEST_F(RegisterApi, TakesTheCapturedRequestAsItIs) {
    start();
    RawClient client(server_->port());
    std::string text = fileText(SRSPROXY_FIXTURES "/heartbeat/ports-on.request.txt");
    if (text.find("\r\n") == std::string::npos) { // the capture is kept with plain line ends
        const size_t body = text.find("\n\n");
        std::string head = text.substr(0, body);
        for (size_t at = 0; (at = head.find('\n', at)) != std::string::npos; at += 2) {
            head.replace(at, 1, "\r\n");
        }
        text = head + "\r\n\r\n" + text.substr(body + 2);
    }
    client.send(text);
    EXPECT_EQ(client.reply().body, "{\"code\":0,\"pid\":\"4711\"}\n");
    EXPECT_NE(origins_.table()->find("acc-origin7-16979@127.0.0.1"), nullptr);
}

TEST_F(RegisterApi, SaysWhatAnOriginWithoutPortsHasToChange) {
    start();
    const RawReply reply = enroll(fileText(SRSPROXY_FIXTURES "/heartbeat/ports-off.json"));
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.json("error"), HasSubstr("rtmp"));
    EXPECT_EQ(origins_.size(), 0u);
}

TEST_F(RegisterApi, RefusesBadBodiesByFieldAndChangesNothing) {
    start();
    struct Row {
        std::string body;
        std::string field;
    };
    const Row rows[] = {
        {R"({"server":"s1","service":"a","pid":"1","rtmp":["1935"]})", "ip"},
        {R"({"ip":"","server":"s1","service":"a","pid":"1","rtmp":["1935"]})", "ip"},
        {R"({"ip":"not an ip","server":"s1","service":"a","pid":"1","rtmp":["1935"]})", "ip"},
        {R"({"ip":"10.0.0.1","service":"a","pid":"1","rtmp":["1935"]})", "server"},
        {R"({"ip":"10.0.0.1","server":"s1","pid":"1","rtmp":["1935"]})", "service"},
        {R"({"ip":"10.0.0.1","server":"s1","service":"a","rtmp":["1935"]})", "pid"},
        {R"({"ip":"10.0.0.1","server":[],"service":"a","pid":"1","rtmp":["1935"]})", "server"},
        {R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","rtmp":["70000"]})", "rtmp"},
        {R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","srt":[1]})", "srt[0]"},
        {R"({"ip":"10.0.0.1","server":"s1","service":"a","pid":"1","rtmp":["1935"],"weight":0})",
         "weight"},
        {R"({"ip":"10.0.0.1","server":"s1\u0000","service":"a","pid":"1","rtmp":["1935"]})",
         "server"},
        {"[]", "(none)"},
        {"\"rtmp\"", "(none)"},
        {"{", "(none)"},
        {"null", "(none)"},
        {std::string(20000, '['), "(none)"},
        {"{\"ip\":\"\xff\xfe\"}", "(none)"},
        {std::string("\0\0\0", 3), "(none)"},
    };
    for (const Row& row : rows) {
        const RawReply reply = enroll(row.body);
        SCOPED_TRACE(row.body.substr(0, 90) + " -> " + reply.body);
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(reply.json("code"), "400");
        EXPECT_NE(reply.json("error"), "(none)");
        EXPECT_EQ(reply.json("field"), row.field);
    }
    EXPECT_EQ(enroll("").status, 400);
    EXPECT_EQ(origins_.size(), 0u);
}

TEST_F(RegisterApi, WelcomesOriginsOfOneProtocol) {
    start();
    for (const char* service : {"rtmp", "http", "api", "srt", "rtc"}) {
        const std::string body = std::string(R"({"ip":"10.0.0.1","server":")") + service +
                                 R"(","service":"a","pid":"1",")" + service + R"(":["1234"]})";
        EXPECT_EQ(enroll(body).status, 200) << service;
    }
    EXPECT_EQ(origins_.size(), 5u);
}

TEST_F(RegisterApi, PassesOnTheRegistrysRefusal) {
    start();
    origins_.refusal = Error{"10000 origins are the limit", true};
    const RawReply full = enroll(Body);
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(full.json("error"), "10000 origins are the limit");
    origins_.refusal = Error{"set in the configuration", false};
    EXPECT_EQ(enroll(Body).status, 409);
    EXPECT_EQ(log_->count("10000 origins are the limit"), 1u);
}

TEST_F(RegisterApi, BoundsTheBody) {
    settings_.bodyLimitBytes = 200;
    start();
    EXPECT_EQ(enroll(Body).status, 200);
    EXPECT_EQ(enroll(Body + std::string(200, ' ')).status, 413);
    RawClient chunked(server_->port());
    chunked.send("POST /api/v1/srs/register HTTP/1.1\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100 && chunked.send("10\r\n                \r\n"); ++i) {
    }
    EXPECT_EQ(chunked.reply().status, 413);
}

TEST_F(RegisterApi, TakesPostOnly) {
    start();
    for (const char* method : {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
        const RawReply reply =
            request(method, "/api/v1/srs/register", {"Content-Type: application/json"},
                    std::string(method) == "HEAD" ? "" : Body);
        EXPECT_EQ(reply.status, 405) << method;
        EXPECT_EQ(reply.header("Allow"), "POST") << method;
    }
    EXPECT_EQ(origins_.size(), 0u);
}

TEST_F(RegisterApi, RefusesWhatAWebPageCanSend) {
    start();
    struct Row {
        std::vector<std::string> headers;
        int status;
    };
    const std::string json = "Content-Type: application/json";
    const Row rows[] = {
        {{json}, 200},
        {{"content-type: Application/JSON; charset=utf-8"}, 200},
        {{}, 415}, // a page's Blob without a type
        {{"Content-Type:"}, 415},
        {{"Content-Type: text/plain"}, 415},
        {{"Content-Type: text/plain; application/json"}, 415},
        {{"Content-Type: application/x-www-form-urlencoded"}, 415},
        {{"Content-Type: multipart/form-data; boundary=x"}, 415},
        {{"Content-Type: application/jsonp"}, 415},
        {{json, "Origin: http://evil.example"}, 403},
        {{json, "Origin: null"}, 403},
        {{json, "Origin: http://proxy"}, 403}, // a name that was rebound to us looks like this
        {{json, "Sec-Fetch-Site: cross-site"}, 403},
    };
    for (const Row& row : rows) {
        const RawReply reply = request("POST", "/api/v1/srs/register", row.headers, Body);
        EXPECT_EQ(reply.status, row.status) << testing::PrintToString(row.headers) << reply.body;
        EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "");
        const bool registered = origins_.remove("s1@10.0.0.1", "");
        EXPECT_EQ(registered, row.status == 200) << testing::PrintToString(row.headers);
    }
}

TEST_F(RegisterApi, LogsWhoAndWhatButNotEachHeartbeat) {
    start();
    enroll(Body);
    enroll(Body);
    enroll(R"({"ip":"10.0.0.1","server":"s1","service":"b","pid":"2","rtmp":["1935"]})");
    enroll("{}");
    request("POST", "/api/v1/srs/register?token=hidden", {"Content-Type: text/plain"}, Body);
    std::vector<std::pair<int32_t, std::string>> lines;
    for (const auto& entry : log_->entries()) {
        lines.emplace_back(entry.level, entry.message);
        EXPECT_THAT(entry.line, HasSubstr("127.0.0.1:")) << entry.line;
        EXPECT_THAT(entry.line, testing::Not(HasSubstr("hidden")));
    }
    const std::string call = "POST /api/v1/srs/register";
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(lines[0], std::pair(int32_t(LogInfo), call + ": s1@10.0.0.1 registered"));
    EXPECT_EQ(lines[1], std::pair(int32_t(LogDebug), call + ": s1@10.0.0.1 is alive"));
    EXPECT_EQ(lines[2], std::pair(int32_t(LogInfo), call + ": s1@10.0.0.1 registered"));
    EXPECT_EQ(lines[3].first, LogWarning);
    EXPECT_EQ(lines[4], std::pair(int32_t(LogWarning), call));
}

} // namespace
} // namespace srsproxy
