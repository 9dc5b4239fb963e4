/// Sessions and their origins before the stream runs: who is down, silent, hostile or unwilling,
/// what of that is held against the origin, and what the client hears.

#include <sys/resource.h>

#include "tests/plugins/rtmp/proxy_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

/// A port that nothing listens on.
uint16_t closedPort() {
    return OpenPort().port();
}

void flood(Peer& peer, const Bytes& bytes) {
    for (size_t rounds = 0; peer.trySend(bytes); ++rounds) {
        ASSERT_LT(rounds, 1000u) << "the proxy takes " << bytes.size() << " bytes without end";
    }
}

/// A client that asks for "cam"; the first origin is the test's, the second one runs.
struct TwoOrigins {
    explicit TwoOrigins(const Config& config = testConfig(), const char* publishOrPlay = "publish")
        : proxy(config) {
        proxy.sessions.script("cam", {Route::to(first.port()), Route::to(second.port())});
        client = proxy.connect();
        client.askFor(publishOrPlay, "cam");
    }
    /// The second origin gets the stream, and the client hears of nothing else.
    Seen secondTakesIt() {
        OriginPeer origin = second.accept(Stage::Running);
        EXPECT_EQ(client.told().second, "go");
        client.leave();
        EXPECT_EQ(origin.end(), End::Fin);
        origin.leave();
        return proxy.sessions.waitClosed();
    }

    Proxy proxy;
    OpenPort first;
    OpenPort second;
    Client client;
};

TEST(StreamSetup, R18TriesTheNextOneWhenTheFirstIsDown) {
    Proxy proxy;
    OpenPort second;
    proxy.sessions.script("cam", {Route::to(closedPort()), Route::to(second.port())});
    Client client = proxy.connect();
    client.askFor("publish", "cam");
    OriginPeer origin = second.accept(Stage::Running);
    EXPECT_EQ(client.told().first, "NetStream.Publish.Start");
    client.leave();
    origin.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().outcomes,
              (std::vector<int32_t>{OutcomeConnectRefused, OutcomeAccepted}));
}

TEST(StreamSetup, TriesTheNextOneWhenTheFirstDoesNotConnect) {
    Config config = testConfig();
    config.connectTimeoutUs = ShortUs;
    Proxy proxy(config);
    DeafPort deaf;
    OpenPort second;
    proxy.sessions.script("cam", {Route::to(deaf.port()), Route::to(second.port())});
    Client client = proxy.connect();
    client.askFor("play", "cam");
    OriginPeer origin = second.accept(Stage::Running);
    EXPECT_EQ(client.told().first, "NetStream.Play.Start");
    client.leave();
    origin.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().outcomes,
              (std::vector<int32_t>{OutcomeConnectTimeout, OutcomeAccepted}));
}

TEST(StreamSetup, GivesUpWhenAllAreDown) {
    Proxy proxy;
    proxy.sessions.script("cam", {Route::to(closedPort()), Route::to(closedPort())});
    Client client = proxy.connect();
    client.askFor("publish", "cam");
    EXPECT_EQ(client.told().second, "no server could be reached");
    client.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseOriginFailed);
    EXPECT_EQ(seen.outcomes, std::vector<int32_t>(2, OutcomeConnectRefused));
    EXPECT_EQ(seen.routes, 3u);
}

TEST(StreamSetup, ReportsSilenceAtEveryStageAndTriesTheNextOne) {
    Config config = testConfig();
    config.originTimeoutUs = 250'000;
    for (const Stage stage : {Stage::Silent, Stage::Greeted, Stage::Connected, Stage::Asked}) {
        SCOPED_TRACE(static_cast<int>(stage));
        TwoOrigins pool(config);
        OriginPeer silent = pool.first.accept(stage);
        pool.proxy.sessions.waitReported(0, 1);
        EXPECT_EQ(silent.end(), End::Fin);
        const Seen seen = pool.secondTakesIt();
        EXPECT_EQ(seen.outcomes, (std::vector<int32_t>{OutcomeSilent, OutcomeAccepted}));
    }
}

TEST(StreamSetup, ASlowDripDoesNotPutTheDeadlineOff) {
    Config config = testConfig();
    config.originTimeoutUs = 250'000;
    TwoOrigins pool(config);
    OriginPeer slow = pool.first.accept(Stage::Greeted);
    Bytes ping;
    slow.writer.write(makeUserControl(UserEvent::PingRequest, 1), ping);
    try {
        for (;;) { // a ping, a pong, and so on
            slow.send(ping);
            slow.nextOf(MessageType::UserControl);
        }
    } catch (const std::runtime_error&) { // until it is cut off
    }
    EXPECT_EQ(pool.secondTakesIt().outcomes[0], OutcomeSilent);
}

