// A small plugin that tells its core, by asking for ids, in which order it is called.

#include "srsproxy/balancer.h"

namespace {

class Sample final : public srsproxy::IPlugin, private srsproxy::IBalancerFactory {
public:
    static srsproxy::IPlugin* make() noexcept { return new Sample; }

    int32_t init(srsproxy::ICore* core, srsproxy::IErrorSink* errors) noexcept override {
        core_ = core;
        tell("init");
        if (core_->query(srsproxy::toStr("fail")) != nullptr) {
            errors->error(srsproxy::toStr("told to"));
            errors->error(srsproxy::toStr("and so it did"));
            return srsproxy::StatusFailed;
        }
        return srsproxy::StatusOk;
    }
    void* query(srsproxy::Str id) noexcept override {
        return srsproxy::toString(id) == SRSPROXY_BALANCER_FACTORY_ID
                   ? static_cast<srsproxy::IBalancerFactory*>(this)
                   : nullptr;
    }
    void stop() noexcept override { tell("stop"); }
    void destroy() noexcept override {
        tell("destroy");
        delete this;
    }

private:
    ~Sample() = default;
    srsproxy::IBalancer* create(srsproxy::IConfig*, srsproxy::IErrorSink*) noexcept override {
        tell("create");
        return nullptr;
    }
    void tell(const char* what) { core_->query(srsproxy::toStr(what)); }

    srsproxy::ICore* core_ = nullptr;
};

} // namespace

SRSPROXY_DESCRIPTOR(srsproxy::PluginKindBalancer, "sample", "2.3.4", "Apache-2.0", &Sample::make)
