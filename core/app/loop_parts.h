#pragma once

/// What the protocols have on the event loops: attached when the process starts to accept,
/// drained and destroyed on their own loops when it stops. Used by the main thread.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/event/event_loop.h"
#include "srsproxy/abi/protocol.h"

namespace srsproxy {

class LoopParts {
public:
    explicit LoopParts(LoopGroup& loops) : loops_(loops) {}
    /// Requires: destroy() was called, or nothing was attached.
    ~LoopParts() = default;

    /// Attaches the protocol to every loop. Requires: the loops run.
    Result<Done> attach(const std::string& name, IProtocol& protocol);
    /// No part accepts any more when it returns.
    void drain(Milliseconds grace);
    /// Every session is closed when it returns.
    void destroy();

private:
    struct Part {
        uint32_t loop;
        ILoopPart* part; ///< freed by destroy(), on its loop
    };

    LoopGroup& loops_;
    std::vector<Part> parts_;
};

} // namespace srsproxy
