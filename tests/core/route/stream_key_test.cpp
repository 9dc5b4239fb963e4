#include "core/route/stream_key.h"

#include <fstream>
#include <iterator>
#include <ostream>
#include <set>

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

struct Row {
    const char* name;
    const char* url;
    const char* key;
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name << ": " << row.url;
}

const auto nameOf = [](const auto& row) { return std::string(row.param.name); };

class StreamKeyRow : public testing::TestWithParam<Row> {};

TEST_P(StreamKeyRow, HasItsKey) {
    const Result<StreamKey> key = parseStreamUrl(GetParam().url);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->text, GetParam().key);
    EXPECT_EQ(key->text, key->vhost + "/" + key->app + "/" + key->stream);
}

const Row FaultRows[] = {
    {"K1_rtmp_with_port", "rtmp://live.example.com:1935/live/x", "live.example.com/live/x"},
    {"K1_rtmp_without_port", "rtmp://live.example.com/live/x", "live.example.com/live/x"},
    {"K1_http_on_port_80", "http://live.example.com/live/x.flv", "live.example.com/live/x"},
    {"K1_http_with_port", "http://live.example.com:8080/live/x.flv", "live.example.com/live/x"},
    {"K1_https", "https://live.example.com/live/x.m3u8", "live.example.com/live/x"},
    {"K2_vhost_in_query", "rtmp://10.0.0.1/live/x?vhost=a.example.com", "a.example.com/live/x"},
    {"K2_other_vhost", "rtmp://10.0.0.1/live/x?vhost=b.example.com", "b.example.com/live/x"},
    {"K2_domain_in_query", "rtmp://10.0.0.1/live/x?domain=a.example.com", "a.example.com/live/x"},
    {"K2_http", "http://h.example.com/live/x.flv?vhost=a.example.com&t=1", "a.example.com/live/x"},
    {"K2_srt", "srt://10.0.0.1/live/x?vhost=a.example.com", "a.example.com/live/x"},
    {"K3_tcurl_query_x", "rtmp://h.example.com/app?vhost=v.example.com/x", "v.example.com/app/x"},
    {"K3_tcurl_query_y", "rtmp://h.example.com/app?vhost=v.example.com/y", "v.example.com/app/y"},
    {"K4_brackets_and_port", "rtmp://[2001:db8::1]:1935/live/x", "__defaultVhost__/live/x"},
    {"K4_brackets", "http://[::1]/live/x.flv", "__defaultVhost__/live/x"},
    {"K4_no_brackets", "rtmp://2001:db8::1/live/x", "__defaultVhost__/live/x"},
    {"K4_no_brackets_port", "rtmp://2001:db8::1:1935/live/x", "__defaultVhost__/live/x"},
    {"K4_zone", "rtmp://[fe80::1%25eth0]:1935/live/x", "__defaultVhost__/live/x"},
    {"K4_mapped", "rtmp://[::ffff:10.0.0.1]/live/x", "__defaultVhost__/live/x"},
    {"K5_single_label", "rtmp://ingest:1935/live/x", "ingest/live/x"},
    {"K5_single_label_http", "http://ingest/live/x.flv", "ingest/live/x"},
    {"K6_whip_query_only", "http://h.example.com/rtc/v1/whip/?app=live&stream=x",
     "h.example.com/live/x"},
    {"K6_whip_path_goes_first", "http://h.example.com/live/x/whip?app=other&stream=y",
     "h.example.com/live/x"},
    {"K6_flv_path_goes_first", "http://h.example.com/live/x.flv?app=other&stream=y",
     "h.example.com/live/x"},
    {"K7_stream_id_parts", "srt://h.example.com/live/x?auth=abc&user=foo", "h.example.com/live/x"},
};
INSTANTIATE_TEST_SUITE_P(Faults, StreamKeyRow, testing::ValuesIn(FaultRows), nameOf);

