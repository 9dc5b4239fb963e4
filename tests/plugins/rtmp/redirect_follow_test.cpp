/// An origin that sends a stream elsewhere: the client is told, or the proxy goes there itself.

#include "plugins/rtmp/detour.h"
#include "tests/plugins/rtmp/resume_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

Config followingConfig() {
    Config config = resumingConfig();
    config.followRedirects = true;
    return config;
}

std::string urlOf(const OpenPort& port, const std::string& path) {
    return "rtmp://127.0.0.1:" + std::to_string(port.port()) + path;
}

/// The info of a rejection that says where to go, as SRS sends it.
Bytes rejection(std::string_view command, double transaction, const std::string& redirect,
                const std::string& redirect2 = "") {
    Bytes payload;
    Amf0Writer writer(payload);
    writer.string(command).number(transaction).null().beginObject();
    writer.key("level").string("error");
    writer.key("code").string("NetConnection.Connect.Rejected");
    writer.key("description").string("go there");
    writer.key("ex").beginObject().key("code").number(302).key("redirect").string(redirect);
    if (!redirect2.empty()) {
        writer.key("redirect2").string(redirect2);
    }
    writer.endObject().endObject();
    return payload;
}

Bytes reconnectRequest(const std::string& tcUrl) {
    Bytes payload;
    Amf0Writer writer(payload);
    writer.string("onStatus").number(0).null().beginObject();
    writer.key("level").string("status");
    writer.key("code").string("NetConnection.Connect.ReconnectRequest");
    if (!tcUrl.empty()) {
        writer.key("tcUrl").string(tcUrl);
    }
    writer.endObject();
    return payload;
}

/// A client that asks for "cam"; the origin `first` sends it to `second`, or elsewhere.
struct Sent {
    explicit Sent(const Config& config, const char* role = "publish", bool more = false)
        : proxy(config) {
        std::deque<Route> routes{Route::to(first.port())};
        if (more) {
            routes.push_back(Route::to(third.port()));
        }
        proxy.sessions.script("cam", routes);
        client = proxy.connect();
        client.askFor(role, "cam");
    }
    OpenPort first;
    OpenPort second;
    OpenPort third;
    Proxy proxy;
    Client client;
};

/// What the target is asked for.
struct AskedFor {
    explicit AskedFor(OpenPort& port) : origin(port.accept()) {
        origin.raw(C0C1Bytes);
        Bytes answer(S0S1S2Bytes);
        answer[0] = RtmpVersion;
        origin.send(answer);
        origin.raw(C2Bytes);
        const Kept connect = origin.nextCommand("connect");
        const auto parsed = parseConnect(*parseCommand(connect.message.type, connect.payload));
        app = parsed->app;
        tcUrl = parsed->tcUrl;
        Bytes payload;
        appendConnectResult(payload, 1);
        origin.command(0, payload);
        const Kept create = origin.nextCommand("createStream");
        payload.clear();
        appendCreateStreamResult(payload,
                                 parseCommand(create.message.type, create.payload)->transactionId,
                                 OriginStream);
        origin.command(0, payload);
        for (origin.role = ""; origin.role.empty();) {
            const Kept kept = origin.next();
            const std::string name = isCommand(kept.message.type) ? kept.commandName() : "";
            if (name == "publish" || name == "play") {
                origin.role = name;
                stream = *stringArgument(*parseCommand(kept.message.type, kept.payload), 1);
            }
        }
        origin.accept();
    }
    OriginPeer origin;
    std::string app;
    std::string tcUrl;
    std::string stream;
};

TEST(RedirectFollow, PassedOnTheClientReadsWhereToGo) {
    for (const bool atConnect : {true, false}) {
        SCOPED_TRACE(atConnect ? "connect" : "publish");
        Sent sent(resumingConfig());
        OriginPeer origin = sent.first.accept(atConnect ? Stage::Greeted : Stage::Asked);
        const std::string url = urlOf(sent.second, "/live");
        origin.command(0, atConnect ? rejection("_error", 1, url)
                                    : rejection("onStatus", 0, url, url + "/other"));
        const Kept told = sent.client.nextCommand("onStatus");
        EXPECT_EQ(told.statusCode(), "NetConnection.Connect.Rejected");
        const auto answer = parseAnswer(*parseCommand(told.message.type, told.payload));
        const auto redirect = findRedirect(*answer);
        ASSERT_TRUE(redirect);
        EXPECT_EQ(redirect->url, atConnect ? url : url + "/other");
        sent.client.leave();
        const Seen seen = sent.proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseOriginRefused);
        EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeDeclined});
    }
}

