#include "plugins/rtmp/redirect.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "plugins/common/socket.h"

namespace srsproxy::rtmp {
namespace {

constexpr double RedirectCode = 302;
constexpr uint16_t RtmpPort = 1935;
constexpr uint16_t RtmpsPort = 443;

std::string_view textField(std::span<const uint8_t> object, std::string_view name) {
    return amf0StringField(object, name).value_or(std::string_view{});
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isHostCharacter(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}

/// Without the query. The path is a part of the URL from its first slash on.
struct UrlParts {
    std::string_view scheme;    ///< without "://"; empty: none
    std::string_view authority; ///< empty: none
    std::string_view path;
};

UrlParts split(std::string_view url) {
    UrlParts parts;
    url = url.substr(0, url.find('?'));
    if (const size_t colon = url.find(':'); colon < url.find('/')) {
        parts.scheme = url.substr(0, colon);
        url.remove_prefix(colon + 1);
    }
    if (url.starts_with("//")) {
        url.remove_prefix(2);
        parts.authority = url.substr(0, url.find('/'));
        url.remove_prefix(parts.authority.size());
    }
    parts.path = url;
    return parts;
}

std::string resolve(std::string_view url, std::string_view present) {
    const UrlParts base = split(present);
    const std::string scheme = std::string(base.scheme) + ":";
    const std::string site = scheme + "//" + std::string(base.authority);
    std::string text(url);
    if (url.empty()) {
        return std::string(present);
    }
    if (!split(url).scheme.empty()) {
        return text;
    }
    if (url.starts_with("//")) {
        return scheme + text;
    }
    if (url.starts_with('/')) {
        return site + text;
    }
    if (url.starts_with('?')) {
        return site + std::string(base.path) + text;
    }
    return site + std::string(base.path.substr(0, base.path.rfind('/') + 1)) + text;
}

bool parseHostAndPort(std::string_view authority, RedirectTarget& target) {
    size_t hostEnd = authority.find(':');
    if (authority.starts_with('[')) {
        hostEnd = authority.find(']');
        if (hostEnd == std::string_view::npos) {
            return false;
        }
        target.host = authority.substr(1, hostEnd - 1);
        const bool isIpv6 = target.host.find(':') != std::string::npos;
        if (!isIpv6 || socketAddress(target.host, 0).size == 0) {
            return false;
        }
        ++hostEnd;
    } else {
        target.host = authority.substr(0, hostEnd);
        if (target.host.empty() || target.host.size() > MaxHostBytes ||
            !std::all_of(target.host.begin(), target.host.end(), isHostCharacter)) {
            return false;
        }
    }
    if (hostEnd >= authority.size()) {
        target.port = target.tls ? RtmpsPort : RtmpPort;
        return true;
    }
    const std::string_view port = authority.substr(hostEnd + 1);
    const char* const end = port.data() + port.size();
    const auto [stop, code] = std::from_chars(port.data(), end, target.port);
    return authority[hostEnd] == ':' && code == std::errc{} && stop == end && target.port != 0;
}

} // namespace

std::optional<Redirect> findRedirect(const Answer& answer) {
    if (answer.kind == AnswerKind::Status &&
        answer.code == "NetConnection.Connect.ReconnectRequest") {
        return Redirect{RedirectKind::Reconnect, textField(answer.info, "tcUrl"), false};
    }
    if (answer.kind == AnswerKind::Result) {
        return std::nullopt;
    }
    auto where = amf0Field(answer.info, "ex");
    if (!where && answer.code == "NetConnection.Connect.Redirect") {
        where = answer.info;
    } else if (!where || amf0NumberField(*where, "code").value_or(RedirectCode) != RedirectCode) {
        return std::nullopt;
    }
    if (const std::string_view url = textField(*where, "redirect2"); !url.empty()) {
        return Redirect{RedirectKind::Rejected, url, true};
    }
    if (const std::string_view url = textField(*where, "redirect"); !url.empty()) {
        return Redirect{RedirectKind::Rejected, url, false};
    }
    return std::nullopt;
}

std::optional<RedirectTarget> parseRedirect(const Redirect& redirect, std::string_view present,
                                            std::string_view& error) {
    static_assert(MaxRedirectUrlBytes == 2048, "named below");
    if (redirect.url.size() > MaxRedirectUrlBytes || present.size() > MaxRedirectUrlBytes) {
        error = "it is longer than 2048 bytes";
        return std::nullopt;
    }
    const std::string url = resolve(redirect.url, present);
    if (std::any_of(url.begin(), url.end(),
                    [](char c) { return (c >= 0 && c <= ' ') || c == '\x7F'; })) {
        error = "it has spaces or control characters";
        return std::nullopt;
    }
    const UrlParts parts = split(url);
    std::string scheme(parts.scheme);
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
    RedirectTarget target;
    target.tls = scheme == "rtmps";
    if (!target.tls && scheme != "rtmp") {
        error = "its scheme is neither rtmp nor rtmps";
        return std::nullopt;
    }
    if (parts.authority.find('@') != std::string_view::npos) {
        error = "it has a user name";
        return std::nullopt;
    }
    if (!parseHostAndPort(parts.authority, target)) {
        error = "it has no host, or a bad port";
        return std::nullopt;
    }
    std::string_view path = parts.path.substr(parts.path.empty() ? 0 : 1);
    const std::string query = url.substr(std::min(url.find('?'), url.size()));
    if (redirect.namesStream) {
        const size_t slash = std::min(path.rfind('/'), path.size());
        target.stream = path.substr(std::min(slash + 1, path.size()));
        if (target.stream.empty()) {
            error = "it names no stream";
            return std::nullopt;
        }
        target.stream += query;
        path = path.substr(0, slash);
    }
    path = path.substr(0, path.find_last_not_of('/') + 1);
    if (path.empty()) {
        error = "it names no application";
        return std::nullopt;
    }
    target.app = std::string(path) + (redirect.namesStream ? "" : query);
    target.tcUrl = scheme + "://" + std::string(parts.authority) + "/" + target.app;
    return target;
}

} // namespace srsproxy::rtmp
