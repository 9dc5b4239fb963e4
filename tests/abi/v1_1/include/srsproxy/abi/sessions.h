#pragma once

/// Sessions: what a protocol plugin does with the proxy, in three verbs.
///
///   open → identify (name the stream) → route (ask for an origin) → report (how did it do?)
///        → [route → report]… → count → close (why, and whose side)
///
/// A *search* begins with the first route(), and anew with the first one after an origin accepted
/// the session: an origin that is lost in mid-stream is followed by another one, while the client
/// stays. Each search may try as many origins as the proxy's settings allow.
///
/// The proxy owns who is alive, which stream is pinned where, failover, limits, draining, the
/// list of sessions and the access log; the plugin owns the sockets. A session belongs to the
/// loop it was opened on. docs/adr/0002-session-is-the-handle.md says why route and report are
/// methods of the session.

#include <stddef.h>

#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

enum Role : int32_t {
    RoleUnknown = 0,
    RolePublish = 1,
    RolePlay = 2,
};

/// Which end a session's end came from.
enum Side : int32_t {
    SideProxy = 0,
    SideClient = 1,
    SideOrigin = 2,
};

/// Why a session ended.
enum CloseCause : int32_t {
    CauseDone = 0,          ///< an orderly end
    CauseReset = 1,         ///< the peer vanished or reset the connection
    CauseTimeout = 2,       ///< a deadline of the set-up phase passed
    CauseIdle = 3,          ///< no traffic for the configured time
    CauseProtocolError = 4, ///< a peer sent what its protocol does not allow
    CauseNoOrigin = 5,      ///< no origin could take the stream
    CauseOriginRefused = 6, ///< the origin said no, in the protocol's words
    CauseOriginFailed = 7,  ///< origins were tried, and none could be reached
    CauseLimit = 8,         ///< a configured limit
    CauseKicked = 9,        ///< an operator ended it
    CauseShutdown = 10,     ///< the proxy is stopping
    CauseInternal = 11,     ///< our own fault
    CauseNothingSent = 12,  ///< the client left without sending a byte (a health check)
};

/// How an origin did.
enum Outcome : int32_t {
    OutcomeConnected = 1,       ///< reached, and it speaks the protocol
    OutcomeAccepted = 2,        ///< it took the stream
    OutcomeDeclined = 3,        ///< it said no to this stream; it is healthy
    OutcomeConnectRefused = -1, ///< nothing listens there, or no route to it
    OutcomeConnectTimeout = -2, ///< the connection was not made in time
    OutcomeSilent = -3,         ///< connected, but it did not answer in time
    OutcomeProtocolError = -4,  ///< it answered nonsense, or hung up before it answered
    OutcomeLost = -5,           ///< it went away in mid-stream
};

enum RouteCode : int32_t {
    RouteFound = 0,
    RouteNoOrigin = 1,  ///< none is alive and offers the protocol
    RouteExhausted = 2, ///< this search has tried every one, or as many as the limit allows
    RouteLimit = 3,     ///< all that could are at their limit
};

/// The proxy's answer to route(). Borrowed for the call.
struct RouteAnswer {
    uint32_t structSize;
    int32_t code;   ///< a RouteCode; unless RouteFound, only `reason` is set
    Str originId;   ///< for the log
    Str originKind; ///< `srs`, `nginx-rtmp`, `mediamtx`, `node-media-server`, `generic`, …
    Str scheme;     ///< of the endpoint: `tcp`, `udp`, `tls`
    Str address;    ///< numeric IPv4 or IPv6 address, no brackets
    uint32_t port;
    uint32_t attempt; ///< 1 for the first origin of this search
    Str streamKey;    ///< `vhost/app/stream`
    Str reason;       ///< fit for a client: never names an inner address
    /// How the origin is to be told the client's address: `none`, `srs`, `proxy_v1`, `proxy_v2`;
    /// empty when its registration does not say. Since 1.1.
    Str clientAddress;
    uint64_t reserved[2];
};

class IRouteHandler {
public:
    /// Once for each route() that was not cancelled, perhaps before route() returns. [loop]
    virtual void routed(const RouteAnswer* answer) noexcept = 0;

protected:
    ~IRouteHandler() = default;
};

