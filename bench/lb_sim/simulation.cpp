#include "bench/lb_sim/simulation.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

namespace lbsim {

using namespace srsproxy;

namespace {

constexpr uint32_t EqualWeight = 100;
constexpr uint32_t MixedWeights[] = {50, 100, 100, 200, 400};

class Cluster {
public:
    explicit Cluster(const Plan& plan) : library_(plan.plugin), plan_(plan) {
        for (uint64_t index = 0; index < plan.origins; ++index) {
            const std::string number = std::to_string(10000 + index);
            allOrigins_.add("vid-" + number + "@10.0." + std::to_string(index / 250) + "." +
                                std::to_string(index % 250 + 1),
                            plan.mixedWeights ? MixedWeights[index % std::size(MixedWeights)]
                                              : EqualWeight);
        }
        for (uint64_t index = 0; index < plan.streams; ++index) {
            hashes_.push_back(streamHash("__defaultVhost__/live/stream-" + std::to_string(index)));
        }
    }

    Outcome run() {
        Outcome outcome;
        const BalancerPtr balancer = library_.create(plan_.options);
        OriginField field = allOrigins_;
        field.update(*balancer);

        std::vector<uint32_t> homes(hashes_.size());
        const auto start = std::chrono::steady_clock::now();
        placeAll(*balancer, field, homes);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - start;
        outcome.nsPerPick = took.count() / static_cast<double>(hashes_.size());
        outcome.placed = spread(field);
        compareAfresh(homes, outcome);
        churn(*balancer, field, homes, outcome);
        outcome.afterChurn = spread(field);
        return outcome;
    }

private:
    uint32_t pickOrThrow(IBalancer& balancer, OriginField& field, uint64_t stream) const {
        const int64_t index = field.pick(balancer, hashes_[stream]);
        if (index == PickNone || !field.eligible(static_cast<uint64_t>(index))) {
            throw std::runtime_error("the balancer chose no eligible origin");
        }
        ++field.sessions()[static_cast<uint64_t>(index)];
        return static_cast<uint32_t>(index);
    }

    void placeAll(IBalancer& balancer, OriginField& field, std::vector<uint32_t>& homes) const {
        for (uint64_t stream = 0; stream < hashes_.size(); ++stream) {
            homes[stream] = pickOrThrow(balancer, field, stream);
        }
    }

    /// Another proxy meets the streams in another order.
    void placeAllBackwards(IBalancer& balancer, OriginField& field,
                           std::vector<uint32_t>& homes) const {
        for (uint64_t stream = hashes_.size(); stream-- > 0;) {
            homes[stream] = pickOrThrow(balancer, field, stream);
        }
    }

    std::vector<bool> leavers(std::mt19937_64& random) const {
        const auto count = std::max<uint64_t>(
            1, static_cast<uint64_t>(static_cast<double>(plan_.origins) * plan_.leaveShare));
        std::vector<bool> gone(plan_.origins);
        std::uniform_int_distribution<uint64_t> draw(0, plan_.origins - 1);
        for (uint64_t left = count; left > 0;) {
            const uint64_t index = draw(random);
            left -= gone[index] ? 0 : 1;
            gone[index] = true;
        }
        return gone;
    }

    /// In each round some origins leave, their streams move, and the origins return empty.
    void churn(IBalancer& balancer, OriginField& field, std::vector<uint32_t>& homes,
               Outcome& outcome) const {
        std::mt19937_64 random(1);
        uint64_t moved = 0;
        uint64_t lost = 0;
        for (uint64_t round = 0; round < plan_.rounds; ++round) {
            const std::vector<bool> gone = leavers(random);
            for (uint64_t index = 0; index < gone.size(); ++index) {
                if (gone[index]) {
                    field.setEligible(index, false);
                    field.sessions()[index] = 0;
                }
            }
            for (uint64_t stream = 0; stream < homes.size(); ++stream) {
                if (gone[homes[stream]]) {
                    const uint32_t old = homes[stream];
                    homes[stream] = pickOrThrow(balancer, field, stream);
                    moved += homes[stream] != old ? 1 : 0;
                    ++lost;
                }
            }
            for (uint64_t index = 0; index < gone.size(); ++index) {
                field.setEligible(index, true);
            }
            field.update(balancer);
        }
        const auto asked = static_cast<double>(homes.size());
        outcome.movedShare = static_cast<double>(moved) / asked;
        outcome.lostShare = static_cast<double>(lost) / asked;
    }

    /// A second proxy that has no pins: does it send the streams to the same origins?
    void compareAfresh(const std::vector<uint32_t>& homes, Outcome& outcome) const {
        std::vector<uint32_t> fresh(homes.size());
        const BalancerPtr second = library_.create(plan_.options);
        OriginField field = allOrigins_;
        field.update(*second);
        placeAllBackwards(*second, field, fresh);
        outcome.freshAgree = agreement(homes, fresh, std::vector<bool>(plan_.origins));

        std::mt19937_64 random(1);
        const std::vector<bool> gone = leavers(random);
        const BalancerPtr third = library_.create(plan_.options);
        OriginField fewer;
        std::vector<uint32_t> indexBefore;
        for (uint64_t index = 0; index < gone.size(); ++index) {
            if (!gone[index]) {
                fewer.addFrom(allOrigins_, index);
                indexBefore.push_back(static_cast<uint32_t>(index));
            }
        }
        fewer.update(*third);
        placeAllBackwards(*third, fewer, fresh);
        for (uint32_t& home : fresh) {
            home = indexBefore[home];
        }
        outcome.freshAgreeLess = agreement(homes, fresh, gone);
    }

    static double agreement(const std::vector<uint32_t>& before, const std::vector<uint32_t>& after,
                            const std::vector<bool>& gone) {
        uint64_t same = 0;
        uint64_t counted = 0;
        for (uint64_t stream = 0; stream < before.size(); ++stream) {
            if (!gone[before[stream]]) {
                ++counted;
                same += before[stream] == after[stream] ? 1 : 0;
            }
        }
        return counted == 0 ? 0 : static_cast<double>(same) / static_cast<double>(counted);
    }

    static Spread spread(OriginField& field) {
        double total = 0;
        double most = 0;
        double least = 1e300;
        for (uint64_t index = 0; index < field.size(); ++index) {
            const double load = field.sessions()[index];
            total += load;
            most = std::max(most, load / field.weight(index));
            least = std::min(least, load / field.weight(index));
        }
        const double mean = total / static_cast<double>(field.totalWeight());
        return Spread{most / mean, least / mean};
    }

    BalancerLibrary library_;
    const Plan& plan_;
    OriginField allOrigins_;
    std::vector<uint64_t> hashes_;
};

} // namespace

Outcome simulate(const Plan& plan) {
    return Cluster(plan).run();
}

} // namespace lbsim
