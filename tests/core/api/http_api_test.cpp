#include "core/api/http_api.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/http_server.h"
#include "core/base/abi.h"
#include "core/base/log_memory.h"
#include "raw_client.h"

namespace srsproxy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void respond(IHttpResponder* responder, int32_t status, std::string_view body,
             std::vector<HttpField> fields = {}) {
    HttpResponse response{};
    response.structSize = sizeof(response);
    response.status = status;
    response.fields = fields.data();
    response.fieldCount = fields.size();
    response.body = str(body);
    responder->respond(&response);
}

/// A plugin: keeps the responders, or does what the test says at once.
class TestHandler final : public IHttpHandler {
public:
    void handle(const HttpRequest* request, IHttpResponder* responder) noexcept override {
        if (atOnce) {
            atOnce(*request, responder);
            return;
        }
        const std::lock_guard lock(mutex_);
        kept_.push_back(responder);
        came_.notify_all();
    }
    /// The next responder that was kept.
    IHttpResponder* take() {
        std::unique_lock lock(mutex_);
        came_.wait_for(lock, 10s, [&] { return taken_ < kept_.size(); });
        return kept_.at(taken_++);
    }

    std::function<void(const HttpRequest&, IHttpResponder*)> atOnce;

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<IHttpResponder*> kept_;
    size_t taken_ = 0;
};

class HttpApiTest : public testing::Test {
protected:
    void start(Milliseconds timeout = 10s) {
        HttpServerOptions options;
        options.listen = {{"127.0.0.1", 0}};
        options.setting = "http_api.listen";
        options.serverName = "srs-proxy/1.2.3";
        options.requestTimeout = timeout;
        options.maxThreads = 4;
        auto server = HttpServer::open(options, api_, Log(log_, "http"));
        ASSERT_TRUE(server);
        server_ = std::move(*server);
        server_->start();
    }
    ~HttpApiTest() override {
        api_.stop();
        if (server_) {
            server_->stop();
        }
    }
    RawReply get(const std::string& target) { return call(server_->port(), "GET", target); }

    std::shared_ptr<MemoryLogSink> log_ = std::make_shared<MemoryLogSink>();
    TestHandler handler_;
    HttpApi api_{{"1.2.3", "4711"}, Log(log_, "http")};
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpApiTest, TellsTheVersionAndNothingElse) {
    start();
    const RawReply versions = get("/api/v1/versions");
    EXPECT_EQ(versions.json("signature"), "SRSProxy");
    EXPECT_EQ(versions.json("version"), "1.2.3");
    EXPECT_EQ(versions.json("data.major"), "1");
    EXPECT_EQ(call(server_->port(), "POST", "/api/v1/versions").status, 405);
    EXPECT_EQ(call(server_->port(), "POST", "/api/v1/versions").header("Allow"), "GET, HEAD");
    EXPECT_EQ(get("/rtc/v1/whip/").status, 404);
    EXPECT_EQ(get("/rtc/v1/whip/").json("code"), "404");
    EXPECT_EQ(get("/api/v1/origins").status, 404);
}

TEST_F(HttpApiTest, HandsThePluginTheWholeCall) {
    std::string seen;
    handler_.atOnce = [&](const HttpRequest& request, IHttpResponder* responder) {
        seen = std::string(view(request.method)) + " " + std::string(view(request.target)) + " " +
               std::string(view(request.body)) + " " + std::to_string(request.structSize);
        EXPECT_TRUE(view(request.client).starts_with("127.0.0.1:"));
        for (uint32_t i = 0; i < request.fieldCount; ++i) {
            if (view(request.fields[i].name) == "Content-Type") {
                seen += " " + std::string(view(request.fields[i].value));
            }
        }
        const std::string answer = "v=0"; // gone when respond() returns
        respond(responder, 201, answer,
                {{str("Location"), str("/rtc/v1/whip/?x=1")},
                 {str("ETag"), str("\"e\"")},
                 {str("Content-Length"), str("999")},
                 {str("X-Bad"), str("a\nb")}});
    };
    EXPECT_EQ(api_.routes().add(str("/rtc/v1/"), &handler_), StatusOk);
    start();
    const RawReply reply = call(server_->port(), "POST", "/rtc/v1/whip/?app=live&stream=a%2Fb",
                                {"Content-Type: application/sdp"}, "offer");
    EXPECT_EQ(seen, "POST /rtc/v1/whip/?app=live&stream=a%2Fb offer 112 application/sdp");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.body, "v=0");
    EXPECT_EQ(reply.header("Location"), "/rtc/v1/whip/?x=1");
    EXPECT_EQ(reply.header("ETag"), "\"e\"");
    EXPECT_EQ(reply.header("X-Bad"), "");
}