/// Bits of RouteRequest::flags. Since 1.1.
enum RouteFlags : uint32_t {
    /// A new search: origins that failed this session before may be offered again. For a later
    /// round, after a pause: the only origin may have come back.
    RouteAfresh = 1,
};

/// What the plugin asks of route(); zero it first.
struct RouteRequest {
    uint32_t structSize;
    uint32_t flags; ///< RouteFlags; since 1.1, an older proxy does not look
    Str originHint; ///< an origin's id from a token of ours; used if it is alive. May be empty
    uint64_t reserved[4];
};

/// Bytes so far. Written on the session's loop only, read by other threads: write with relaxed
/// atomic stores (the sugar in srsproxy/protocol.h does).
struct SessionCounters {
    uint64_t fromClient;
    uint64_t toClient;
    uint64_t fromOrigin;
    uint64_t toOrigin;
};

/// Made by ISessions::open, freed by close().
class ISession {
public:
    /// Unique within the process, never 0. [any]
    virtual uint64_t id() noexcept = 0;

    /// Names the stream: a URL `scheme://host[:port]/app[/…]/stream[?query]` as the client gave
    /// it, before any percent-decoding of ours (an RTMP plugin joins tcUrl and the stream's
    /// name). The proxy derives the stream key. StatusBadArgument, and the reason into
    /// `errors`, when the URL names no stream; StatusLimit when the stream or the client has
    /// too many sessions. May be called again until route() succeeded. [loop]
    virtual int32_t identify(Str url, int32_t role, IErrorSink* errors) noexcept = 0;

    /// Asks for an origin; again after a failed one, which is then not offered in this search any
    /// more. After OutcomeAccepted it begins a new search, in which only the origin that was lost
    /// is not offered (unless it has restarted); an older proxy (before 1.1) goes on with the old
    /// search. Requires: identify() said StatusOk, and no answer is outstanding. [loop]
    virtual void route(const RouteRequest* request, IRouteHandler* handler) noexcept = 0;
    /// No routed() comes any more for an outstanding route(). [loop]
    virtual void cancelRoute() noexcept = 0;
    /// How the origin of the last answer did: an Outcome. [loop]
    virtual void report(int32_t outcome, Str detail) noexcept = 0;

    /// Valid until close(). [loop]
    virtual SessionCounters* counters() noexcept = 0;

    /// Ends the session and writes its one access-log line: a CloseCause, a Side, and a short
    /// text. The object is gone then. [loop]
    virtual void close(int32_t cause, int32_t side, Str detail) noexcept = 0;

protected:
    ~ISession() = default;
};

/// The plugin's side of a session.
class ISessionOwner {
public:
    /// The proxy wants the session to end (an operator, a shutdown): tell the peer in its
    /// protocol's words and close() with that cause, now or within a second. [loop]
    virtual void kicked(int32_t cause, Str reason) noexcept = 0;

protected:
    ~ISessionOwner() = default;
};

struct SessionInfo {
    uint32_t structSize;
    uint32_t reserved0;
    Str protocol; ///< the kind of endpoint that an origin must offer: `rtmp`, `http`, `api`, `srt`,
                  ///< `rtc`
    Str client;   ///< `address:port`, IPv6 in brackets
    uint64_t reserved[4];
};

class ISessions {
public:
    /// Null when the proxy is draining or a limit is reached: refuse the client. [loop]
    virtual ISession* open(IEventLoop* loop, const SessionInfo* info,
                           ISessionOwner* owner) noexcept = 0;

protected:
    ~ISessions() = default;
};

#define SRSPROXY_SESSIONS_ID "srsproxy.sessions/1"

static_assert(sizeof(RouteAnswer) == 144, "RouteAnswer is frozen");
static_assert(offsetof(RouteAnswer, clientAddress) == 112, "RouteAnswer is frozen");
static_assert(sizeof(RouteRequest) == 56, "RouteRequest is frozen");
static_assert(offsetof(RouteRequest, flags) == 4, "RouteRequest is frozen");
static_assert(sizeof(SessionInfo) == 72, "SessionInfo is frozen");
static_assert(sizeof(SessionCounters) == 32, "SessionCounters is frozen");

} // namespace srsproxy
