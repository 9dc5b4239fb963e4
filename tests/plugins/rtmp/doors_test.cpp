/// How clients come in and how origins are entered: TLS, PROXY headers, the client's address, and
/// what of Enhanced RTMP is offered.

#include <future>

#include "plugins/common/client_address.h"
#include "tests/plugins/rtmp/capability_fixture.h"
#include "tests/plugins/rtmp/frames.h"
#include "tests/plugins/rtmp/proxy_fixture.h"
#include "tests/plugins/rtmp/tls_peers.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;
using srsproxy::test::TempFolder;
using srsproxy::test::TestAuthority;

struct Certificates {
    Certificates()
        : files(authority.issue("proxy", "IP:127.0.0.1").write(folder)),
          caFile(authority.writeCa(folder)) {}
    TempFolder folder;
    TestAuthority authority;
    TlsFiles files;
    std::string caFile;
};

Config tlsConfig(const Certificates& certificates) {
    Config config = testConfig();
    config.tlsListen = {{"127.0.0.1", 0}};
    config.tls.certificates = {certificates.files};
    config.tls.tickets = false;
    config.originTls.caFile = certificates.caFile;
    return config;
}

TEST(Doors, ClientsInTlsPublishAndPlay) {
    const Certificates certificates;
    Proxy proxy(tlsConfig(certificates));
    OpenPort port;
    proxy.sessions.script("in", {Route::to(port.port())});
    proxy.sessions.script("out", {Route::to(port.port())});
    const Frames frames = someFrames(1, 100);

    InTls<Client> publisher(connectTo(proxy.tlsPort()), nullptr);
    publisher.askFor("publish", "in");
    OriginPeer in = port.accept(Stage::Running);
    EXPECT_EQ(publisher.told().first, "NetStream.Publish.Start");
    auto publishing = std::async(std::launch::async, [&] {
        publisher.send(encode(publisher.writer, ClientStream, frames));
    });
    EXPECT_EQ(receive(in, OriginStream, frames.size()), frames);
    publishing.get();
    publisher.shutdown();
    EXPECT_EQ(in.end(), End::Fin);
    in.leave();
    EXPECT_EQ(proxy.sessions.waitClosed(0).cause, CauseDone);

    InTls<Client> player(connectTo(proxy.tlsPort()), nullptr);
    player.askFor("play", "out");
    OriginPeer out = port.accept(Stage::Running);
    EXPECT_EQ(player.told().first, "NetStream.Play.Start");
    auto playing = std::async(std::launch::async, [&] {
        out.send(encode(out.writer, OriginStream, frames));
        out.leave();
    });
    EXPECT_EQ(receive(player, ClientStream, frames.size()), frames);
    playing.get();
    EXPECT_EQ(player.told().first, "NetStream.Play.UnpublishNotify");
    EXPECT_EQ(player.end(), End::Fin);
}

TEST(Doors, OriginsInTls) {
    const Certificates certificates;
    for (const bool publishes : {true, false}) {
        Proxy proxy(tlsConfig(certificates));
        OpenPort port;
        Route route = Route::to(port.port());
        route.scheme = "tls";
        proxy.sessions.script("cam", {route});
        Client client = proxy.connect();
        client.askFor(publishes ? "publish" : "play", "cam");
        InTls<OriginPeer> origin(port.acceptSocket(), &certificates.files);
        origin.goTo(Stage::Running);
        EXPECT_EQ(client.told().second, "go");
        const Frames frames = someFrames(2, 60);
        Peer& from = publishes ? static_cast<Peer&>(client) : origin;
        Peer& to = publishes ? static_cast<Peer&>(origin) : client;
        auto sending = std::async(std::launch::async, [&] {
            from.send(encode(from.writer, publishes ? ClientStream : OriginStream, frames));
        });
        EXPECT_EQ(receive(to, publishes ? OriginStream : ClientStream, frames.size()), frames);
        sending.get();
    }
}

TEST(Doors, AnOriginWithoutTlsWhereItIsWantedIsGivenUp) {
    Config config = testConfig();
    config.originTimeoutUs = ShortUs;
    Proxy proxy(config);
    OpenPort port;
    OpenPort second;
    Route route = Route::to(port.port());
    route.scheme = "tls";
    proxy.sessions.script("cam", {route, Route::to(second.port())});
    Client client = proxy.connect();
    client.askFor("publish", "cam");
    OriginPeer silent = port.accept(); // waits for C0
    OriginPeer origin = second.accept(Stage::Running);
    EXPECT_EQ(client.told().second, "go");
    EXPECT_EQ(proxy.sessions.seen(0).outcomes,
              (std::vector<int32_t>{OutcomeSilent, OutcomeAccepted}));
}

TEST(Doors, AClientThatNeverEndsItsTlsHandshake) {
    const Certificates certificates;
    Config config = tlsConfig(certificates);
    config.handshakeTimeoutUs = ShortUs;
    Proxy proxy(config);
    Client client(connectTo(proxy.tlsPort()));
    client.send({0x16, 3, 1});
    const Seen seen = proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseTimeout);
    EXPECT_EQ(seen.detail, "TLS handshake not finished in time");

    Client plain(connectTo(proxy.tlsPort()));
    plain.send(Bytes(C0C1Bytes, RtmpVersion));
    EXPECT_EQ(proxy.sessions.waitClosed(1).cause, CauseProtocolError);
}