const Row VhostRows[] = {
    {"upper_case", "RTMP://Live.Example.COM/Live/X", "live.example.com/Live/X"},
    {"closing_dot", "http://live.example.com./live/x.flv", "live.example.com/live/x"},
    {"user_and_password", "rtmp://u:p@live.example.com:1935/live/x", "live.example.com/live/x"},
    {"ipv4", "rtmp://127.0.0.1:1935/live/x", "__defaultVhost__/live/x"},
    {"short_ipv4", "rtmp://127.1/live/x", "__defaultVhost__/live/x"},
    {"localhost", "rtmp://LocalHost:1935/live/x", "__defaultVhost__/live/x"},
    {"no_host", "http:///live/x.flv", "__defaultVhost__/live/x"},
    {"default_by_name", "rtmp://h/live/x?vhost=__defaultVhost__", "__defaultVhost__/live/x"},
    {"ip_as_vhost", "rtmp://h/live/x?vhost=10.0.0.1", "__defaultVhost__/live/x"},
    {"vhost_with_port", "rtmp://h/live/x?vhost=A.example.com:80", "a.example.com/live/x"},
    {"vhost_escaped", "http://h/live/x.flv?vhost=a%2Eexample%2Ecom", "a.example.com/live/x"},
    {"empty_vhost", "rtmp://h.example.com/live/x?vhost=&t=1", "h.example.com/live/x"},
    {"vhost_before_domain", "rtmp://h/live/x?domain=d.com&vhost=v.com", "v.com/live/x"},
    {"stream_query_first", "rtmp://h/live?vhost=tc.com/x?vhost=st.com", "st.com/live/x"},
    {"not_a_suffix_of_a_name", "rtmp://h.com/live/x?myvhost=a.com&vhosts=b.com", "h.com/live/x"},
    {"underscore", "rtmp://my_host.example.com/live/x", "my_host.example.com/live/x"},
};
INSTANTIATE_TEST_SUITE_P(Vhosts, StreamKeyRow, testing::ValuesIn(VhostRows), nameOf);

const Row SrsRows[] = {
    {"dotted_vhost", "rtmp://10.0.0.1/live...vhost...a.com/x", "a.com/live/x"},
    {"dotted_vhost_more", "rtmp://10.0.0.1/live...vhost...a.com...token...t/x", "a.com/live/x"},
    {"dotted_vhost_twice", "rtmp://10.0.0.1/a...vhost...1.a.com/b...vhost...b.com/x",
     "1.a.com/a/b/x"},
    {"query_before_dotted", "rtmp://h/live...vhost...a.com/x?vhost=b.com", "b.com/live/x"},
    {"fmle", "rtmp://h.com/live?token=abc/x", "h.com/live/x"},
    {"fmle_and_stream_query", "rtmp://h.com/live?token=abc/x?t=1", "h.com/live/x"},
    {"fmle_slash_in_token", "rtmp://h.com/live?token=a/b/x", "h.com/live/x"},
    {"fmle_slash_in_second_query", "rtmp://h.com/live?token=a/x?sign=b/c", "h.com/live/x"},
    {"fmle_instance", "rtmp://h.com/live/_definst_?token=a/x", "h.com/live/x"},
    {"fmle_deep_app_vhost", "rtmp://h.com/a/b?vhost=v.com/x", "v.com/a/b/x"},
    {"fmle_vhost_deep_stream", "rtmp://h.com/a?t=1&vhost=v.com/b/x", "v.com/a/b/x"},
    {"fmle_no_app", "rtmp://h.com/?vhost=v.com/x", "v.com/live/x"},
    {"slash_in_stream_query", "rtmp://h.com/live/x?sign=a/b==", "h.com/live/x"},
    {"url_in_stream_query", "rtmp://h.com/live/x?back=http://o/p?q", "h.com/live/x"},
    {"http_has_one_query", "http://h.com/x.flv?sign=a/b", "h.com/live/x"},
    {"definst", "rtmp://h.com/live/_definst_/x", "h.com/live/x"},
    {"definst_alone", "rtmp://h.com/_definst_/x", "h.com/live/x"},
    {"definst_http", "http://h.com/live/_definst_/x.m3u8", "h.com/live/x"},
    {"default_app", "rtmp://h.com/x", "h.com/live/x"},
    {"default_app_srt", "srt://10.0.0.1/x", "__defaultVhost__/live/x"},
    {"deep_app", "rtmp://h.com/a/b/c/x", "h.com/a/b/c/x"},
    {"double_slashes", "rtmp://h.com//live//x", "h.com/live/x"},
    {"tcurl_without_app", "rtmp://h.com//x", "h.com/live/x"},
    {"webrtc_api", "webrtc://h.com/live/x?eip=1.2.3.4", "h.com/live/x"},
    {"token", "rtmp://h.com/live/x?token=abc", "h.com/live/x"},
};
INSTANTIATE_TEST_SUITE_P(Srs, StreamKeyRow, testing::ValuesIn(SrsRows), nameOf);