TEST(RedirectFollow, FollowedTheClientHearsOfTheEndOnly) {
    for (const char* role : {"publish", "play"}) {
        for (const bool atConnect : {true, false}) {
            SCOPED_TRACE(std::string(role) + (atConnect ? " at connect" : " when asked"));
            Sent sent(followingConfig(), role);
            OriginPeer origin = sent.first.accept(atConnect ? Stage::Greeted : Stage::Asked);
            const std::string url = urlOf(sent.second, "/elsewhere");
            origin.command(0, atConnect ? rejection("_error", 1, url)
                                        : rejection("onStatus", 0, url, url + "/other?k=v"));
            AskedFor target(sent.second);
            EXPECT_EQ(target.app, "elsewhere");
            EXPECT_EQ(target.tcUrl, url);
            EXPECT_EQ(target.stream, atConnect ? "cam" : "other?k=v");
            EXPECT_EQ(sent.client.told().second, "go");
            EXPECT_EQ(origin.end(), End::Fin);
            const Frames frames = someFrames(1, 5);
            if (target.origin.role == "publish") {
                sent.client.send(encode(sent.client.writer, ClientStream, frames));
                EXPECT_EQ(receive(target.origin, OriginStream, frames.size()), frames);
            } else {
                target.origin.send(encode(target.origin.writer, OriginStream, frames));
                EXPECT_EQ(receive(sent.client, ClientStream, frames.size()), frames);
            }
            const Seen seen = sent.proxy.sessions.seen(0);
            EXPECT_EQ(seen.url, "rtmp://h/live/cam");
            EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeAccepted});
        }
    }
}

TEST(RedirectFollow, AReconnectRequestBeforeTheYesIsFollowed) {
    struct {
        const char* path;
        const char* app;
    } rows[] = {{"/elsewhere", "elsewhere"}, {"/live/deep?k=v", "live/deep?k=v"}};
    for (const auto& row : rows) {
        Sent sent(followingConfig());
        OriginPeer origin = sent.first.accept(Stage::Asked);
        const std::string url = urlOf(sent.second, row.path);
        origin.command(0, reconnectRequest(url));
        AskedFor target(sent.second);
        EXPECT_EQ(target.app, row.app);
        EXPECT_EQ(target.tcUrl, url);
        EXPECT_EQ(sent.client.told().second, "go");
    }
}

TEST(RedirectFollow, RelativeToTheOriginNotToTheProxy) {
    Sent sent(followingConfig());
    OriginPeer origin = sent.first.accept(Stage::Greeted);
    origin.command(0, reconnectRequest("/elsewhere"));
    AskedFor target(sent.first);
    EXPECT_EQ(target.app, "elsewhere");
    EXPECT_EQ(target.tcUrl, urlOf(sent.first, "/elsewhere"));
}

TEST(RedirectFollow, AReconnectRequestInMidStreamIsFollowedAsARunningStream) {
    for (const char* role : {"publish", "play"}) {
        SCOPED_TRACE(role);
        Resumable stream(followingConfig(), role);
        const Frames frames = joined({heads(), {keyFrame(0), interFrame(40)}});
        const bool publishes = stream.role == "publish";
        if (publishes) {
            stream.publish(stream.one, frames);
        } else {
            stream.one.send(encode(stream.one.writer, OriginStream, frames));
            EXPECT_EQ(receive(stream.client, ClientStream, frames.size()), frames);
        }
        OpenPort port;
        stream.one.command(0, reconnectRequest(urlOf(port, "/elsewhere")));
        AskedFor target(port);
        EXPECT_EQ(target.app, "elsewhere");
        EXPECT_EQ(stream.one.end(), End::Fin);
        if (publishes) {
            EXPECT_EQ(receive(target.origin, OriginStream, frames.size()), frames);
            stream.publish(target.origin, {interFrame(80)});
        } else {
            target.origin.send(encode(target.origin.writer, OriginStream, frames));
            const Frames got = receive(stream.client, ClientStream, frames.size());
            EXPECT_EQ(got.back().payload, frames.back().payload);
            EXPECT_GE(got.front().timestampMs, 40u);
        }
        stream.expectNothingTold();
        stream.expectCounted(1, 0);
        EXPECT_EQ(stream.proxy.sessions.seen(0).outcomes, std::vector<int32_t>(2, OutcomeAccepted))
            << "nothing is wrong with the origin";
    }
}

