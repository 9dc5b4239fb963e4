#pragma once

/// The one function that turns every protocol's way of naming a stream into its key
/// `vhost/app/stream`. The same stream has the same key over every protocol, with or without a
/// port in Host, with or without query parameters. Pure; fuzzed.
///
/// Where the three parts come from:
///  - vhost: `vhost=` or `domain=` in the stream's query, then in the query of the tcUrl, then
///    the form `app...vhost...name`, then the host. Lower-case, without port, user or closing
///    dots. A host that is an address, `localhost` or empty is `__defaultVhost__`. Any other name
///    is a vhost, one label or several: a proxy reached as `proxy` by RTMP and by HTTP gives one
///    key. One proxy reached by two names has two vhosts; clients that must meet say `vhost=`.
///  - app: all segments of the path but the last; `_definst_` and empty segments do not count.
///    None left: `live`.
///  - stream: the last segment. With http(s) a known media suffix (`.flv`, `.m3u8`, …) is no
///    part of it; with all other schemes it is.
///  - rtmp and its like also take the query of a tcUrl in the middle: `app?k=v/stream?k=v`. The
///    stream then begins after the slash that ends a `vhost=` value, else after the last slash.
///    A `?` after two or more segments begins the stream's own query, so that its values may
///    hold slashes, unless that would put a slash into a vhost.
///  - http(s) paths that end in `/whip/`, `/whep/` or `/whip-play/`: what is before it names
///    the stream, and the query does not (that is how the origins of that style see it). Only
///    when nothing, or `/rtc/v1`, is before it do `app=` and `stream=` name the stream; they
///    default to `live` and `livestream`, as in SRS.
///
/// A key is printable ASCII: bytes that may stand in a URL's path segment stand for themselves,
/// all others as `%XX`, however the client wrote them.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace srsproxy {

struct StreamKey {
    std::string vhost;
    std::string app;
    std::string stream;
    std::string text; ///< `vhost/app/stream`
};

/// Longer keys are refused.
inline constexpr size_t MaxStreamKeyBytes = 512;

/// `url` is `scheme://host[:port]/app[/…]/stream[.ext][?query]` as the client gave it. Refused:
/// no stream name, control characters, `.` and `..` as segments, vhosts that are no host names,
/// keys longer than MaxStreamKeyBytes. The error never repeats more than a little of the URL.
Result<StreamKey> parseStreamUrl(std::string_view url);

/// FNV-1a: the same on every proxy and in every release.
uint64_t hashKey(std::string_view key);

} // namespace srsproxy
