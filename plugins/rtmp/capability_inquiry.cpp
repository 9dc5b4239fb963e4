#include "plugins/rtmp/capability_inquiry.h"

#include <algorithm>

#include "srsproxy/support.h"

namespace srsproxy::rtmp {
namespace {

OriginTarget copyOf(const OriginInfo& info) {
    return {toString(info.id),      toString(info.kind),          toString(info.scheme),
            toString(info.address), toString(info.clientAddress), static_cast<uint16_t>(info.port),
            info.generation};
}

} // namespace

CapabilityInquiry::CapabilityInquiry(CapabilityAsker& asker, IOrigins* origins,
                                     std::span<const uint8_t> connectObject,
                                     const SocketAddress& client, bool reconnect,
                                     IOfferHandler& handler)
    : asker_(asker), client_(client), reconnect_(reconnect), handler_(handler),
      connectObject_(
          std::make_shared<const std::vector<uint8_t>>(askForEverything(connectObject))) {
    if (origins != nullptr) {
        gather(*origins);
        advance();
    }
    timer_ = asker_.loop().startTimer(waitingFor_ == 0 ? 0 : asker_.budgetUs(), this);
}

CapabilityInquiry::~CapabilityInquiry() {
    asker_.loop().cancelTimer(timer_);
    for (const Open& open : open_) {
        if (open.waiter) {
            open.waiter->leave();
        }
    }
}

void CapabilityInquiry::gather(IOrigins& origins) {
    struct Visitor final : IOriginVisitor {
        explicit Visitor(CapabilityInquiry& inquiry) : self(inquiry) {}
        void visit(const OriginInfo* info) noexcept override {
            if (info->usable == 0 || self.open_.size() + self.offers_.size() >= MaxOrigins) {
                return;
            }
            const CapabilityBook::Page page = self.asker_.book().look(
                {info->id.data, info->id.size}, info->generation, self.asker_.loop().nowUs());
            if (page.state == CapabilityBook::Page::Due) {
                Open& open = self.open_.emplace_back();
                open.origin = copyOf(*info);
                open.known = page.offer != nullptr;
            } else if (page.offer) {
                self.offers_.push_back(page.offer);
            }
        }
        CapabilityInquiry& self;
    } visitor(*this);
    origins.list(toStr("rtmp"), &visitor);
    const auto known = std::stable_partition(open_.begin(), open_.end(),
                                             [](const Open& open) { return !open.known; });
    waitingFor_ = static_cast<size_t>(known - open_.begin());
}

void CapabilityInquiry::advance() {
    for (size_t i = 0; i < open_.size(); ++i) {
        // At the limit of all, the rest may still be asked by others.
        if (asking_ == MaxAskedAtATime && asked_ < MaxAsked) {
            return;
        }
        if (open_[i].queued) {
            askNow(i);
        }
    }
}

void CapabilityInquiry::askNow(size_t index) {
    Open& open = open_[index];
    open.waiter =
        std::make_shared<CapabilityWaiter>(asker_.loop(), [this, index] { woken(index); });
    open.queued = false;
    const CapabilityBook::Page page =
        asker_.book().ask(open.origin.id, open.origin.generation, asker_.loop().nowUs(),
                          asked_ < MaxAsked, open.waiter);
    if (page.state == CapabilityBook::Page::Yours) {
        open.asking = true;
        ++asking_;
        ++asked_;
        asker_.ask(open.origin, connectObject_, client_);
    } else if (page.state != CapabilityBook::Page::Asked) {
        settle(open);
    }
}

void CapabilityInquiry::settle(Open& open) {
    open.waiter = nullptr;
    if (!open.known) {
        --waitingFor_;
    }
}

void CapabilityInquiry::woken(size_t index) {
    Open& open = open_[index];
    if (open.asking) {
        open.asking = false;
        --asking_;
    }
    const CapabilityBook::Page page =
        asker_.book().look(open.origin.id, open.origin.generation, asker_.loop().nowUs());
    if (page.offer || page.state == CapabilityBook::Page::Settled) {
        settle(open);
    } else {
        open.queued = true; // another generation of it was asked
    }
    advance();
    if (waitingFor_ == 0) {
        finish();
    }
}

void CapabilityInquiry::expired(uint64_t) noexcept {
    finish();
}

void CapabilityInquiry::finish() {
    for (const Open& open : open_) {
        const CapabilityBook::Page page =
            asker_.book().look(open.origin.id, open.origin.generation, asker_.loop().nowUs());
        if (page.offer) {
            offers_.push_back(page.offer);
        }
        if (open.waiter) {
            open.waiter->leave();
        }
    }
    asker_.loop().cancelTimer(timer_);
    Capabilities offer = offers_.empty() ? Capabilities{} : *offers_.front();
    for (const CapabilityBook::Offer& other : offers_) {
        if (*other != offer) {
            offer = intersect(offer, *other);
        }
    }
    if (!reconnect_) {
        offer.capsEx &= ~CapsEx::Reconnect;
    }
    handler_.offered(offer);
}

} // namespace srsproxy::rtmp
