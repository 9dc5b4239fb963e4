#include "plugins/rtmp/redirect.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace srsproxy::rtmp {
namespace {

using Bytes = std::vector<uint8_t>;
using Fill = std::function<void(Amf0Writer&)>;

/// `name`, transaction id, null, and an info object with the fields that `fill` writes.
Bytes command(std::string_view name, double transactionId, const Fill& fill) {
    Bytes payload;
    Amf0Writer writer(payload);
    writer.string(name).number(transactionId).null().beginObject();
    fill(writer);
    writer.endObject();
    return payload;
}

/// As SRS answers publish or play when another origin has the stream.
void srsFields(Amf0Writer& writer) {
    writer.key("level").string("error");
    writer.key("code").string("NetConnection.Connect.Rejected");
    writer.key("description").string("RTMP 302 Redirect");
    writer.key("ex").beginObject();
    writer.key("code").number(302);
    writer.key("redirect").string("rtmp://10.0.0.7:19350/live");
    writer.key("redirect2").string("rtmp://10.0.0.7:19350/live/x?vhost=a.example&token=/1");
    writer.endObject();
}

/// As Flash Media Server answers connect.
void fmsFields(Amf0Writer& writer) {
    writer.key("level").string("error");
    writer.key("code").string("NetConnection.Connect.Rejected");
    writer.key("description").string("Connection failed");
    writer.key("ex").beginEcmaArray(2);
    writer.key("code").number(302);
    writer.key("redirect").string("rtmp://b.example/vod");
    writer.endObject();
}

std::optional<Redirect> redirectOf(const Bytes& payload) {
    const auto parsed = parseCommand(20, payload);
    const auto answer = parsed ? parseAnswer(*parsed) : std::nullopt;
    return answer ? findRedirect(*answer) : std::nullopt;
}

TEST(Redirect, FindsEveryForm) {
    const struct {
        const char* form;
        Bytes payload;
        RedirectKind kind;
        const char* url;
        bool namesStream;
    } rows[] = {
        {"SRS", command("onStatus", 0, srsFields), RedirectKind::Rejected,
         "rtmp://10.0.0.7:19350/live/x?vhost=a.example&token=/1", true},
        {"Flash Media Server", command("_error", 1, fmsFields), RedirectKind::Rejected,
         "rtmp://b.example/vod", false},
        {"no code in ex",
         command("onStatus", 0,
                 [](Amf0Writer& writer) {
                     writer.key("level").string("error");
                     writer.key("ex").beginObject();
                     writer.key("redirect").string("rtmp://b/a").endObject();
                 }),
         RedirectKind::Rejected, "rtmp://b/a", false},
        {"Connect.Redirect",
         command("_error", 1,
                 [](Amf0Writer& writer) {
                     writer.key("level").string("error");
                     writer.key("code").string("NetConnection.Connect.Redirect");
                     writer.key("redirect").string("rtmp://b/a");
                 }),
         RedirectKind::Rejected, "rtmp://b/a", false},
        {"E-RTMP",
         command("onStatus", 0,
                 [](Amf0Writer& writer) {
                     writer.key("tcUrl").string("//192.0.2.0/realtimeapp");
                     writer.key("code").string("NetConnection.Connect.ReconnectRequest");
                     writer.key("level").string("status");
                 }),
         RedirectKind::Reconnect, "//192.0.2.0/realtimeapp", false},
        {"E-RTMP without a URL",
         command("onStatus", 0,
                 [](Amf0Writer& writer) {
                     writer.key("code").string("NetConnection.Connect.ReconnectRequest");
                     writer.key("level").string("status");
                 }),
         RedirectKind::Reconnect, "", false},
    };
    for (const auto& row : rows) {
        const auto redirect = redirectOf(row.payload);
        ASSERT_TRUE(redirect) << row.form;
        EXPECT_EQ(redirect->kind, row.kind) << row.form;
        EXPECT_EQ(redirect->url, row.url) << row.form;
        EXPECT_EQ(redirect->namesStream, row.namesStream) << row.form;
    }
}

TEST(Redirect, TakesNothingElseForOne) {
    const auto ex = [](double code, const char* field, const char* url) {
        return [=](Amf0Writer& writer) {
            writer.key("level").string("error");
            writer.key("code").string("NetConnection.Connect.Rejected");
            writer.key("ex").beginObject().key("code").number(code);
            writer.key(field).string(url).endObject();
        };
    };
    const auto plain = [](const char* code) {
        return [=](Amf0Writer& writer) {
            writer.key("level").string("error").key("code").string(code);
            writer.key("redirect").string("rtmp://b/a");
        };
    };
    const struct {
        const char* what;
        Bytes payload;
    } rows[] = {
        {"a plain no", command("onStatus", 0, plain("NetConnection.Connect.Rejected"))},
        {"a yes", command("_result", 1, srsFields)},
        {"another code", command("onStatus", 0, ex(403, "redirect", "rtmp://b/a"))},
        {"no URL", command("onStatus", 0, ex(302, "elsewhere", "rtmp://b/a"))},
        {"an empty URL", command("onStatus", 0, ex(302, "redirect", ""))},
        {"a reconnect request in an _error",
         command("_error", 1, plain("NetConnection.Connect.ReconnectRequest"))},
        {"another command", command("onFCPublish", 0, srsFields)},
    };
    for (const auto& row : rows) {
        EXPECT_FALSE(redirectOf(row.payload)) << row.what;
    }
    Bytes cut = command("onStatus", 0, srsFields);
    cut.resize(cut.size() - 60); // within redirect2
    EXPECT_FALSE(redirectOf(cut)) << "the object is cut short";
}

constexpr std::string_view Present = "rtmp://origin.example:1936/live/sub?vhost=v";

TEST(Redirect, ReadsTheTarget) {
    const struct {
        const char* url;
        bool namesStream;
        const char* tcUrl;
        bool tls;
        const char* host;
        uint16_t port;
        const char* app;
        const char* stream;
    } rows[] = {
        {"rtmp://10.0.0.7:19350/live/x?vhost=a&token=/1", true, "rtmp://10.0.0.7:19350/live", false,
         "10.0.0.7", 19350, "live", "x?vhost=a&token=/1"},
        {"rtmp://h/a/b/c", true, "rtmp://h/a/b", false, "h", 1935, "a/b", "c"},
        {"rtmp://h/a//c", true, "rtmp://h/a", false, "h", 1935, "a", "c"},
        {"rtmp://h/a/b/c", false, "rtmp://h/a/b/c", false, "h", 1935, "a/b/c", ""},
        {"rtmp://h/a/", false, "rtmp://h/a", false, "h", 1935, "a", ""},
        {"rtmp://h/a?k=v/w", false, "rtmp://h/a?k=v/w", false, "h", 1935, "a?k=v/w", ""},
        {"rtmps://a-b_c.example/live", false, "rtmps://a-b_c.example/live", true, "a-b_c.example",
         443, "live", ""},
        {"RTMPS://h:1936/live", false, "rtmps://h:1936/live", true, "h", 1936, "live", ""},
        {"rtmp://[fd00::1]:1936/live", false, "rtmp://[fd00::1]:1936/live", false, "fd00::1", 1936,
         "live", ""},
        {"rtmp://[::1]/live", false, "rtmp://[::1]/live", false, "::1", 1935, "live", ""},
        {"rtmp://h/caf\xC3\xA9", false, "rtmp://h/caf\xC3\xA9", false, "h", 1935, "caf\xC3\xA9",
         ""},
        // Relative to the present URL, as E-RTMP allows.
        {"", false, "rtmp://origin.example:1936/live/sub?vhost=v", false, "origin.example", 1936,
         "live/sub?vhost=v", ""},
        {"//192.0.2.0/realtimeapp", false, "rtmp://192.0.2.0/realtimeapp", false, "192.0.2.0", 1935,
         "realtimeapp", ""},
        {"/realtimeapp", false, "rtmp://origin.example:1936/realtimeapp", false, "origin.example",
         1936, "realtimeapp", ""},
        {"other?a=b", false, "rtmp://origin.example:1936/live/other?a=b", false, "origin.example",
         1936, "live/other?a=b", ""},
        {"?a=b:c", false, "rtmp://origin.example:1936/live/sub?a=b:c", false, "origin.example",
         1936, "live/sub?a=b:c", ""},
    };
    for (const auto& row : rows) {
        std::string_view error;
        const auto target =
            parseRedirect({RedirectKind::Rejected, row.url, row.namesStream}, Present, error);
        ASSERT_TRUE(target) << row.url << ": " << error;
        EXPECT_EQ(target->tcUrl, row.tcUrl) << row.url;
        EXPECT_EQ(target->tls, row.tls) << row.url;
        EXPECT_EQ(target->host, row.host) << row.url;
        EXPECT_EQ(target->port, row.port) << row.url;
        EXPECT_EQ(target->app, row.app) << row.url;
        EXPECT_EQ(target->stream, row.stream) << row.url;
    }
}

TEST(Redirect, RefusesTargetsItCannotFollow) {
    const struct {
        std::string url;
        bool namesStream;
        const char* why;
    } rows[] = {
        {"http://h/live", false, "scheme"},
        {"rtmpe://h/live", false, "scheme"},
        {"rtmpt://h/live", false, "scheme"},
        {"file:///etc/passwd", false, "scheme"},
        {"h:1935/live", false, "scheme"}, // by RFC 3986 the scheme is "h"
        {"rtmp://user:secret@h/live", false, "user name"},
        {"rtmp:///live", false, "host"},
        {"rtmp:/live", false, "host"},
        {"rtmp://:1935/live", false, "host"},
        {"rtmp://h h/live", false, "spaces"},
        {"rtmp://h\n/live", false, "control"},
        {std::string("rtmp://h\0/live", 14), false, "control"},
        {"rtmp://h\x7F/live", false, "control"},
        {"rtmp://h%41/live", false, "host"},
        {"rtmp://" + std::string(256, 'h') + "/live", false, "host"},
        {"rtmp://[::1/live", false, "host"},
        {"rtmp://[1.2.3.4]/live", false, "host"},
        {"rtmp://[::1]1935/live", false, "port"},
        {"rtmp://h:/live", false, "port"},
        {"rtmp://h:0/live", false, "port"},
        {"rtmp://h:65536/live", false, "port"},
        {"rtmp://h:1935x/live", false, "port"},
        {"rtmp://h", false, "application"},
        {"rtmp://h/", false, "application"},
        {"rtmp://h?a=b", false, "application"},
        {"rtmp://h/stream", true, "no stream"},
        {"rtmp://h//stream", true, "application"},
        {"rtmp://h/live/", true, "no stream"},
        {"rtmp://h/live/?a=b", true, "no stream"},
        {"rtmp://h/" + std::string(MaxRedirectUrlBytes, 'a'), false, "2048"},
    };
    for (const auto& row : rows) {
        std::string_view error;
        EXPECT_FALSE(
            parseRedirect({RedirectKind::Rejected, row.url, row.namesStream}, Present, error))
            << row.url;
        EXPECT_NE(error.find(row.why), std::string_view::npos) << row.url << ": " << error;
    }
    std::string_view error;
    EXPECT_FALSE(parseRedirect({RedirectKind::Reconnect, "/live", false}, "", error));
    EXPECT_NE(error.find("scheme"), std::string_view::npos) << error;
}

} // namespace
} // namespace srsproxy::rtmp
