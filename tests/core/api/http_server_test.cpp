#include "core/api/http_server.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/log_memory.h"
#include "raw_client.h"

namespace srsproxy {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;

/// Answers with what it was asked; some paths do special things.
class EchoHandler final : public HttpHandler {
public:
    std::optional<HttpReply> screen(const HttpCall& head) override {
        return head.path == "/refused" ? std::optional(errorReply(403, "not you")) : std::nullopt;
    }
    HttpReply answer(const HttpCall& call) override {
        ++answered;
        if (call.path == "/throws") {
            throw std::runtime_error("secret detail");
        }
        if (call.path == "/inject") {
            return {200,
                    {{"X-Good", "yes"},
                     {"X-Bad", "a\r\nSet-Cookie: b"},
                     {"No Name", "x"},
                     {"Content-Length", "9999"}},
                    "ok"};
        }
        if (call.path == "/nothing") {
            return {204, {}, {}};
        }
        if (call.path == "/big") {
            return {200, {}, std::string(8 * 1024 * 1024, 'x')};
        }
        const std::string* header = call.header("x-test");
        return {200,
                {},
                call.method + "|" + call.path + "|" + call.query + "|" + call.clientAddress + "|" +
                    (header ? *header : "") + "|" + call.body};
    }
    std::atomic<int> answered{0};
};

class HttpServerTest : public testing::Test {
protected:
    HttpServerTest() {
        options_.listen = {{"127.0.0.1", 0}};
        options_.setting = "system_api.listen";
        options_.serverName = "srs-proxy/1.2.3";
        options_.bodyLimitBytes = 1000;
    }
    uint16_t start() {
        auto server = HttpServer::open(options_, handler_, Log(log_, "http"));
        EXPECT_TRUE(server) << server.error().message;
        server_ = std::move(*server);
        server_->start();
        return server_->port();
    }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    HttpServerOptions options_;
    EchoHandler handler_;
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, PassesTheCallAndAddsItsHeaders) {
    const RawReply reply = call(start(), "PUT", "/a%2Fb?x=1&y", {"X-Test: v"}, "hello");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "PUT|/a%2Fb|x=1&y|127.0.0.1|v|hello");
    EXPECT_EQ(reply.header("Server"), "srs-proxy/1.2.3");
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_THAT(reply.header("Date"), HasSubstr("GMT"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoProperRequest) {
    const uint16_t port = start();
    const std::string longHeader = "X-A: " + std::string(9000, 'a') + "\r\n";
    std::string manyHeaders;
    for (int i = 0; i < 101; ++i) {
        manyHeaders += "X-" + std::to_string(i) + ": 1\r\n";
    }
    std::string hugeHead;
    for (int i = 0; i < 20; ++i) {
        hugeHead += "X-" + std::to_string(i) + ": " + std::string(8000, 'a') + "\r\n";
    }
    struct Row {
        std::string name;
        std::string bytes;
        int status;
    };
    const Row rows[] = {
        {"an RTMP handshake", std::string(1, '\3') + std::string(1536, '\x80') + "\r\n\r\n", 400},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
        {"no path", "GET  HTTP/1.1\r\n\r\n", 400},
        {"a whole URL", "GET http://proxy/ HTTP/1.1\r\n\r\n", 400},
        {"CONNECT", "CONNECT proxy:1 HTTP/1.1\r\n\r\n", 400},
        {"another version", "GET / HTTP/2.0\r\n\r\n", 505},
        {"a method with odd bytes", "G\xc3\xa4T / HTTP/1.1\r\n\r\n", 400},
        {"a long method", std::string(40, 'A') + " / HTTP/1.1\r\n\r\n", 400},
        {"a long target", "GET /" + std::string(17000, 'a') + " HTTP/1.1\r\n\r\n", 400},
        {"a long header", "GET / HTTP/1.1\r\n" + longHeader + "\r\n", 400},
        {"many headers", "GET / HTTP/1.1\r\n" + manyHeaders + "\r\n", 400},
        {"a huge head", "GET / HTTP/1.1\r\n" + hugeHead + "\r\n", 431},
        {"a length that is no number", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
        {"a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nab", 400},
        {"length and chunks",
         "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"gzip", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"a chunk size that is none",
         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", 400},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        RawClient client(port);
        client.send(row.bytes);
        client.finish();
        const RawReply reply = client.reply();
        EXPECT_EQ(reply.status, row.status) << reply.body;
        EXPECT_EQ(reply.json("code"), std::to_string(row.status)) << reply.body;
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(handler_.answered, 0);
}

TEST_F(HttpServerTest, BoundsBodies) {
    const uint16_t port = start();
    EXPECT_EQ(call(port, "POST", "/", {}, std::string(1000, 'a')).status, 200);
    EXPECT_EQ(call(port, "POST", "/", {}, std::string(1001, 'a')).status, 413);

    RawClient announced(port);
    announced.send("POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n");
    EXPECT_EQ(announced.reply().status, 413);

    RawClient chunked(port);
    chunked.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 200 && chunked.send("a\r\n0123456789\r\n"); ++i) {
    }
    EXPECT_EQ(chunked.reply().status, 413);

    RawClient endless(port); // a chunk's extension has no length of its own
    endless.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    for (int i = 0; i < 200 && endless.send(std::string(1000, 'x')); ++i) {
    }
    EXPECT_EQ(endless.reply().status, 413);
    EXPECT_EQ(handler_.answered, 1);
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
    RawClient client(start());
    client.send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                "4\r\nabcd\r\n2;ext=1\r\nef\r\n0\r\n\r\n");
    EXPECT_EQ(client.reply().body, "POST|/c||127.0.0.1||abcdef");
    client.send("GET /again HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.reply().body, "GET|/again||127.0.0.1||");
}

TEST_F(HttpServerTest, RefusesABodyThatEndsEarly) {
    const uint16_t port = start();
    for (const char* body :
         {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"}) {
        RawClient client(port);
        client.send(std::string("POST / HTTP/1.1\r\n") + body);
        client.finish();
        EXPECT_EQ(client.reply().status, 400) << body;
    }
    EXPECT_EQ(handler_.answered, 0);
}

TEST_F(HttpServerTest, KeepsConnectionsAndTakesPipelinedCalls) {
    RawClient client(start());
    client.send("GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
                "POST /3 HTTP/1.1\r\n\r\nGET /4 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.reply().body, "GET|/1||127.0.0.1||");
    EXPECT_EQ(client.reply().body, "POST|/2||127.0.0.1||hi");
    EXPECT_EQ(client.reply().header("Connection"), "keep-alive");
    EXPECT_EQ(client.reply().header("Connection"), "close");
    EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
    RawClient client(start());
    client.send("HEAD / HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.reply(true).header("Content-Length"), "19");
    const RawReply empty = client.reply();
    EXPECT_EQ(empty.status, 204);
    EXPECT_EQ(empty.header("Content-Length"), "");
}

TEST_F(HttpServerTest, AsksForABodyThatWaitsForIt) {
    RawClient client(start());
    client.send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.reply().status, 100);
    client.send("ok");
    EXPECT_EQ(client.reply().body, "POST|/||127.0.0.1||ok");
}

TEST_F(HttpServerTest, RefusesBeforeTheBodyIsRead) {
    RawClient client(start());
    client.send("POST /refused HTTP/1.1\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.reply().status, 403);
    EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, HidesWhyAHandlerFailed) {
    const RawReply reply = call(start(), "GET", "/throws");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, testing::Not(HasSubstr("secret")));
    EXPECT_EQ(log_->count("secret detail"), 1u);
}

TEST_F(HttpServerTest, LetsNoHandlerBreakTheFraming) {
    const RawReply reply = call(start(), "GET", "/inject");
    EXPECT_EQ(reply.body, "ok");
    EXPECT_EQ(reply.header("X-Good"), "yes");
    EXPECT_EQ(reply.header("X-Bad"), "");
    EXPECT_EQ(reply.header("Set-Cookie"), "");
}

TEST_F(HttpServerTest, EndsSlowClients) {
    options_.requestTimeout = 400ms;
    options_.headTimeout = 300ms;
    const uint16_t port = start();
    for (const char* begin :
         {"GET / HTTP/1.1\r\nX-A: ", "POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"}) {
        SCOPED_TRACE(begin);
        const auto since = steady_clock::now();
        RawClient client(port);
        client.send(begin);
        while (!client.readable(50) && client.send("a")) { // never pauses for long
        }
        EXPECT_EQ(client.reply().status, 408);
        EXPECT_LT(steady_clock::now() - since, 5s);
    }
    RawClient silent(port);
    EXPECT_TRUE(silent.closed());
    EXPECT_EQ(handler_.answered, 0);
}

TEST_F(HttpServerTest, EndsClientsThatDoNotRead) {
    options_.requestTimeout = 300ms;
    options_.headTimeout = 300ms;
    options_.maxThreads = 1;
    const uint16_t port = start();
    RawClient stuck(port);
    stuck.send("GET /big HTTP/1.1\r\n\r\n");
    EXPECT_EQ(call(port, "GET", "/next").status, 200); // the only thread came back
}

TEST_F(HttpServerTest, TakesTheThreadOfIdleConnectionsWhenOthersWait) {
    options_.maxThreads = 1;
    options_.keepAliveTimeout = 60s;
    options_.headTimeout = 60s;
    options_.requestTimeout = 60s;
    const uint16_t port = start();
    RawClient silent(port);
    RawClient idle(port);
    idle.send("GET /1 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(idle.reply().status, 200);
    EXPECT_EQ(call(port, "GET", "/2").status, 200);
    EXPECT_TRUE(silent.closed());
    EXPECT_TRUE(idle.closed());
}

TEST_F(HttpServerTest, OneClientCannotKeepAllThreadsFromTheOthers) {
    options_.maxThreads = 8;
    options_.headTimeout = 2s;
    const uint16_t port = start();
    std::vector<std::unique_ptr<RawClient>> halves;
    for (int i = 0; i < 60; ++i) {
        halves.push_back(std::make_unique<RawClient>(port));
        halves.back()->send("GET / HTTP/1.1\r\nX: ");
    }
    // Each could hold a thread for two seconds; the client gives up after ten.
    EXPECT_EQ(call(port, "GET", "/").status, 200);
}

TEST_F(HttpServerTest, NamesTheTakenPortAndTheSetting) {
    options_.listen = {{"127.0.0.1", start()}};
    EchoHandler other;
    const auto second = HttpServer::open(options_, other, Log(log_, "http"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message,
              "cannot listen on 127.0.0.1:" + std::to_string(server_->port()) +
                  ": the port is in use by another process; change system_api.listen");
    options_.listen[0].host = ""; // all addresses: the same port is taken there too
    EXPECT_FALSE(HttpServer::open(options_, other, Log(log_, "http")));
}

TEST_F(HttpServerTest, NamesAnAddressThatIsNotOurs) {
    options_.listen = {{"192.0.2.1", 0}};
    const auto server = HttpServer::open(options_, handler_, Log(log_, "http"));
    ASSERT_FALSE(server);
    EXPECT_THAT(server.error().message, HasSubstr("192.0.2.1:0: this machine does not have"));
}

TEST_F(HttpServerTest, ListensOnEveryAddressGiven) {
    options_.listen = {{"127.0.0.1", 0}, {"::1", 0}, {"", 0}};
    start();
    const std::vector<HttpListen> bound = server_->bound();
    ASSERT_EQ(bound.size(), 3u);
    const std::pair<std::string, size_t> rows[] = {
        {"127.0.0.1", 0}, {"::1", 1}, {"127.0.0.1", 2}, {"::1", 2}};
    for (const auto& [host, index] : rows) {
        RawClient client(bound[index].port, host);
        client.send("GET / HTTP/1.1\r\n\r\n");
        // A client that comes by IPv4 to an IPv6 socket is shown as IPv4.
        EXPECT_EQ(client.reply().body, "GET|/||" + host + "||");
    }
}

TEST_F(HttpServerTest, StopsWithConnectionsOpen) {
    options_.keepAliveTimeout = 60s;
    options_.headTimeout = 60s;
    options_.requestTimeout = 60s;
    const uint16_t port = start();
    RawClient idle(port);
    idle.send("GET /1 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(idle.reply().status, 200);
    RawClient half(port);
    half.send("POST /2 HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(half.reply().status, 100);
    const auto since = steady_clock::now();
    server_->stop();
    EXPECT_LT(steady_clock::now() - since, 5s);
    EXPECT_TRUE(idle.closed());
    EXPECT_EQ(half.reply().status, 503);
    EXPECT_THROW(RawClient{port}, std::runtime_error);
}

} // namespace
} // namespace srsproxy
