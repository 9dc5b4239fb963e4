#pragma once

/// The proxy's log. Lines of one plugin carry its name. Repeated messages are held back and
/// counted by the proxy, but nothing per packet may log at all.

#include "srsproxy/abi/types.h"

namespace srsproxy {

enum LogLevel : int32_t {
    LogError = 3,
    LogWarning = 4,
    LogInfo = 6,
    LogDebug = 7,
    LogTrace = 8,
};

class ILog {
public:
    /// 1 when a line of that level would be written. Cheap. [any]
    virtual int32_t enabled(int32_t level) noexcept = 0;
    /// Writes one line. `session` is ISession::id(), or 0. Lines are held back per (plugin,
    /// level, `topic`): the topic is a constant text naming the kind of event, such as
    /// "connect failed". [any]
    virtual void write(int32_t level, uint64_t session, Str topic, Str message) noexcept = 0;

protected:
    ~ILog() = default;
};

#define SRSPROXY_LOG_ID "srsproxy.log/1"

} // namespace srsproxy
