#pragma once

/// The store as plugins see it (srsproxy/abi/store.h): every plugin has keys of its own, and
/// hears the answer on the loop that asked. Outlives the plugins.

#include <map>
#include <memory>
#include <string>

#include "core/state/state_store.h"
#include "srsproxy/abi/store.h"

namespace srsproxy {

class StoreService {
public:
    static constexpr size_t MaxKeyBytes = 512;
    static constexpr size_t MaxValueBytes = 64 * 1024;
    /// Longer lifetimes are cut to that.
    static constexpr Milliseconds MaxTtl = std::chrono::hours(24 * 30);

    /// `store` outlives the service.
    explicit StoreService(StateStore& store);
    ~StoreService();

    /// The service handed to the plugin of that name, the same each time. A key that is empty or
    /// longer than MaxKeyBytes, and a lifetime that is not positive, are answered with
    /// StatusBadArgument; a value longer than MaxValueBytes with StatusLimit. Owned by this
    /// object. [main]
    IStore* serviceFor(const std::string& plugin);

private:
    class PluginStore;

    StateStore& store_;
    std::map<std::string, std::unique_ptr<PluginStore>> stores_;
};

} // namespace srsproxy
