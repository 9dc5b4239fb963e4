#pragma once

/// The origins that the proxy knows, for a protocol that has to know its pool before a client has
/// named a stream (what may it be offered?), or to tell an origin's address from a stranger's.
/// Which origin a stream goes to is the proxy's choice alone: see ISession::route. Since 1.1.

#include "srsproxy/abi/types.h"

namespace srsproxy {

/// One origin, by the address at which it would be asked next. Borrowed for the call.
struct OriginInfo {
    uint32_t structSize;
    uint32_t port;
    uint64_t generation; ///< another one when the origin has restarted
    Str id;
    Str kind;          ///< as RouteAnswer::originKind
    Str scheme;        ///< of the endpoint: `tcp`, `udp`, `tls`
    Str address;       ///< numeric, no brackets; empty while a host name has none
    Str clientAddress; ///< as RouteAnswer::clientAddress
    /// 1: it may get new streams. 0: it is draining, ejected, silent, or has no address.
    uint32_t usable;
    uint32_t reserved0;
    uint64_t reserved[4];
};

/// Takes the origins that a list() hands out. The caller of list() owns it.
class IOriginVisitor {
public:
    /// Once for each origin. [the caller's thread]
    virtual void visit(const OriginInfo* origin) noexcept = 0;

protected:
    ~IOriginVisitor() = default;
};

class IOrigins {
public:
    /// Another number whenever list() may tell something else than before. Cheap: to be asked
    /// where a remembered list is used. [any]
    virtual uint64_t version() noexcept = 0;
    /// Shows every origin that offers the service (`rtmp`, `http`, `api`, `srt`, `rtc`), ordered
    /// by id, usable or not, as they are at one moment. [any]
    virtual void list(Str service, IOriginVisitor* visitor) noexcept = 0;

protected:
    ~IOrigins() = default;
};

#define SRSPROXY_ORIGINS_ID "srsproxy.origins/1"

static_assert(sizeof(OriginInfo) == 136, "OriginInfo is frozen");

} // namespace srsproxy
