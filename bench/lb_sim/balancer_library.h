#pragma once

/// A balancer plugin's file, opened as the proxy opens it, and the balancers made from it.
/// Errors are exceptions (std::runtime_error): this is for tools and tests only.

#include <memory>
#include <string>
#include <vector>

#include "srsproxy/balancer.h"

namespace lbsim {

struct DestroyBalancer {
    void operator()(srsproxy::IBalancer* balancer) const { balancer->destroy(); }
};
using BalancerPtr = std::unique_ptr<srsproxy::IBalancer, DestroyBalancer>;

class BalancerLibrary {
public:
    /// Throws when the file is no balancer plugin of this ABI.
    explicit BalancerLibrary(const std::string& path);
    ~BalancerLibrary();
    BalancerLibrary(const BalancerLibrary&) = delete;
    BalancerLibrary& operator=(const BalancerLibrary&) = delete;

    const srsproxy::PluginDescriptor& descriptor() const { return *descriptor_; }
    /// `options` are `key=value`. Throws with all that is wrong with them. The balancer must be
    /// gone before the library is.
    BalancerPtr create(const std::vector<std::string>& options) const;

private:
    const srsproxy::PluginDescriptor* descriptor_ = nullptr;
    srsproxy::IPlugin* plugin_ = nullptr;
    srsproxy::IBalancerFactory* factory_ = nullptr;
};

/// Origins as a balancer sees them, and the state that goes with each pick.
class OriginField {
public:
    void add(std::string id, uint32_t weight);
    /// Copies one origin of `other`, without its sessions.
    void addFrom(const OriginField& other, uint64_t index);
    uint64_t size() const { return ids_.size(); }
    uint32_t weight(uint64_t index) const { return weights_[index]; }
    uint64_t totalWeight() const;

    /// Gives the balancer the whole set, the origins that are not eligible included.
    void update(srsproxy::IBalancer& balancer) const;
    void setEligible(uint64_t index, bool eligible);
    bool eligible(uint64_t index) const;
    /// Asks for an origin, and throws when the balancer says that it failed.
    int64_t pick(srsproxy::IBalancer& balancer, uint64_t streamHash) const;
    std::vector<uint32_t>& sessions() { return sessions_; }

private:
    std::vector<std::string> ids_;
    std::vector<uint32_t> weights_;
    std::vector<uint32_t> sessions_;
    std::vector<uint64_t> eligible_;
};

/// The hash of a stream's key as the core makes it.
uint64_t streamHash(const std::string& streamKey);

} // namespace lbsim