const Row NameRows[] = {
    {"http_suffix_case", "http://h.com/live/x.FLV", "h.com/live/x"},
    {"http_m4s", "http://h.com/live/x.m4s", "h.com/live/x"},
    {"http_unknown_suffix", "http://h.com/live/x.v2", "h.com/live/x.v2"},
    {"http_one_suffix_only", "http://h.com/live/x.flv.ts", "h.com/live/x.flv"},
    {"http_dots_in_name", "http://h.com/live/x.1.2.m3u8", "h.com/live/x.1.2"},
    {"http_no_suffix", "http://h.com/live/x", "h.com/live/x"},
    {"rtmp_keeps_suffix", "rtmp://h.com/live/x.flv", "h.com/live/x.flv"},
    {"srt_keeps_suffix", "srt://h.com/live/x.ts", "h.com/live/x.ts"},
    {"whip_keeps_suffix", "http://h.com/rtc/v1/whip/?app=live&stream=x.flv", "h.com/live/x.flv"},
    {"whip_defaults", "http://h.com/rtc/v1/whip/", "h.com/live/livestream"},
    {"whip_stream_only", "https://h.com/rtc/v1/whip?stream=x", "h.com/live/x"},
    {"whip_short_path", "https://h.com/whip/?app=a&stream=x", "h.com/a/x"},
    {"whep_query", "https://h.com/rtc/v1/whep/?app=a&stream=x&vhost=v.com", "v.com/a/x"},
    {"whip_play", "https://h.com/rtc/v1/whip-play/?app=a&stream=x", "h.com/a/x"},
    {"whep_path", "https://h.com/a/b/x/whep", "h.com/a/b/x"},
    {"whip_path_default_app", "https://h.com/x/whip", "h.com/live/x"},
    {"whip_resource",
     "http://h.com/rtc/v1/whip/?action=delete&token=t&app=live&stream=x&session=a:b",
     "h.com/live/x"},
    {"whip_escaped_values", "http://h.com/rtc/v1/whip/?app=a%2Fb&stream=x%20y", "h.com/a/b/x%20y"},
    {"whip_in_rtmp_is_a_name", "rtmp://h.com/live/whip", "h.com/live/whip"},
    {"unreserved_decoded", "http://h.com/li%76e/%78%2d%5F%7e.flv", "h.com/live/x-_~"},
    {"sub_delims_decoded", "http://h.com/live/x%40%3Ay%3D%2c.flv", "h.com/live/x@:y=,"},
    {"space_raw", "rtmp://h.com/live/my stream", "h.com/live/my%20stream"},
    {"space_escaped", "http://h.com/live/my%20stream.flv", "h.com/live/my%20stream"},
    {"utf8_raw", "rtmp://h.com/live/\xe6\xb5\x81", "h.com/live/%E6%B5%81"},
    {"utf8_escaped", "http://h.com/live/%e6%b5%81.flv", "h.com/live/%E6%B5%81"},
    {"escaped_slash_stays", "http://h.com/live/a%2fb.flv", "h.com/live/a%2Fb"},
    {"lone_percent", "rtmp://h.com/live/100%", "h.com/live/100%25"},
    {"broken_escape", "rtmp://h.com/live/a%zz", "h.com/live/a%25zz"},
    {"hash", "rtmp://h.com/live/a#b", "h.com/live/a%23b"},
    {"definst_is_a_name_at_the_end", "rtmp://h.com/live/_definst_", "h.com/live/_definst_"},
    {"vhost_form_is_a_name_at_the_end", "rtmp://h.com/live/a...vhost...b",
     "h.com/live/a...vhost...b"},
    {"three_dots", "rtmp://h.com/live/...", "h.com/live/..."},
};
INSTANTIATE_TEST_SUITE_P(Names, StreamKeyRow, testing::ValuesIn(NameRows), nameOf);

struct BadRow {
    const char* name;
    std::string url;
    const char* why; ///< part of the message
};

void PrintTo(const BadRow& row, std::ostream* out) {
    *out << row.name;
}

class StreamKeyBadRow : public testing::TestWithParam<BadRow> {};

TEST_P(StreamKeyBadRow, IsRefusedWithItsReason) {
    const Result<StreamKey> key = parseStreamUrl(GetParam().url);
    ASSERT_FALSE(key) << key->text;
    EXPECT_NE(key.error().message.find(GetParam().why), std::string::npos) << key.error().message;
    EXPECT_LT(key.error().message.size(), 400u);
}

