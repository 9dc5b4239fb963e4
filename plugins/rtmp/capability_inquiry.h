#pragma once

/// One client's question what it may be offered: what all usable RTMP origins can do, as far as
/// they are known or answer in time. Owned by the client's connection while its connect waits for
/// an answer; used on its loop. docs/adr/0004-enhanced-rtmp-offer.md says why it is so.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "plugins/rtmp/capability_ask.h"
#include "srsproxy/abi/origins.h"

namespace srsproxy::rtmp {

/// Where the answer goes. Owned by whoever made the inquiry.
class IOfferHandler {
public:
    /// Once, and never from within the inquiry's constructor; may delete the inquiry. [loop]
    virtual void offered(const Capabilities& offer) = 0;

protected:
    ~IOfferHandler() = default;
};

class CapabilityInquiry final : private ITimerHandler {
public:
    static constexpr size_t MaxAskedAtATime = 4;
    static constexpr size_t MaxAsked = 16; ///< the next client asks the next ones
    static constexpr size_t MaxOrigins = 1024;

    /// `origins` null: nothing is offered. `connectObject` is the client's and is copied.
    /// `reconnect`: a client may be told that a ReconnectRequest can come.
    CapabilityInquiry(CapabilityAsker& asker, IOrigins* origins,
                      std::span<const uint8_t> connectObject, const SocketAddress& client,
                      bool reconnect, IOfferHandler& handler);
    /// The client has left, or has its answer: offered() does not come any more. What is being
    /// asked goes on.
    ~CapabilityInquiry();
    CapabilityInquiry(const CapabilityInquiry&) = delete;
    CapabilityInquiry& operator=(const CapabilityInquiry&) = delete;

private:
    /// An origin that is to be asked, or asked again.
    struct Open {
        OriginTarget origin;
        bool known = false;  ///< from earlier: nobody waits for the newer answer
        bool queued = true;  ///< neither settled nor being asked
        bool asking = false; ///< by this inquiry
        std::shared_ptr<CapabilityWaiter> waiter;
    };

    void expired(uint64_t timer) noexcept override;
    void gather(IOrigins& origins);
    void advance();
    void askNow(size_t index);
    void settle(Open& open);
    void woken(size_t index);
    void finish();

    CapabilityAsker& asker_;
    const SocketAddress client_;
    const bool reconnect_;
    IOfferHandler& handler_;
    const std::shared_ptr<const std::vector<uint8_t>> connectObject_;
    std::vector<CapabilityBook::Offer> offers_; ///< of origins that need not be asked
    std::vector<Open> open_;                    ///< of the others; unknown ones first
    size_t waitingFor_ = 0;                     ///< of these
    size_t asked_ = 0;                          ///< by this inquiry, so far
    size_t asking_ = 0;                         ///< and now
    uint64_t timer_ = 0;
};

} // namespace srsproxy::rtmp