TEST(RedirectFollow, AReconnectRequestIsPassedOnWhereItIsNotFollowed) {
    for (const bool noResume : {true, false}) {
        Config config = followingConfig();
        config.resume = !noResume;
        config.followRedirects = noResume;
        Resumable stream(config);
        const Bytes request = reconnectRequest("rtmp://elsewhere/live");
        stream.one.command(0, request);
        EXPECT_EQ(stream.client.nextCommand("onStatus").payload, request);
        stream.publish(stream.one, someFrames(1, 3)); // the old one goes on until the client leaves
    }
}

TEST(RedirectFollow, ACircleEnds) {
    Sent sent(followingConfig());
    const std::string url = urlOf(sent.first, "/live");
    for (unsigned step = 0; step <= Detour::MaxSteps; ++step) {
        OriginPeer origin = sent.first.accept(Stage::Greeted);
        origin.command(0, rejection("_error", 1, url));
        EXPECT_EQ(origin.end(), End::Fin);
    }
    EXPECT_EQ(sent.client.told().first, "NetConnection.Connect.Rejected");
    sent.client.leave();
    EXPECT_EQ(sent.proxy.sessions.waitClosed().cause, CauseOriginRefused);
}

TEST(RedirectFollow, AUrlThatIsNoUseIsToldToTheClient) {
    for (const char* url : {"http://h/live", "rtmp://", "rtmp://user:secret@h/live"}) {
        SCOPED_TRACE(url);
        Sent sent(followingConfig());
        OriginPeer origin = sent.first.accept(Stage::Asked);
        origin.command(0, rejection("onStatus", 0, url));
        EXPECT_EQ(sent.client.told().first, "NetConnection.Connect.Rejected");
        sent.client.leave();
        EXPECT_EQ(sent.proxy.sessions.waitClosed().cause, CauseOriginRefused);
        EXPECT_EQ(sent.proxy.log.lines("redirect").size(), 1u);
    }
}

TEST(RedirectFollow, ATargetThatIsNotThereIsFollowedByTheNextOrigin) {
    const std::string urls[] = {
        "rtmp://" + std::string(64, 'x') + ".invalid/live", // no name: a label has 63 at most
        urlOf(OpenPort(), "/live"),
    };
    for (const std::string& url : urls) {
        SCOPED_TRACE(url);
        Sent sent(followingConfig(), "publish", true);
        OriginPeer origin = sent.first.accept(Stage::Asked);
        origin.command(0, rejection("onStatus", 0, url));
        OriginPeer next = sent.third.accept(Stage::Running);
        EXPECT_EQ(sent.client.told().second, "go");
        const Seen seen = sent.proxy.sessions.seen(0);
        EXPECT_EQ(seen.outcomes, (std::vector<int32_t>{OutcomeDeclined, OutcomeAccepted}))
            << "the origin itself is sound";
    }
}

TEST(RedirectFollow, TheClientMayLeaveMeanwhile) {
    DeafPort deaf;
    Sent sent(followingConfig());
    OriginPeer origin = sent.first.accept(Stage::Asked);
    origin.command(
        0, rejection("onStatus", 0, "rtmp://127.0.0.1:" + std::to_string(deaf.port()) + "/live"));
    EXPECT_EQ(origin.end(), End::Fin);
    sent.client.leave();
    EXPECT_EQ(sent.proxy.sessions.waitClosed().cause, CauseReset);
}

} // namespace
} // namespace srsproxy::rtmp