const BadRow BadRows[] = {
    {"empty", "", "no scheme"},
    {"no_scheme", "h.com/live/x", "no scheme"},
    {"empty_scheme", "://h.com/live/x", "no scheme"},
    {"host_only", "rtmp://h.com", "names no stream"},
    {"no_stream", "rtmp://h.com/live/", "names no stream"},
    {"slashes_only", "rtmp://h.com///", "names no stream"},
    {"fmle_no_stream", "rtmp://h.com/live?vhost=v.com/", "names no stream"},
    {"suffix_only", "http://h.com/live/.flv", "before the file's suffix"},
    {"suffix_leaves_dots", "http://h.com/live/...flv", "before the file's suffix"},
    {"dot_dot", "http://h.com/live/../x.flv", "'..' as a segment"},
    {"dot_dot_escaped", "http://h.com/live/%2e%2E/x.flv", "'..' as a segment"},
    {"dot", "rtmp://h.com/live/./x", "'.' as a segment"},
    {"dot_dot_stream", "rtmp://h.com/live/..", "'..' as a segment"},
    {"dot_dot_before_vhost", "rtmp://h.com/.....vhost...a.com/x", "'..' as a segment"},
    {"whip_dot_dot", "http://h.com/rtc/v1/whip/?app=..&stream=x", "'..' as a segment"},
    {"whip_slash_at_end", "http://h.com/rtc/v1/whip/?app=a&stream=x%2f", "names no stream"},
    {"newline", "rtmp://h.com/live/a\nb", "control characters"},
    {"newline_escaped", "http://h.com/live/a%0Ab.flv", "control characters"},
    {"nul", std::string("rtmp://h.com/live/a\0b", 21), "control characters"},
    {"delete", "rtmp://h.com/li\x7fve/x", "control characters"},
    {"host_with_space", "rtmp://h com/live/x", "is no host name"},
    {"host_with_slash_escaped", "rtmp://h%2fx/live/x", "is no host name"},
    {"vhost_with_slash", "http://h.com/live/x.flv?vhost=a/b", "is no host name"},
    {"vhost_utf8", "rtmp://h.com/live/x?vhost=\xe6\xb5\x81.com", "xn--"},
    {"bad_port", "rtmp://h.com:port/live/x", "is no host name"},
    {"open_bracket", "rtmp://[::1/live/x", "is no host name"},
    {"junk_in_brackets", "rtmp://[h.com]/live/x", "is no host name"},
    {"junk_behind_brackets", "rtmp://[::1]x/live/x", "is no host name"},
    {"empty_label", "rtmp://a..com/live/x", "is no host name"},
    {"long_key", "rtmp://h.com/live/" + std::string(512, 'x'), "at most 512"},
    {"long_garbage", std::string(100000, '%'), "no scheme"},
};
INSTANTIATE_TEST_SUITE_P(Bad, StreamKeyBadRow, testing::ValuesIn(BadRows), nameOf);

TEST(StreamKey, ReparsedGivesItself) {
    std::set<std::string> urls;
    for (const auto& row : FaultRows) {
        urls.insert(row.url);
    }
    for (const auto& row : SrsRows) {
        urls.insert(row.url);
    }
    for (const auto& row : NameRows) {
        urls.insert(row.url);
    }
    for (const std::string& url : urls) {
        const Result<StreamKey> key = parseStreamUrl(url);
        ASSERT_TRUE(key) << url;
        const Result<StreamKey> again = parseStreamUrl("rtmp://" + key->text);
        ASSERT_TRUE(again) << key->text << ": " << again.error().message;
        EXPECT_EQ(again->text, key->text);
    }
}

TEST(StreamKey, TakesTheLongestKey) {
    const std::string key = "h.com/live/" + std::string(MaxStreamKeyBytes - 11, 'x');
    const Result<StreamKey> parsed = parseStreamUrl("rtmp://" + key);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text, key);
    EXPECT_FALSE(parseStreamUrl("rtmp://" + key + "x"));
}

TEST(StreamKey, SameForWhatFfmpegPublishedAndWhatIsPlayed) {
    std::ifstream file(SRSPROXY_FIXTURES "/rtmp/ffmpeg-publish-query-vhost.c2s.bin",
                       std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const std::string name = "fix2?token=abc&vhost=acc.example.com";
    ASSERT_NE(bytes.find(name), std::string::npos);
    const Result<StreamKey> published = parseStreamUrl("rtmp://127.0.0.1:19196/live/" + name);
    const Result<StreamKey> played = parseStreamUrl("http://acc.example.com/live/fix2.flv");
    ASSERT_TRUE(published && played);
    EXPECT_EQ(published->text, "acc.example.com/live/fix2");
    EXPECT_EQ(published->text, played->text);
}

TEST(StreamKey, HashIsFnv1a) {
    EXPECT_EQ(hashKey(""), 0xcbf29ce484222325u);
    EXPECT_EQ(hashKey("a"), 0xaf63dc4c8601ec8cu);
    EXPECT_EQ(hashKey("foobar"), 0x85944171f73967e8u);
}

} // namespace
} // namespace srsproxy
