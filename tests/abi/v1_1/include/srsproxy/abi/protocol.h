#pragma once

/// A protocol: listeners, and sessions that relay. Made once from its section of the
/// configuration, then attached to every event loop.

#include "srsproxy/abi/config.h"
#include "srsproxy/abi/event_loop.h"

namespace srsproxy {

/// What a protocol has on one loop: its listeners' sockets there, and its sessions.
class ILoopPart {
public:
    /// Stops accepting, at once. Sessions go on; the proxy kicks those that are left when
    /// `graceMs` have passed. [loop]
    virtual void drain(int64_t graceMs) noexcept = 0;
    /// Ends what is left and frees the part. Every session is closed when it returns. [loop]
    virtual void destroy() noexcept = 0;

protected:
    ~ILoopPart() = default;
};

class IProtocol {
public:
    /// Binds every listener, one socket for each of `loops` loops. A port that is taken is a
    /// failure: the proxy then does not start. Nothing is accepted yet. Once. [main]
    virtual int32_t open(uint32_t loops, IErrorSink* errors) noexcept = 0;
    /// Starts accepting on that loop; null after telling `errors` why. Once for each loop;
    /// needs open() before. [loop]
    virtual ILoopPart* attach(IEventLoop* loop, IErrorSink* errors) noexcept = 0;
    /// All parts are destroyed already. Closes what open() bound. [main]
    virtual void destroy() noexcept = 0;

protected:
    ~IProtocol() = default;
};

class IProtocolFactory {
public:
    /// Reads the configuration; opens nothing (`--check-config` ends here). Null after telling
    /// `errors` why. [main]
    virtual IProtocol* create(IConfig* config, IErrorSink* errors) noexcept = 0;

protected:
    ~IProtocolFactory() = default;
};

#define SRSPROXY_PROTOCOL_FACTORY_ID "srsproxy.protocol_factory/1"

} // namespace srsproxy
