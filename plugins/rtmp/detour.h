#pragma once

/// A stream on its way to where its origin has sent it: the target's address, once it is known,
/// and the client's own commands with the target's names in them. Owned by a stream while a
/// redirect is followed, used on its loop.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugins/common/resolver.h"
#include "plugins/rtmp/client_side.h"
#include "plugins/rtmp/redirect.h"

namespace srsproxy::rtmp {

class Detour final : private IResolveHandler {
public:
    /// Redirects that are followed one after the other for one stream.
    static constexpr unsigned MaxSteps = 3;

    /// `arrived` is called once on the loop, perhaps from within this call, unless the detour is
    /// destroyed before: with an address, or with none and the reason.
    using Arrived = std::function<void(const SocketAddress& peer, const std::string& error)>;
    Detour(RedirectTarget target, unsigned step, std::span<const uint8_t> connectObject,
           const StreamRequest& request);
    void find(HostResolver& resolver, IEventLoop& loop, Arrived arrived);

    unsigned step() const { return step_; }
    const RedirectTarget& target() const { return target_; }
    std::span<const uint8_t> connectObject() const { return connectObject_; }
    const StreamRequest& request() const { return request_; }

private:
    void resolved(ResolvedHost host) override;

    const RedirectTarget target_;
    const unsigned step_;
    const std::vector<uint8_t> connectObject_; ///< the client's, with the target's app and tcUrl
    StreamRequest request_;                    ///< the client's, with the target's stream
    Arrived arrived_;
    std::unique_ptr<ResolveRequest> asking_;
};

/// The object of connect with another app and tcUrl; every other field as it was.
std::vector<uint8_t> withTarget(std::span<const uint8_t> connectObject, std::string_view app,
                                std::string_view tcUrl);
/// The publish or play command with another stream name.
std::vector<uint8_t> withStreamName(uint8_t type, std::span<const uint8_t> start,
                                    std::string_view name);

} // namespace srsproxy::rtmp
