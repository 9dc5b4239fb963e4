#include "plugins/common/tls_client.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/plugins/common/tls_peers.h"

namespace srsproxy {
namespace {

using namespace test;

struct TlsClient : ::testing::Test {
    TempFolder folder;
    TestAuthority authority{"our CA"};
    TestAuthority stranger{"their CA"};
    const std::string caFile = authority.writeCa(folder);

    struct Outcome {
        std::string client; ///< why the client failed; empty when it did not
        std::string server;
    };
    Outcome connect(const TestPair& pair, const TlsClientOptions& options,
                    const std::string& address) {
        const TlsServerContext context({{pair.write(folder)}});
        const SocketPair sockets;
        const auto server = context.accept(sockets.server.get());
        const auto client = TlsClientContext(options).connect(sockets.client.get(), address);
        const Handshake handshake(*server, *client);
        EXPECT_EQ(handshake.done, client->failure().empty());
        return {client->failure(), server->failure()};
    }
};

TEST_F(TlsClient, ChecksWhoThePeerIs) {
    const auto issue = [&](const char* alternatives) {
        return authority.issue("origin", alternatives);
    };
    const struct {
        const char* what;
        TestPair pair;
        TlsClientOptions options;
        const char* address;
        const char* failure;
    } rows[] = {
        {"its address", issue("IP:10.0.0.1"), {true, caFile, ""}, "10.0.0.1", ""},
        {"its IPv6 address", issue("IP:::1"), {true, caFile, ""}, "::1", ""},
        {"its name", issue("DNS:o.example"), {true, caFile, "o.example"}, "10.0.0.1", ""},
        {"a wildcard", issue("DNS:*.example.org"), {true, caFile, "o.example.org"}, "10.0.0.1", ""},
        {"a host for an address", issue("DNS:o.example"), {true, caFile, ""}, "o.example", ""},
        {"a name that is an address", issue("IP:10.0.0.1"), {true, caFile, "10.0.0.1"}, "x", ""},
        {"another address",
         issue("IP:10.0.0.1"),
         {true, caFile, ""},
         "10.0.0.2",
         "certificate verify failed: IP address mismatch, it is not for 10.0.0.2"},
        {"a name where an address is wanted",
         issue("DNS:10.0.0.1"),
         {true, caFile, ""},
         "10.0.0.1",
         "certificate verify failed: IP address mismatch, it is not for 10.0.0.1"},
        {"another name",
         issue("DNS:o.example"),
         {true, caFile, "p.example"},
         "10.0.0.1",
         "certificate verify failed: hostname mismatch, it is not for p.example"},
        {"an address where a name is wanted",
         issue("IP:10.0.0.1"),
         {true, caFile, "o.example"},
         "10.0.0.1",
         "certificate verify failed: hostname mismatch, it is not for o.example"},
        {"a partial wildcard",
         issue("DNS:o*.example.org"),
         {true, caFile, "ox.example.org"},
         "",
         "certificate verify failed: hostname mismatch, it is not for ox.example.org"},
        {"unknown authority",
         stranger.issue("origin", "IP:10.0.0.1"),
         {true, caFile, ""},
         "10.0.0.1",
         "certificate verify failed: unable to get local issuer certificate"},
        {"nobody's authority",
         TestAuthority::selfSigned("self", "IP:10.0.0.1"),
         {true, caFile, ""},
         "10.0.0.1",
         "certificate verify failed: self-signed certificate"},
        {"the system's authorities",
         issue("IP:10.0.0.1"),
         {true, "", ""},
         "10.0.0.1",
         "certificate verify failed: unable to get local issuer certificate"},
        {"not verified", stranger.issue("origin", "DNS:x"), {false, "", ""}, "10.0.0.1", ""},
    };
    for (const auto& row : rows) {
        const Outcome outcome = connect(row.pair, row.options, row.address);
        EXPECT_EQ(outcome.client, row.failure) << row.what;
        if (*row.failure != '\0') {
            EXPECT_TRUE(outcome.server.starts_with("the peer refused: ")) << outcome.server;
        }
    }
}

TEST_F(TlsClient, AsksForNamesOnly) {
    const TlsServerContext context({{authority.issue("default", "IP:127.0.0.1").write(folder),
                                     authority.issue("named", "DNS:o.example").write(folder)}});
    const struct {
        const char* name;
        const char* address;
    } rows[] = {{"o.example", "127.0.0.1"}, {"", "127.0.0.1"}, {"", "o.example"}};
    for (const auto& row : rows) { // each verifies only with the certificate that was meant
        const SocketPair sockets;
        const auto server = context.accept(sockets.server.get());
        const TlsClientContext clients({true, caFile, row.name});
        const auto client = clients.connect(sockets.client.get(), row.address);
        EXPECT_TRUE(Handshake(*server, *client).done) << row.name << ": " << client->failure();
    }
}

TEST_F(TlsClient, SaysWhatIsWrongWithItsFile) {
    writeFile(folder.file("garbage"), "no PEM at all\n");
    for (const char* name : {"none", "garbage"}) {
        try {
            const TlsClientContext context({true, folder.file(name), ""});
            FAIL() << name;
        } catch (const std::runtime_error& error) {
            const std::string text = error.what();
            EXPECT_NE(text.find(folder.file(name)), std::string::npos) << text;
            EXPECT_NE(text.find("in PEM form is wanted"), std::string::npos) << text;
        }
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
}

} // namespace
} // namespace srsproxy
