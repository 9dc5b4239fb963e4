#pragma once

/// Load balancing: out of the origins that could take a new stream, choose one.
///
/// The proxy decides who is alive, offers the protocol and is under its limits, and keeps each
/// stream on the origin it was given; a balancer is asked only for streams that have no origin
/// yet. It holds no sockets, threads, locks or clocks.

#include "srsproxy/abi/config.h"

namespace srsproxy {

struct BalancerOrigin {
    uint32_t structSize;
    uint32_t weight; ///< from the configuration or the registration; 1 … 1000, 100 by default
    Str id;          ///< the same on every proxy that this origin registers at
    Str kind;
    Str zone; ///< may be empty
    uint64_t reserved[4];
};

/// All origins that are known and not expired, sorted by id.
struct OriginSet {
    uint32_t structSize;
    uint32_t stride; ///< bytes from one element to the next: may be more than this SDK knows
    const BalancerOrigin* origins;
    uint64_t count;
};

/// A stream that needs an origin. The arrays run parallel to the OriginSet of the last update.
struct PickRequest {
    uint32_t structSize;
    int32_t role;             ///< a Role of sessions.h
    Str streamKey;            ///< `vhost/app/stream`
    Str protocol;             ///< `rtmp`, `http`, `api`, `srt`, `rtc`
    Str client;               ///< `address:port`
    uint64_t streamHash;      ///< of streamKey: the same on every proxy
    const uint64_t* eligible; ///< bit i (word i/64, bit i%64): origin i may be chosen
    const uint32_t* sessions; ///< sessions on origin i right now, through this proxy
    uint64_t count;           ///< origins in the set
    uint32_t attempt;         ///< 1, then one more for each origin that failed this session
    uint32_t reserved0;
    uint64_t reserved[4];
};

/// pick(): there is no origin that this balancer would choose.
static const int64_t PickNone = -1;
/// pick(): something went wrong; the reason went to `errors`.
static const int64_t PickFailed = -2;

/// One configured balancer. Never called twice at a time, so it needs no locks.
class IBalancer {
public:
    /// The set of origins, at the start and whenever it changes. May be empty. [any, serial]
    virtual int32_t update(const OriginSet* origins, IErrorSink* errors) noexcept = 0;

    /// The index of an eligible origin, PickNone or PickFailed. An answer that is out of range
    /// or not eligible is logged with the plugin's name, and the proxy takes the first eligible
    /// origin in its stead. Should take microseconds. [any, serial]
    virtual int64_t pick(const PickRequest* request, IErrorSink* errors) noexcept = 0;

    /// Further interfaces of this balancer, such as IBalancerFeedback, or null. [any, serial]
    virtual void* query(Str id) noexcept = 0;

    /// [main]
    virtual void destroy() noexcept = 0;

protected:
    ~IBalancer() = default;
};

/// Optional: hears of each session's beginning and end.
class IBalancerFeedback {
public:
    virtual void opened(Str originId) noexcept = 0;                  ///< [any, serial]
    virtual void closed(Str originId, int32_t outcome) noexcept = 0; ///< an Outcome [any, serial]

protected:
    ~IBalancerFeedback() = default;
};

class IBalancerFactory {
public:
    /// A balancer as configured, or null after telling `errors` why. [main]
    virtual IBalancer* create(IConfig* config, IErrorSink* errors) noexcept = 0;

protected:
    ~IBalancerFactory() = default;
};

#define SRSPROXY_BALANCER_FACTORY_ID "srsproxy.balancer_factory/1"
#define SRSPROXY_BALANCER_FEEDBACK_ID "srsproxy.balancer_feedback/1"

static_assert(sizeof(BalancerOrigin) == 88, "BalancerOrigin is frozen");
static_assert(sizeof(OriginSet) == 24, "OriginSet is frozen");
static_assert(sizeof(PickRequest) == 128, "PickRequest is frozen");

} // namespace srsproxy
