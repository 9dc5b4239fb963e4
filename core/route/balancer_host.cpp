#include "core/route/balancer_host.h"

#include <algorithm>
#include <utility>

#include "core/base/abi.h"
#include "core/route/stream_key.h"

namespace srsproxy {
namespace {

bool sameText(Str a, std::string_view b) {
    return view(a) == b;
}

int64_t firstEligible(const std::vector<bool>& eligible) {
    const auto found = std::find(eligible.begin(), eligible.end(), true);
    return found == eligible.end() ? PickNone : found - eligible.begin();
}

} // namespace

/// Runs one call into the balancer, and names it in the log when it was slow.
template <typename Work> auto BalancerHost::timed(std::string_view call, Work work) {
    struct Timer {
        BalancerHost& host;
        std::string_view call;
        Milliseconds start;

        ~Timer() {
            const Milliseconds took = host.clock_.now() - start;
            if (took > SlowCall) {
                host.log_.warning("balancer slow",
                                  "balancer " + host.name_ + " took " +
                                      std::to_string(took.count()) + " ms for " +
                                      std::string(call) +
                                      "(); all new streams wait meanwhile, microseconds are "
                                      "wanted");
            }
        }
    };
    const Timer timer{*this, call, clock_.now()};
    return work();
}

BalancerHost::BalancerHost(IBalancer& balancer, std::string name, Log log, IMetrics* metrics,
                           const Clock* clock)
    : balancer_(balancer), feedback_(static_cast<IBalancerFeedback*>(
                               balancer.query(str(SRSPROXY_BALANCER_FEEDBACK_ID)))),
      name_(std::move(name)), log_(std::move(log)), clock_(clock == nullptr ? steady_ : *clock),
      table_(std::make_shared<OriginTable>()) {
    if (metrics != nullptr) {
        const MetricLabel label{str("balancer"), str(name_)};
        errors_ = metrics->counter(
            str("balancer_errors_total"),
            str("Failed or senseless answers of the balancer, each replaced by the proxy"), &label,
            1);
    }
    tell();
}

void BalancerHost::update(std::shared_ptr<const OriginTable> table) {
    const bool same = sameForBalancer(*table);
    point(*table);
    table_ = std::move(table); // the views now are into this one
    if (!same || !told_) {
        tell();
    }
}

int64_t BalancerHost::pick(const PickInput& input, const std::vector<bool>& eligible) {
    const int64_t fallback = firstEligible(eligible);
    if (fallback == PickNone) {
        return PickNone;
    }
    if (!told_ && !tell()) {
        return fallback;
    }
    const int64_t index = ask(input, eligible);
    return index == PickFailed ? fallback : index;
}

void BalancerHost::opened(std::string_view originId) {
    if (feedback_ != nullptr) {
        timed("opened", [&] { feedback_->opened(str(originId)); });
    }
}

void BalancerHost::closed(std::string_view originId, int32_t outcome) {
    if (feedback_ != nullptr) {
        timed("closed", [&] { feedback_->closed(str(originId), outcome); });
    }
}

bool BalancerHost::sameForBalancer(const OriginTable& table) const {
    return std::equal(origins_.begin(), origins_.end(), table.origins.begin(), table.origins.end(),
                      [](const BalancerOrigin& old, const auto& origin) {
                          const Registration& now = origin->registration;
                          return old.weight == now.weight && sameText(old.id, origin->id) &&
                                 sameText(old.kind, now.kind) && sameText(old.zone, now.zone);
                      });
}

/// Makes the views anew: the strings behind the old ones go with the old table.
void BalancerHost::point(const OriginTable& table) {
    origins_.clear();
    origins_.reserve(table.origins.size());
    for (const std::shared_ptr<const Origin>& origin : table.origins) {
        BalancerOrigin& seen = origins_.emplace_back(BalancerOrigin{});
        seen.structSize = sizeof(BalancerOrigin);
        seen.weight = origin->registration.weight;
        seen.id = str(origin->id);
        seen.kind = str(origin->registration.kind);
        seen.zone = str(origin->registration.zone);
    }
}

/// Tells the balancer of origins_; false when it could not take them.
bool BalancerHost::tell() {
    const OriginSet set{sizeof(OriginSet), sizeof(BalancerOrigin), origins_.data(),
                        origins_.size()};
    ErrorText errors;
    const int32_t status = timed("update", [&] { return balancer_.update(&set, &errors); });
    told_ = status >= StatusOk;
    if (!told_) {
        complain("balancer failed", "could not take " + std::to_string(set.count) + " origins: " +
                                        (errors.empty() ? "it gave no reason" : errors.text()));
    }
    return told_;
}

/// The balancer's answer when it makes sense, else PickFailed.
int64_t BalancerHost::ask(const PickInput& input, const std::vector<bool>& eligible) {
    const size_t count = table_->origins.size();
    eligibleBits_.assign(count / 64 + 1, 0);
    sessions_.assign(count + 1, 0); // one more, so that data() is never null
    for (size_t i = 0; i < count; ++i) {
        eligibleBits_[i / 64] |= (eligible[i] ? uint64_t{1} : 0) << (i % 64);
        sessions_[i] = table_->origins[i]->load->sessions.load(std::memory_order_relaxed);
    }
    PickRequest request{};
    request.structSize = sizeof(PickRequest);
    request.role = input.role;
    request.streamKey = str(input.streamKey);
    request.protocol = str(input.protocol);
    request.client = str(input.client);
    request.streamHash = hashKey(input.streamKey);
    request.eligible = eligibleBits_.data();
    request.sessions = sessions_.data();
    request.count = count;
    request.attempt = input.attempt;

    ErrorText errors;
    const int64_t index = timed("pick", [&] { return balancer_.pick(&request, &errors); });
    if (index == PickNone) {
        return PickNone;
    }
    if (index == PickFailed) {
        return complain("balancer failed",
                        "failed to pick: " +
                            (errors.empty() ? "it gave no reason" : errors.text()));
    }
    if (index < 0 || static_cast<uint64_t>(index) >= count) {
        return complain("balancer answer",
                        "picked origin " + std::to_string(index) + " of " + std::to_string(count));
    }
    if (!eligible[static_cast<size_t>(index)]) {
        return complain("balancer answer", "picked origin " +
                                               table_->origins[static_cast<size_t>(index)]->id +
                                               ", which is not eligible");
    }
    return index;
}

int64_t BalancerHost::complain(std::string_view topic, const std::string& message) {
    if (errors_ != nullptr) {
        errors_->add(1);
    }
    log_.error(topic, "balancer " + name_ + " " + message + "; taking the first eligible origin");
    return PickFailed;
}

} // namespace srsproxy