TEST_F(HttpApiTest, LongestPrefixWins) {
    TestHandler longer;
    handler_.atOnce = [](const HttpRequest&, IHttpResponder* r) { respond(r, 200, "short"); };
    longer.atOnce = [](const HttpRequest&, IHttpResponder* r) { respond(r, 200, "long"); };
    IHttpRoutes& routes = api_.routes();
    EXPECT_EQ(routes.add(str("/a/"), &handler_), StatusOk);
    EXPECT_EQ(routes.add(str("/a/b/"), &longer), StatusOk);
    EXPECT_EQ(routes.add(str("/a/"), &longer), StatusBadArgument);
    EXPECT_EQ(routes.add(str("/c/"), nullptr), StatusBadArgument);
    EXPECT_EQ(routes.add(str("c/"), &longer), StatusBadArgument);
    EXPECT_EQ(routes.add(Str{nullptr, 0}, &longer), StatusBadArgument);
    EXPECT_EQ(routes.add(str("/" + std::string(300, 'x')), &longer), StatusBadArgument);
    start();
    EXPECT_EQ(get("/a/").body, "short");
    EXPECT_EQ(get("/a/bc").body, "short");
    EXPECT_EQ(get("/a/b/c").body, "long");
    EXPECT_EQ(get("/x?y=/a/").status, 404);
    routes.remove(str("/a/b/"));
    EXPECT_EQ(get("/a/b/c").body, "short");
    routes.remove(str("/a/"));
    routes.remove(str("/a/"));
    EXPECT_EQ(get("/a/b/c").status, 404);
}

TEST_F(HttpApiTest, BoundsTheTableOfPrefixes) {
    int32_t last = StatusOk;
    for (int i = 0; i < 300; ++i) {
        last = api_.routes().add(str("/" + std::to_string(i)), &handler_);
    }
    EXPECT_EQ(last, StatusLimit);
}

TEST_F(HttpApiTest, WaitsForAnAnswerFromAnotherThread) {
    api_.routes().add(str("/p/"), &handler_);
    start();
    RawClient client(server_->port());
    client.send("GET /p/ HTTP/1.1\r\n\r\n");
    IHttpResponder* responder = handler_.take();
    EXPECT_FALSE(client.readable(0));
    respond(responder, 200, "later");
    EXPECT_EQ(client.reply().body, "later");
    respond(responder, 200, "twice");
    EXPECT_EQ(log_->count("answered a call on the HTTP API twice"), 1u);
    client.send("GET /p/ HTTP/1.1\r\n\r\n");
    respond(handler_.take(), 200, "next");
    EXPECT_EQ(client.reply().body, "next");
}

