#pragma once

/// The plugins built by tests/abi/CMakeLists.txt, loaded as the proxy does it.

#include <memory>
#include <string>

#include "core/base/abi.h"
#include "core/base/log_memory.h"
#include "core/plugin/conformance_core.h"
#include "core/plugin/plugin.h"

namespace srsproxy {

inline std::string testPlugin(const std::string& name) {
    return std::string(SRSPROXY_TEST_PLUGINS) + "/" + name + ".so";
}

/// A proxy with a log that can be read and services that do nothing, unless others are offered.
class TestProxy {
    IdleSessions sessions_;
    IdleMetrics metrics_;

public:
    ServicePointers offered{&sessions_, &metrics_, nullptr, nullptr};
    std::shared_ptr<MemoryLogSink> sink = std::make_shared<MemoryLogSink>();
    Log log{sink, "test"};

    Result<Plugin> start(const std::string& name, int32_t kind) {
        Result<PluginLibrary> library = PluginLibrary::load(testPlugin(name), kind);
        if (!library) {
            return library.error();
        }
        services_ = std::make_unique<CoreServices>(log.named(library->name()), offered);
        return Plugin::start(*library, *services_);
    }

private:
    std::unique_ptr<CoreServices> services_;
};

} // namespace srsproxy
