#include "plugins/common/tls_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/plugins/common/tls_peers.h"

namespace srsproxy {
namespace {

using namespace test;

struct TlsServer : ::testing::Test {
    TempFolder folder;
    TestAuthority authority;

    TlsFiles issue(const std::string& name, const std::string& alternatives,
                   KeyKind kind = KeyKind::Ec) {
        return authority.issue(name, alternatives, kind).write(folder);
    }
    /// Puts a file in place of another at once, as renewal tools do.
    void replace(const std::string& path, const std::string& text) {
        writeFile(path + ".new", text);
        std::filesystem::rename(path + ".new", path);
    }
    static std::string whyNot(const TlsServerOptions& options) {
        try {
            const TlsServerContext context(options);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
};

TEST_F(TlsServer, PicksTheCertificateByTheNameAskedFor) {
    const TlsServerContext context(
        {{issue("first", "DNS:first.example"), issue("wild", "DNS:*.wild.example"),
          issue("exact", "DNS:exact.wild.example,DNS:other.example"),
          issue("partial", "DNS:a*.partial.example"), issue("cn.example", "")}});
    const struct {
        const char* asked;
        const char* shown;
    } rows[] = {
        {"first.example", "first"},   {nullptr, "first"},
        {"nobody.example", "first"},  {"x.wild.example", "wild"},
        {"X.WILD.example", "wild"},   {"exact.wild.example", "exact"},
        {"other.example", "exact"},   {"a.b.wild.example", "first"},
        {"wild.example", "first"},    {"ab.partial.example", "first"},
        {"cn.example", "cn.example"},
    };
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const auto& row : rows) {
            EXPECT_EQ(shownTo(context, row.asked, nullptr, version), row.shown)
                << (row.asked != nullptr ? row.asked : "no name");
        }
    }
}

TEST_F(TlsServer, OffersEachKindOfKeyThatServesAName) {
    const TlsServerContext context({{issue("ec", "DNS:both.example", KeyKind::Ec),
                                     issue("rsa", "DNS:both.example", KeyKind::Rsa),
                                     issue("late", "DNS:both.example", KeyKind::Ec)}});
    const char* name = "both.example";
    EXPECT_EQ(shownTo(context, name), "ec");
    EXPECT_EQ(shownTo(context, name, "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION), "rsa");
    EXPECT_EQ(shownTo(context, name, "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION), "ec");
}

TEST_F(TlsServer, SpeaksNoVersionOlderThanTheOldest) {
    const TlsFiles files = issue("a", "DNS:a.example");
    const TlsServerContext context({{files}, TlsVersion::Tls13});
    EXPECT_EQ(shownTo(context, nullptr), "a");
    EXPECT_EQ(shownTo(context, nullptr, nullptr, TLS1_2_VERSION),
              "no handshake: unsupported protocol");
    EXPECT_EQ(parseTlsVersion("1.2"), TlsVersion::Tls12);
    EXPECT_EQ(parseTlsVersion("1.3"), TlsVersion::Tls13);
    for (const char* text : {"", "1", "1.1", "1.20", "TLSv1.2"}) {
        EXPECT_FALSE(parseTlsVersion(text)) << text;
    }
}

TEST_F(TlsServer, SaysWhatIsWrongWithItsFiles) {
    const TestPair sound = authority.issue("sound", "DNS:a.example");
    const TlsFiles files = sound.write(folder);
    const TlsFiles other = issue("other", "DNS:b.example");
    const TlsFiles weak = issue("weak", "DNS:c.example", KeyKind::WeakRsa);
    const std::string none = folder.file("none");
    const std::string garbage = folder.file("garbage");
    writeFile(garbage, "no PEM at all\n");
    const std::string encrypted = folder.file("encrypted");
    writeFile(encrypted, sound.keyPem("secret"));
    const std::string swapped = folder.file("swapped");
    writeFile(swapped, authority.own().certificatePem() + sound.certificatePem());
    const std::string cut = folder.file("cut");
    const std::string chain = sound.certificatePem() + authority.own().certificatePem();
    writeFile(cut, chain.substr(0, chain.size() - 100));
    const struct {
        TlsFiles files;
        std::vector<std::string> words;
    } rows[] = {
        {{none, files.key}, {none, "No such file", "check the path"}},
        {{files.certificate, none}, {none, "No such file", "check the path"}},
        {{folder.file("."), files.key}, {"cannot read", "Is a directory"}},
        {{garbage, files.key}, {garbage, "no certificate", "BEGIN CERTIFICATE"}},
        {{files.certificate, garbage}, {garbage, "no private key", "BEGIN PRIVATE KEY"}},
        {{files.key, files.certificate}, {files.key, "no certificate"}},
        {{files.certificate, encrypted}, {encrypted, "passphrase", "openssl pkey -in"}},
        {{files.certificate, other.key}, {other.key, files.certificate, "does not belong"}},
        {{swapped, files.key}, {swapped, "own certificate before its chain"}},
        {{cut, files.key}, {cut, "damaged"}},
        {weak, {weak.certificate, "key too small"}},
    };
    for (const auto& row : rows) {
        const std::string why = whyNot({{files, row.files}});
        for (const std::string& word : row.words) {
            EXPECT_NE(why.find(word), std::string::npos) << "no \"" << word << "\" in: " << why;
        }
        EXPECT_EQ(ERR_peek_error(), 0u);
    }
    EXPECT_EQ(whyNot({{files, other}}), "");
    EXPECT_NE(whyNot({}).find("needs a certificate"), std::string::npos);
}

TEST_F(TlsServer, ShowsRenewedCertificatesToNewConnections) {
    const TlsFiles first = issue("first", "DNS:first.example");
    const TlsFiles second = issue("second", "DNS:second.example");
    TlsServerContext context({{first, second}});
    EXPECT_TRUE(context.reloadIfChanged().taken.empty());

    const SocketPair sockets;
    const auto server = context.accept(sockets.server.get());
    RawClient client(sockets.client.get(), "second.example");
    ASSERT_TRUE(client.connect(*server));

    const TestPair fresh = authority.issue("fresh", "DNS:second.example");
    replace(second.certificate, fresh.certificatePem());
    replace(second.key, fresh.keyPem());
    const TlsReload reload = context.reloadIfChanged();
    EXPECT_EQ(reload.taken, std::vector<std::string>{second.certificate});
    EXPECT_TRUE(reload.problems.empty());
    EXPECT_EQ(shownTo(context, "second.example"), "fresh");
    EXPECT_EQ(shownTo(context, "first.example"), "first");
    EXPECT_TRUE(context.reloadIfChanged().taken.empty());

    std::vector<uint8_t> got; // the old connection goes on
    ASSERT_EQ(SSL_write(client.ssl(), "still here", 10), 10);
    EXPECT_EQ(readInto(*server, got).bytes, 10u);
    EXPECT_EQ(client.peerName(), "second");
}

TEST_F(TlsServer, KeepsTheOldPairWhenTheNewOneIsNoUse) {
    const TlsFiles first = issue("first", "DNS:first.example");
    const TlsFiles second = issue("second", "DNS:second.example");
    TlsServerContext context({{first, second}});
    const TestPair fresh = authority.issue("fresh", "DNS:first.example");
    const TestPair good = authority.issue("good", "DNS:second.example");
    const struct {
        const char* what;
        std::function<void()> change;
        const char* problem;
    } rows[] = {
        {"half a pair", [&] { replace(first.certificate, fresh.certificatePem()); },
         "does not belong"},
        {"an empty file", [&] { replace(first.certificate, ""); }, "no certificate"},
        {"no file", [&] { std::filesystem::remove(first.certificate); }, "No such file"},
        {"a locked key", [&] { replace(first.key, fresh.keyPem("secret")); }, "No such file"},
    };
    for (const auto& row : rows) {
        row.change();
        replace(second.certificate, good.certificatePem()); // the other pair is renewed meanwhile
        replace(second.key, good.keyPem());
        const TlsReload reload = context.reloadIfChanged();
        EXPECT_EQ(reload.taken, std::vector<std::string>{second.certificate}) << row.what;
        ASSERT_EQ(reload.problems.size(), 1u) << row.what;
        EXPECT_NE(reload.problems[0].find(row.problem), std::string::npos) << reload.problems[0];
        EXPECT_NE(reload.problems[0].find("stays in use"), std::string::npos);
        EXPECT_TRUE(context.reloadIfChanged().problems.empty()) << row.what << ": told twice";
        EXPECT_EQ(shownTo(context, "first.example"), "first") << row.what;
        EXPECT_EQ(shownTo(context, "second.example"), "good") << row.what;
    }
    replace(first.certificate, fresh.certificatePem());
    replace(first.key, fresh.keyPem());
    EXPECT_EQ(context.reloadIfChanged().taken, std::vector<std::string>{first.certificate});
    EXPECT_EQ(shownTo(context, "first.example"), "fresh");
}

TEST_F(TlsServer, LoadsWhatHasBecomeReadable) {
    const TlsFiles files = issue("first", "DNS:a.example");
    TlsServerContext context({{files}});
    const TestPair fresh = authority.issue("fresh", "DNS:a.example");
    replace(files.certificate, fresh.certificatePem());
    replace(files.key, fresh.keyPem());
    const std::string away = folder.file("away"); // as good as unreadable, for root too
    std::filesystem::rename(files.key, away);
    EXPECT_EQ(context.reloadIfChanged().problems.size(), 1u);
    std::filesystem::rename(away, files.key);
    EXPECT_EQ(context.reloadIfChanged().taken.size(), 1u);
    EXPECT_EQ(shownTo(context, nullptr), "fresh");
}

TEST_F(TlsServer, ReloadsWhileOtherThreadsShakeHands) {
    const TlsFiles files = issue("old", "DNS:a.example");
    TlsServerContext context({{files}});
    const TestPair fresh = authority.issue("new", "DNS:a.example");
    std::atomic<bool> stop{false};
    std::atomic<int> bad{0};
    std::vector<std::thread> loops;
    for (int i = 0; i < 2; ++i) {
        loops.emplace_back([&] {
            while (!stop) {
                const std::string shown = shownTo(context, "a.example");
                bad += shown == "old" || shown == "new" ? 0 : 1;
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        replace(files.certificate, fresh.certificatePem());
        replace(files.key, fresh.keyPem());
        EXPECT_EQ(context.reloadIfChanged().taken.size(), 1u);
    }
    stop = true;
    for (std::thread& loop : loops) {
        loop.join();
    }
    EXPECT_EQ(bad, 0);
    EXPECT_EQ(shownTo(context, "a.example"), "new");
}

} // namespace
} // namespace srsproxy