TEST_F(HttpApiTest, AnswersWhenThePluginDoesNot) {
    api_.routes().add(str("/p/"), &handler_);
    start(200ms);
    RawClient client(server_->port());
    client.send("GET /p/ HTTP/1.1\r\n\r\n");
    IHttpResponder* responder = handler_.take();
    EXPECT_EQ(client.reply().status, 504);
    respond(responder, 200, "too late");
    respond(responder, 200, "and again");
    EXPECT_EQ(log_->count("got no answer from its plugin"), 1u);
    EXPECT_EQ(log_->count("twice"), 1u);
    client.send("GET /api/v1/versions HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.reply().status, 200); // the late answer went nowhere
}

TEST_F(HttpApiTest, KeepsNothingUnboundedForAPluginThatNeverAnswers) {
    HttpRoutes routes(Log(log_, "http"));
    routes.add(str("/p/"), &handler_);
    HttpCall call;
    call.method = "GET";
    call.path = "/p/";
    call.deadline = std::chrono::steady_clock::now(); // none waits
    for (int i = 0; i < 1024; ++i) {
        ASSERT_EQ(routes.serve(call)->status, 504) << i;
    }
    EXPECT_EQ(routes.serve(call)->status, 503);
    EXPECT_EQ(log_->count("owes 1024 answers"), 1u);
    respond(handler_.take(), 200, "late");
    EXPECT_EQ(routes.serve(call)->status, 504);
}

TEST_F(HttpApiTest, RefusesAnswersThatCannotBeSent) {
    const std::function<void(HttpResponse&)> rows[] = {
        [](HttpResponse& r) { r.status = 0; },
        [](HttpResponse& r) { r.status = 101; },
        [](HttpResponse& r) { r.status = 1000; },
        [](HttpResponse& r) { r.fieldCount = ~0ull; },
        [](HttpResponse& r) { r.fieldCount = 1; },
        [](HttpResponse& r) { r.body.size = 1ull << 40; },
        [](HttpResponse& r) { r.structSize = 8; },
    };
    api_.routes().add(str("/p/"), &handler_);
    start();
    for (const auto& spoil : rows) {
        handler_.atOnce = [&](const HttpRequest&, IHttpResponder* responder) {
            HttpResponse response{};
            response.structSize = sizeof(response);
            response.status = 200;
            spoil(response);
            responder->respond(&response);
        };
        EXPECT_EQ(get("/p/").status, 502);
    }
    handler_.atOnce = [](const HttpRequest&, IHttpResponder* r) { r->respond(nullptr); };
    EXPECT_EQ(get("/p/").status, 502);
    EXPECT_EQ(log_->count("cannot be sent"), 8u);
}

TEST_F(HttpApiTest, RemoveWaitsForRunningCalls) {
    std::mutex mutex;
    std::condition_variable changed;
    bool inside = false;
    bool release = false;
    handler_.atOnce = [&](const HttpRequest&, IHttpResponder* responder) {
        std::unique_lock lock(mutex);
        if (!inside) { // the first call stays in here
            inside = true;
            changed.notify_all();
            changed.wait_for(lock, 10s, [&] { return release; });
        }
        respond(responder, 200, "done");
    };
    api_.routes().add(str("/p/"), &handler_);
    start();
    RawClient client(server_->port());
    client.send("GET /p/ HTTP/1.1\r\n\r\n");
    bool removed = false;
    std::thread remover;
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, 10s, [&] { return inside; }));
        remover = std::thread([&] {
            api_.routes().remove(str("/p/"));
            const std::lock_guard held(mutex);
            removed = true;
        });
    }
    while (get("/p/").status != 404) { // out of the table; a call may still be inside
    }
    {
        const std::lock_guard lock(mutex);
        EXPECT_FALSE(removed);
        release = true;
        changed.notify_all();
    }
    remover.join();
    EXPECT_TRUE(removed);
    EXPECT_EQ(client.reply().body, "done");
}

TEST_F(HttpApiTest, StopAnswersThoseThatWait) {
    api_.routes().add(str("/p/"), &handler_);
    start(60s);
    RawClient client(server_->port());
    client.send("GET /p/ HTTP/1.1\r\n\r\n");
    IHttpResponder* responder = handler_.take();
    api_.stop();
    EXPECT_EQ(client.reply().status, 503);
    server_->stop();
    respond(responder, 200, "after the end");
}

} // namespace
} // namespace srsproxy
