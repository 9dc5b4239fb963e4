// parseStreamUrl on anything a client may send: it never crashes, a key is short printable ASCII
// without surprises, and the key taken as an RTMP URL gives itself.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/route/stream_key.h"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(std::string_view url) {
    const auto key = srsproxy::parseStreamUrl(url);
    if (!key) {
        require(!key.error().message.empty() && key.error().message.size() < 1024);
        return;
    }
    require(!key->vhost.empty() && !key->app.empty() && !key->stream.empty());
    require(key->text == key->vhost + "/" + key->app + "/" + key->stream);
    require(key->text.size() <= srsproxy::MaxStreamKeyBytes);
    require(key->vhost.find('/') == std::string::npos);
    require(key->stream.find('/') == std::string::npos);
    for (const char c : key->text) {
        require(c > ' ' && c < '\x7f' && c != '?' && c != '#');
    }
    require(("/" + key->text + "/").find("/../") == std::string::npos);
    const auto again = srsproxy::parseStreamUrl("rtmp://" + key->text);
    require(static_cast<bool>(again));
    require(again->text == key->text && again->app == key->app && again->stream == key->stream);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(text);
    for (const char* scheme : {"rtmp://", "http://", "http://h/rtc/v1/whip/?"}) {
        check(scheme + std::string(text));
    }
    return 0;
}