TEST(StreamSetup, ABadUrlDoesNotGetAnOriginBlamedForItsHangUp) {
    // Before it heard of the client, a hang-up is the origin's fault. From connect on, which
    // carries the client's words, it may be the origin's way to say no.
    const struct {
        Stage stage;
        int32_t outcome;
    } rows[] = {
        {Stage::Silent, OutcomeProtocolError},
        {Stage::Greeted, OutcomeConnected},
        {Stage::Connected, OutcomeConnected},
    };
    for (const auto& row : rows) {
        for (const bool reset : {false, true}) {
            SCOPED_TRACE(std::to_string(static_cast<int>(row.stage)) + (reset ? " RST" : " FIN"));
            TwoOrigins pool;
            OriginPeer origin = pool.first.accept(row.stage);
            reset ? origin.reset() : origin.leave();
            EXPECT_EQ(pool.secondTakesIt().outcomes,
                      (std::vector<int32_t>{row.outcome, OutcomeAccepted}));
        }
    }
}

TEST(StreamSetup, AHangUpOnceAskedIsANo) {
    for (const bool reset : {false, true}) {
        TwoOrigins pool;
        OriginPeer origin = pool.first.accept(Stage::Asked);
        reset ? origin.reset() : origin.leave();
        EXPECT_EQ(pool.client.told(), std::pair(std::string("NetStream.Publish.Rejected"),
                                                std::string("refused by the origin")));
        EXPECT_EQ(pool.client.end(), End::Fin);
        pool.client.leave();
        const Seen seen = pool.proxy.sessions.waitClosed();
        EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeDeclined});
        EXPECT_EQ(seen.cause, CauseOriginRefused);
        EXPECT_EQ(seen.side, SideOrigin);
        EXPECT_EQ(seen.routes, 1u) << "a no is not asked for twice";
    }
}

TEST(StreamSetup, R4TheOriginsOwnWordsReachTheClient) {
    for (const Stage stage : {Stage::Greeted, Stage::Connected, Stage::Asked}) {
        SCOPED_TRACE(static_cast<int>(stage));
        TwoOrigins pool;
        OriginPeer origin = pool.first.accept(stage);
        if (stage == Stage::Asked) {
            origin.status(OriginStream, "error", "NetStream.Publish.BadName", "already there");
        } else {
            origin.refuse(stage == Stage::Greeted ? 1 : origin.createTransaction,
                          "NetStream.Publish.BadName", "already there");
        }
        EXPECT_EQ(pool.client.told(), std::pair(std::string("NetStream.Publish.BadName"),
                                                std::string("already there")));
        EXPECT_EQ(origin.end(), End::Fin);
        EXPECT_EQ(pool.client.end(), End::Fin);
        pool.client.leave();
        const Seen seen = pool.proxy.sessions.waitClosed();
        EXPECT_EQ(seen.outcomes, std::vector<int32_t>{OutcomeDeclined});
        EXPECT_EQ(seen.cause, CauseOriginRefused);
        EXPECT_EQ(seen.detail, "NetStream.Publish.BadName already there");
    }
}

TEST(StreamSetup, WordsThatComeTogetherWithTheHangUpAreNotLost) {
    TwoOrigins pool(testConfig(), "play");
    OriginPeer origin = pool.first.accept(Stage::Asked);
    Bytes payload;
    appendOnStatus(payload, {"error", "NetStream.Play.StreamNotFound", "not here"});
    Bytes out;
    origin.writer.write(makeUserControl(UserEvent::PingRequest, 1), out); // our answer meets an RST
    writeCommand(origin.writer, OriginStream, payload, out);
    origin.send(out);
    origin.reset();
    EXPECT_EQ(pool.client.told().second, "not here");
    pool.client.leave();
    EXPECT_EQ(pool.proxy.sessions.waitClosed().outcomes, std::vector<int32_t>{OutcomeDeclined});
}

TEST(StreamSetup, AnErrorAnswerToPublishItselfIsANo) {
    TwoOrigins pool;
    OriginPeer origin = pool.first.accept(Stage::Asked);
    origin.refuse(origin.startTransaction, "NetStream.Publish.Denied", "no");
    EXPECT_EQ(pool.client.told().first, "NetStream.Publish.Denied");
    pool.client.leave();
    EXPECT_EQ(pool.proxy.sessions.waitClosed().outcomes, std::vector<int32_t>{OutcomeDeclined});
}

TEST(StreamSetup, GarbageAtEveryStageIsAProtocolError) {
    for (const Stage stage : {Stage::Silent, Stage::Greeted, Stage::Connected, Stage::Asked}) {
        SCOPED_TRACE(static_cast<int>(stage));
        TwoOrigins pool;
        OriginPeer origin = pool.first.accept(stage);
        origin.send(Bytes(4096, 0xFF));
        EXPECT_EQ(pool.secondTakesIt().outcomes,
                  (std::vector<int32_t>{OutcomeProtocolError, OutcomeAccepted}));
    }
}

