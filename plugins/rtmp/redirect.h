#pragma once

/// What a server says when a client should go elsewhere, and where that is. Pure; any thread.
///
/// There are two ways:
///  - Flash Media Server and SRS: an `_error` or onStatus, level "error", code
///    NetConnection.Connect.Rejected, whose info has an object `ex` with `code` 302. In it
///    `redirect` is the new tcUrl (Adobe, Server-Side ActionScript,
///    application.redirectConnection). SRS adds `redirect2`, the new URL with the stream, and
///    sends it all on message stream 0 in place of the answer to publish or play
///    (SrsRtmpServer::redirect, ossrs/srs#1575); its edge, too, looks at `ex` alone. The same
///    fields are looked for in the info itself when the code is NetConnection.Connect.Redirect.
///  - Enhanced RTMP v2, "Reconnect Request": onStatus, level "status", code
///    NetConnection.Connect.ReconnectRequest, at any time. `tcUrl` may be missing, which means
///    the present one, or relative to that. The old server goes on until the client leaves.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/rtmp/codec/commands.h"

namespace srsproxy::rtmp {

enum class RedirectKind : uint8_t {
    Rejected, ///< not here: the connection is of no further use
    Reconnect ///< soon somewhere else: the connection still works
};

/// Views borrow from the answer.
struct Redirect {
    RedirectKind kind = RedirectKind::Rejected;
    std::string_view url;     ///< Reconnect: empty for the present tcUrl
    bool namesStream = false; ///< the last part of the path is the stream, not part of the app
};

/// nullopt when it is no redirect, or a rejection that names no URL.
std::optional<Redirect> findRedirect(const Answer& answer);

inline constexpr size_t MaxRedirectUrlBytes = 2048;
inline constexpr size_t MaxHostBytes = 255;

struct RedirectTarget {
    bool tls = false; ///< rtmps
    std::string host; ///< a name or an address, IPv6 without brackets
    uint16_t port = 0;
    std::string app;    ///< with its query, if it has one
    std::string tcUrl;  ///< `scheme://host[:port]/app`, the port as it was written
    std::string stream; ///< with its query; empty unless the redirect names a stream
};

/// Relative URLs (RFC 3986 §5.2, but dot segments stay) are resolved against `present`, the tcUrl
/// of the connection on which the redirect came; a proxy names its origin there, not itself.
/// nullopt, and in `error` what is wrong with the URL, when it is too long, of another scheme
/// than rtmp and rtmps, has a user name, or names no host, app or stream.
std::optional<RedirectTarget> parseRedirect(const Redirect& redirect, std::string_view present,
                                            std::string_view& error);

} // namespace srsproxy::rtmp
