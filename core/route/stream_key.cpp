#include "core/route/stream_key.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/route/url_text.h"

namespace srsproxy {
namespace {

constexpr std::string_view DefaultVhost = "__defaultVhost__";
constexpr std::string_view DefaultApp = "live";
constexpr std::string_view DefaultStream = "livestream";
constexpr std::string_view DefaultInstance = "_definst_";
constexpr std::string_view VhostInApp = "...vhost...";
constexpr std::array<std::string_view, 15> MediaSuffixes{"flv",  "ts",  "m3u8", "mp3", "aac",
                                                         "mp4",  "mpd", "m4s",  "m4a", "m4v",
                                                         "webm", "mkv", "ogg",  "vtt", "wav"};

struct Url {
    std::string scheme; ///< lower-case
    std::string_view authority;
    std::string_view path;        ///< behind the authority, without queries
    std::string_view tail;        ///< FMLE form: what follows the tcUrl's query, else empty
    std::string_view streamQuery; ///< the query at the end
    std::string_view tcQuery;     ///< FMLE form: the query in the middle
};

/// What the path and the queries say, before defaults.
struct Names {
    std::vector<std::string> segments; ///< canonical; the last is the stream
    std::string vhost;                 ///< from `...vhost...`, may be empty
};

std::string quoted(std::string_view text) {
    constexpr size_t MaxShown = 64;
    std::string shown = canonicalText(text.substr(0, MaxShown));
    return "'" + shown + (text.size() > MaxShown ? "…'" : "'");
}

bool isHttp(std::string_view scheme) {
    return scheme == "http" || scheme == "https";
}

std::vector<std::string_view> splitSegments(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const size_t slash = path.find('/');
        const std::string_view segment = path.substr(0, slash);
        if (!segment.empty()) {
            segments.push_back(segment);
        }
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return segments;
}

/// Where the slash that ends a `vhost=` or `domain=` value stands, or npos.
size_t slashInVhost(std::string_view query) {
    for (const std::string_view name : {"vhost", "domain"}) {
        if (const auto value = queryValue(query, name)) {
            const size_t slash = value->find('/');
            if (slash != std::string_view::npos) {
                return static_cast<size_t>(value->data() - query.data()) + slash;
            }
        }
    }
    return std::string_view::npos;
}

/// Splits `app?k=v/stream?k=v` and `app/stream?k=v`; the header says how they are told apart.
void splitQueries(std::string_view rest, Url& url) {
    const size_t mark = rest.find('?');
    url.path = rest.substr(0, mark);
    if (mark == std::string_view::npos) {
        return;
    }
    const std::string_view query = rest.substr(mark + 1);
    url.streamQuery = query;
    if (isHttp(url.scheme)) {
        return;
    }
    const std::string_view head = query.substr(0, query.find('?'));
    const std::vector<std::string_view> segments = splitSegments(url.path);
    size_t cut = slashInVhost(head);
    if (cut == std::string_view::npos &&
        (segments.size() <= 1 || segments.back() == DefaultInstance)) {
        cut = head.rfind('/');
    }
    if (cut == std::string_view::npos) {
        return;
    }
    const std::string_view behind = query.substr(cut + 1);
    const size_t second = behind.find('?');
    url.tcQuery = query.substr(0, cut);
    url.tail = behind.substr(0, second);
    url.streamQuery = second == std::string_view::npos ? "" : behind.substr(second + 1);
    if (url.tail.empty()) {
        url.tail = "/"; // so that the missing name is seen
    }
}

Result<Url> splitUrl(std::string_view text) {
    const size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) {
        return Error{"the stream's URL " + quoted(text) + " has no scheme, such as rtmp://"};
    }
    Url url;
    url.scheme = lowerText(text.substr(0, colon));
    std::string_view rest = text.substr(colon + 3);
    const size_t end = rest.find_first_of("/?");
    url.authority = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    splitQueries(rest, url);
    return url;
}

bool isPort(std::string_view text) {
    return text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isIpv6Text(std::string_view text) {
    const std::string_view address = text.substr(0, text.find('%'));
    return std::count(address.begin(), address.end(), ':') >= 2 &&
           address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

/// As browsers decide it: a name whose last label is a number is an IPv4 address.
bool endsInNumber(std::string_view name) {
    const std::string_view label = name.substr(name.rfind('.') + 1);
    return !label.empty() &&
           std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The vhost that a `host[:port]`, from the URL or from a parameter, stands for.
Result<std::string> vhostOf(std::string_view host) {
    const Error bad{"the vhost " + quoted(host) +
                    " is no host name: letters, digits, '.', '-' and '_' are wanted (an "
                    "international name in its xn-- form), or an IP address"};
    if (host.starts_with('[')) {
        const size_t close = host.find(']');
        if (close == std::string_view::npos || !isIpv6Text(host.substr(1, close - 1))) {
            return bad;
        }
        const std::string_view port = host.substr(close + 1);
        if (!port.empty() && (port.front() != ':' || !isPort(port.substr(1)))) {
            return bad;
        }
        return std::string(DefaultVhost);
    }
    if (isIpv6Text(host)) { // brackets forgotten; its port cannot be told from it, nor matters
        return std::string(DefaultVhost);
    }
    const size_t colon = host.find(':');
    if (colon != std::string_view::npos && !isPort(host.substr(colon + 1))) {
        return bad;
    }
    std::string name = lowerText(host.substr(0, colon));
    while (name.ends_with('.')) {
        name.pop_back();
    }
    if (name.empty() || name == "localhost" || endsInNumber(name) ||
        name == lowerText(DefaultVhost)) {
        return std::string(DefaultVhost);
    }
    const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    });
    if (!clean || name.front() == '.' || name.find("..") != std::string::npos) {
        return bad;
    }
    return name;
}

/// `app...vhost...name[...more]` becomes `app`; the name goes to `vhost` unless it has one.
void takeVhostInApp(std::string& segment, std::string& vhost) {
    const size_t start = segment.find(VhostInApp);
    if (start == std::string::npos) {
        return;
    }
    std::string name = segment.substr(start + VhostInApp.size());
    name.resize(std::min(name.size(), name.find("...")));
    segment.resize(start);
    if (vhost.empty()) {
        vhost = std::move(name);
    }
}

Result<Names> readPath(std::string_view path) {
    if (path.empty() || path.ends_with('/')) {
        return Error{"the URL names no stream: scheme://host/app/stream is wanted"};
    }
    Names names;
    const std::vector<std::string_view> segments = splitSegments(path);
    for (const std::string_view& raw : segments) {
        std::string segment = canonicalText(raw);
        if (hasControl(segment)) {
            return Error{"the stream's name " + quoted(raw) + " holds control characters"};
        }
        if (&raw != &segments.back()) {
            takeVhostInApp(segment, names.vhost);
            if (segment == DefaultInstance || segment.empty()) {
                continue;
            }
        }
        if (segment == "." || segment == "..") {
            return Error{"the stream's path holds '" + segment + "' as a segment"};
        }
        names.segments.push_back(std::move(segment));
    }
    return names;
}

/// Takes `whip`, `whep` or `whip-play` off an HTTP path's end; false when there is none.
bool takeWhipEnd(std::string_view& path) {
    std::string_view bare = path;
    while (bare.ends_with('/')) {
        bare.remove_suffix(1);
    }
    const size_t slash = bare.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? bare : bare.substr(slash + 1);
    if (last != "whip" && last != "whep" && last != "whip-play") {
        return false;
    }
    bare.remove_suffix(last.size());
    while (bare.ends_with('/')) {
        bare.remove_suffix(1);
    }
    path = bare;
    return true;
}

std::string valueOr(std::string_view query, std::string_view name, std::string_view fallback) {
    const auto value = queryValue(query, name);
    return value && !value->empty() ? decodeText(*value) : std::string(fallback);
}

void dropMediaSuffix(std::string& stream) {
    const size_t dot = stream.rfind('.');
    if (dot == std::string::npos) {
        return;
    }
    const std::string suffix = lowerText(std::string_view(stream).substr(dot + 1));
    if (std::find(MediaSuffixes.begin(), MediaSuffixes.end(), suffix) != MediaSuffixes.end()) {
        stream.resize(dot);
    }
}

/// The names in an HTTP URL. WHIP and WHEP have two styles; see the header.
Result<Names> readHttp(const Url& url) {
    std::string_view path = url.path;
    if (takeWhipEnd(path)) {
        const std::vector<std::string_view> before = splitSegments(path);
        const bool byQuery =
            before.empty() || (before.size() == 2 && before[0] == "rtc" && before[1] == "v1");
        if (!byQuery) {
            return readPath(path);
        }
        return readPath(valueOr(url.streamQuery, "app", DefaultApp) + "/" +
                        valueOr(url.streamQuery, "stream", DefaultStream));
    }
    Result<Names> names = readPath(path);
    if (names && !names->segments.empty()) {
        dropMediaSuffix(names->segments.back());
    }
    return names;
}

/// The first that is named in the queries; empty when none is.
std::string vhostInQueries(const Url& url) {
    for (const std::string_view query : {url.streamQuery, url.tcQuery}) {
        for (const std::string_view name : {"vhost", "domain"}) {
            std::string value = valueOr(query, name, "");
            if (!value.empty()) {
                return value;
            }
        }
    }
    return {};
}

} // namespace

Result<StreamKey> parseStreamUrl(std::string_view text) {
    const Result<Url> url = splitUrl(text);
    if (!url) {
        return url.error();
    }
    Result<Names> names =
        isHttp(url->scheme)
            ? readHttp(*url)
            : readPath(url->tail.empty() ? std::string(url->path)
                                         : std::string(url->path) + "/" + std::string(url->tail));
    if (!names) {
        return names.error();
    }
    std::string named = vhostInQueries(*url);
    if (named.empty()) {
        named = std::move(names->vhost);
    }
    const std::string_view host = url->authority.substr(url->authority.rfind('@') + 1);
    Result<std::string> vhost = vhostOf(named.empty() ? host : std::string_view(named));
    if (!vhost) {
        return vhost.error();
    }

    StreamKey key;
    key.vhost = std::move(*vhost);
    key.stream = std::move(names->segments.back());
    names->segments.pop_back();
    for (const std::string& segment : names->segments) {
        key.app += (key.app.empty() ? "" : "/") + segment;
    }
    if (key.app.empty()) {
        key.app = DefaultApp;
    }
    if (key.stream.empty() || key.stream == "." || key.stream == "..") {
        return Error{"the URL names no stream before the file's suffix"};
    }
    key.text = key.vhost + "/" + key.app + "/" + key.stream;
    if (key.text.size() > MaxStreamKeyBytes) {
        return Error{"the stream's key has " + std::to_string(key.text.size()) +
                     " bytes; at most " + std::to_string(MaxStreamKeyBytes) + " are taken"};
    }
    return key;
}

uint64_t hashKey(std::string_view key) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : key) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3u;
    }
    return hash;
}

} // namespace srsproxy