TEST(Doors, TheClientsAddressComesBeforeC0InOneSegment) {
    const struct {
        const char* kind;
        const char* registered;
        ClientAddressWay way;
    } rows[] = {
        {"", "", ClientAddressWay::None},
        {"generic", "srs", ClientAddressWay::SrsHeader},
        {"generic", "proxy_v1", ClientAddressWay::ProxyV1},
        {"generic", "proxy_v2", ClientAddressWay::ProxyV2},
        {"srs", "", ClientAddressWay::SrsHeader},
        {"srs", "none", ClientAddressWay::None},
        {"nginx-rtmp", "", ClientAddressWay::ProxyV1}, // by the config
        {"mediamtx", "", ClientAddressWay::None},
    };
    Config config = testConfig();
    config.clientAddress["nginx-rtmp"] = ClientAddressWay::ProxyV1;
    for (const auto& row : rows) {
        SCOPED_TRACE(std::string(row.kind) + " " + row.registered);
        Proxy proxy(config);
        OpenPort port;
        Route route = Route::to(port.port());
        route.originKind = row.kind;
        route.clientAddress = row.registered;
        proxy.sessions.script("cam", {route});
        Client client = proxy.connect();
        client.askFor("publish", "cam");
        Bytes expected;
        appendClientAddress(row.way, localAddress(client.fd()), peerAddress(client.fd()), expected);
        const Fd origin = port.acceptSocket();
        Bytes first(65536);
        const ssize_t got = ::recv(origin.get(), first.data(), first.size(), 0);
        ASSERT_EQ(got, static_cast<ssize_t>(expected.size() + C0C1Bytes));
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), first.begin()));
        EXPECT_EQ(first[expected.size()], RtmpVersion);
    }
}

TEST(Doors, ClientsBehindATrustedBalancerHaveTheAddressOfItsHeader) {
    Config config = testConfig();
    ASSERT_EQ(config.proxyProtocolFrom.add("127.0.0.0/8"), "");
    Proxy proxy(config);
    OpenPort port;
    Route route = Route::to(port.port());
    route.clientAddress = "srs";
    proxy.sessions.script("cam", {route});
    Client client = proxy.connect();
    const std::string header = "PROXY TCP4 192.0.2.7 192.0.2.1 5555 1935\r\n";
    client.send({header.begin(), header.end()});
    client.askFor("publish", "cam");
    OriginPeer origin = port.accept();
    EXPECT_EQ(origin.raw(7), (Bytes{0xF3, 0, 4, 192, 0, 2, 7}));
    origin.goTo(Stage::Running);
    EXPECT_EQ(client.told().second, "go");
    EXPECT_EQ(proxy.sessions.seen(0).client, "192.0.2.7:5555");

    Client without = proxy.connect();
    without.send(Bytes(C0C1Bytes, RtmpVersion));
    EXPECT_NE(without.end(), End::StillOpen);
    EXPECT_EQ(proxy.sessions.opened(), 1u);
}

Bytes enhancedObject() {
    Bytes object;
    Amf0Writer(object)
        .beginObject()
        .key("app")
        .string("live")
        .key("tcUrl")
        .string("rtmp://h/live")
        .key("capsEx")
        .number(CapsEx::Multitrack)
        .endObject();
    return object;
}

TEST(Doors, AClientIsOfferedWhatTheOriginOffers) {
    OpenPort port;
    Pool pool;
    pool.origins = {{"the-origin", port.port()}};
    Proxy proxy(testConfig(), &pool);
    const Capabilities offer = caps({"hvc1", "av01"}, CapsEx::Multitrack);
    auto asked = std::async(std::launch::async, [&] { Asked(port).answer(offer); });
    for (int round = 0; round < 2; ++round) { // the second client is answered from memory
        Client client = proxy.connect();
        client.handshake();
        const Kept result = client.connect(enhancedObject());
        const auto answer = parseAnswer(*parseCommand(result.message.type, result.payload));
        EXPECT_EQ(parseCapabilities(answer->properties, answer->info), offer);
    }
    asked.get();
}

TEST(Doors, AClientIsAnsweredAlsoWhenNoOriginIsToBeAsked) {
    Pool empty;
    for (IOrigins* pool : {static_cast<IOrigins*>(nullptr), static_cast<IOrigins*>(&empty)}) {
        Proxy proxy(testConfig(), pool);
        OpenPort port;
        proxy.sessions.script("cam", {Route::to(port.port())});
        Client client = proxy.connect();
        client.handshake();
        const Kept result = client.connect(enhancedObject());
        const auto answer = parseAnswer(*parseCommand(result.message.type, result.payload));
        EXPECT_TRUE(parseCapabilities(answer->properties, answer->info).empty());
        client.createStream();
        client.send(client.ask("publish", "cam"));
        OriginPeer origin = port.accept(Stage::Running);
        EXPECT_EQ(client.told().second, "go");
    }
}

TEST(Doors, AnOriginThatIsSilentHoldsTheAnswerUpForTheOfferTimeoutOnly) {
    OpenPort port;
    Pool pool;
    pool.origins = {{"the-origin", port.port()}};
    Config config = testConfig();
    config.offerTimeoutUs = ShortUs;
    Proxy proxy(config, &pool);
    Client client = proxy.connect();
    client.handshake();
    client.connect(enhancedObject());
    Client left = proxy.connect();
    left.handshake();
    Bytes payload;
    appendConnect(payload, 1, enhancedObject());
    left.command(0, payload);
    left.reset(); // while its connect waits
    EXPECT_EQ(proxy.sessions.waitClosed(1).cause, CauseReset);
}

} // namespace
} // namespace srsproxy::rtmp