TEST(StreamSetup, AnOriginThatPingsAndDoesNotReadIsGivenUp) {
    TwoOrigins pool;
    OriginPeer hostile = pool.first.accept(Stage::Greeted);
    Bytes pings;
    for (int i = 0; i < 10'000; ++i) {
        hostile.writer.write(makeUserControl(UserEvent::PingRequest, 1), pings);
    }
    flood(hostile, pings);
    EXPECT_EQ(pool.secondTakesIt().outcomes,
              (std::vector<int32_t>{OutcomeProtocolError, OutcomeAccepted}));
}

TEST(StreamSetup, AnOriginThatSendsEmptyMessagesWithoutEndIsGivenUp) {
    TwoOrigins pool(testConfig(), "play");
    OriginPeer hostile = pool.first.accept(Stage::Asked);
    Bytes messages;
    hostile.writer.write(Message{4, OriginStream, 0, MessageType::DataAmf0, {}}, messages);
    messages.resize(messages.size() + 65'536, 0xC4); // type 3: one byte for each message
    flood(hostile, messages);
    EXPECT_EQ(pool.secondTakesIt().outcomes,
              (std::vector<int32_t>{OutcomeProtocolError, OutcomeAccepted}));
}

TEST(StreamSetup, AnAnswerToReleaseStreamIsNeverTakenForOneToCreateStream) {
    // Whatever transaction ids the client chose, and an origin that answers releaseStream first.
    Proxy proxy;
    OpenPort listener;
    proxy.sessions.script("cam", {Route::to(listener.port())});
    Client client = proxy.connect();
    client.handshake();
    client.connect();
    Bytes payload;
    appendStreamCall(payload, "releaseStream", 9'001, "cam");
    client.command(0, payload);
    client.createStream();
    client.send(client.ask("publish", "cam"));

    OriginPeer origin = listener.accept(Stage::Greeted);
    payload.clear();
    appendConnectResult(payload, 1);
    origin.command(0, payload);
    const Kept release = origin.nextCommand("releaseStream");
    const Kept create = origin.nextCommand("createStream");
    const auto transaction = [](const Kept& kept) {
        return parseCommand(kept.message.type, kept.payload)->transactionId;
    };
    EXPECT_NE(transaction(release), transaction(create));
    payload.clear();
    appendEmptyResult(payload, transaction(release));
    origin.command(0, payload);
    payload.clear();
    appendCreateStreamResult(payload, transaction(create), OriginStream);
    origin.command(0, payload);
    origin.nextCommand("publish");
    origin.role = "publish";
    origin.accept();
    EXPECT_EQ(client.told().first, "NetStream.Publish.Start");
    EXPECT_EQ(proxy.sessions.seen(0).outcomes, std::vector<int32_t>{OutcomeAccepted});
}

TEST(StreamSetup, AShortageOfDescriptorsIsNotHeldAgainstAnOrigin) {
    Proxy proxy;
    Scene scene(proxy, Moment::Routing);
    proxy.onLoop([&] {
        rlimit usual{};
        ::getrlimit(RLIMIT_NOFILE, &usual);
        const rlimit none{0, usual.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
        proxy.sessions.answerLater(0, Route::to(scene.listener.port()));
        ::setrlimit(RLIMIT_NOFILE, &usual);
    });
    EXPECT_EQ(scene.client.told().second, "no server could be reached");
    scene.client.leave();
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.outcomes, std::vector<int32_t>{});
    EXPECT_EQ(seen.routes, 2u) << "another origin may still do, as when only ports are short";
}

TEST(StreamSetup, CountsTheBytesOfOriginsThatFailed) {
    TwoOrigins pool;
    OriginPeer first = pool.first.accept(Stage::Greeted);
    first.send(Bytes(100, 0xFF)); // fails at the first byte, and all of them came in
    const Seen seen = pool.secondTakesIt();
    EXPECT_GE(seen.counters.toOrigin, 2 * (C0C1Bytes + C2Bytes));
    EXPECT_GT(seen.counters.fromOrigin, 2 * S0S1S2Bytes + 100);

    Proxy proxy;
    OpenPort only;
    proxy.sessions.script("cam", {Route::to(only.port())});
    Client client = proxy.connect();
    client.askFor("publish", "cam");
    OriginPeer origin = only.accept(Stage::Silent);
    origin.send(Bytes(C0C1Bytes, 0xFF));
    client.told();
    client.leave();
    EXPECT_EQ(proxy.sessions.waitClosed().counters.fromOrigin, C0C1Bytes)
        << "also when no origin follows";
}

} // namespace
} // namespace srsproxy::rtmp
