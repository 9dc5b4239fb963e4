// A plugin with a sound descriptor whose object misbehaves in the way that the build says.

#include <stdlib.h>

#include "srsproxy/abi/balancer.h"
#include "srsproxy/support.h"

namespace {

enum class Behaviour { NullCreate, FailingInit, NoFactory, AnswersAnyId, AbortsWhenMapped, Exits };
constexpr Behaviour Mine = Behaviour::BEHAVIOUR;

__attribute__((constructor)) void runsWhenMapped() {
    if (Mine == Behaviour::AbortsWhenMapped) {
        abort();
    }
}

class BadPlugin final : public srsproxy::IPlugin {
public:
    static srsproxy::IPlugin* make() noexcept {
        return Mine == Behaviour::NullCreate ? nullptr : new BadPlugin;
    }
    int32_t init(srsproxy::ICore*, srsproxy::IErrorSink* errors) noexcept override {
        if (Mine == Behaviour::Exits) {
            _Exit(3);
        }
        if (Mine == Behaviour::FailingInit) {
            errors->error(srsproxy::toStr("the licence file is missing"));
            return srsproxy::StatusUnavailable;
        }
        return srsproxy::StatusOk;
    }
    void* query(srsproxy::Str) noexcept override {
        return Mine == Behaviour::AnswersAnyId ? this : nullptr;
    }
    void stop() noexcept override {}
    void destroy() noexcept override { delete this; }

private:
    ~BadPlugin() = default;
};

} // namespace

SRSPROXY_DESCRIPTOR(srsproxy::PluginKindBalancer, "bad_plugin", "1.0.0", "MIT", &BadPlugin::make)
