#include "bench/lb_sim/balancer_library.h"

#include <dlfcn.h>

#include <numeric>
#include <stdexcept>

#include "bench/lb_sim/text_config.h"

namespace lbsim {

using namespace srsproxy;

namespace {

/// Offers no services: a balancer must do without when it finds none.
class EmptyCore final : public ICore {
public:
    void* query(Str) noexcept override { return nullptr; }
};

class ErrorText final : public IErrorSink {
public:
    void error(Str message) noexcept override {
        text += text.empty() ? "" : "; ";
        text.append(message.data, message.size);
    }
    std::string text;
};

} // namespace

BalancerLibrary::BalancerLibrary(const std::string& path) {
    // A plugin that has run is never unmapped, so the handle is not kept.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
        throw std::runtime_error(dlerror());
    }
    descriptor_ = static_cast<const PluginDescriptor*>(dlsym(handle, SRSPROXY_DESCRIPTOR_SYMBOL));
    if (descriptor_ == nullptr || descriptor_->magic != PluginMagic) {
        throw std::runtime_error(path + ": not a plugin of srs-proxy");
    }
    if (descriptor_->abiMajor != SRSPROXY_ABI_MAJOR || descriptor_->kind != PluginKindBalancer) {
        throw std::runtime_error(path + ": not a balancer of this ABI");
    }
    plugin_ = descriptor_->create();
    ErrorText errors;
    static EmptyCore core;
    if (plugin_ == nullptr || plugin_->init(&core, &errors) != StatusOk) {
        throw std::runtime_error(path + ": init failed: " + errors.text);
    }
    factory_ = static_cast<IBalancerFactory*>(plugin_->query(toStr(SRSPROXY_BALANCER_FACTORY_ID)));
    if (factory_ == nullptr) {
        throw std::runtime_error(path + ": it has no " SRSPROXY_BALANCER_FACTORY_ID);
    }
}

BalancerLibrary::~BalancerLibrary() {
    if (plugin_ != nullptr) {
        plugin_->stop();
        plugin_->destroy();
    }
}

BalancerPtr BalancerLibrary::create(const std::vector<std::string>& options) const {
    TextConfig config(options);
    ErrorText errors;
    BalancerPtr balancer(factory_->create(&config, &errors));
    for (const std::string& problem : config.problems()) {
        errors.error(toStr(problem));
    }
    if (!errors.text.empty() || balancer == nullptr) {
        throw std::runtime_error(std::string(descriptor_->name) + ": " + errors.text);
    }
    return balancer;
}

void OriginField::add(std::string id, uint32_t weight) {
    ids_.push_back(std::move(id));
    weights_.push_back(weight);
    sessions_.push_back(0);
    eligible_.resize(ids_.size() / 64 + 1);
    setEligible(ids_.size() - 1, true);
}

void OriginField::addFrom(const OriginField& other, uint64_t index) {
    add(other.ids_[index], other.weights_[index]);
}

uint64_t OriginField::totalWeight() const {
    return std::accumulate(weights_.begin(), weights_.end(), uint64_t{0});
}

void OriginField::update(IBalancer& balancer) const {
    std::vector<BalancerOrigin> origins(ids_.size());
    for (size_t index = 0; index < ids_.size(); ++index) {
        origins[index].structSize = sizeof(BalancerOrigin);
        origins[index].weight = weights_[index];
        origins[index].id = toStr(ids_[index]);
        origins[index].kind = toStr("generic");
        origins[index].zone = toStr("");
    }
    const OriginSet set{sizeof(OriginSet), sizeof(BalancerOrigin), origins.data(), origins.size()};
    ErrorText errors;
    if (balancer.update(&set, &errors) != StatusOk) {
        throw std::runtime_error("update: " + errors.text);
    }
}

void OriginField::setEligible(uint64_t index, bool eligible) {
    const uint64_t bit = uint64_t{1} << (index % 64);
    eligible_[index / 64] = eligible ? eligible_[index / 64] | bit : eligible_[index / 64] & ~bit;
}

bool OriginField::eligible(uint64_t index) const {
    return (eligible_[index / 64] >> (index % 64) & 1u) != 0;
}

int64_t OriginField::pick(IBalancer& balancer, uint64_t hash) const {
    PickRequest request{};
    request.structSize = sizeof(request);
    request.role = RolePublish;
    request.streamKey = toStr("v/app/stream");
    request.protocol = toStr("rtmp");
    request.client = toStr("192.0.2.1:4242");
    request.streamHash = hash;
    request.eligible = eligible_.data();
    request.sessions = sessions_.data();
    request.count = ids_.size();
    request.attempt = 1;
    ErrorText errors;
    const int64_t answer = balancer.pick(&request, &errors);
    if (answer < PickNone || answer >= static_cast<int64_t>(ids_.size())) {
        throw std::runtime_error("pick: " + std::to_string(answer) + ": " + errors.text);
    }
    return answer;
}

uint64_t streamHash(const std::string& streamKey) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char byte : streamKey) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    }
    return hash;
}

} // namespace lbsim
