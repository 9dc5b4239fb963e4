#pragma once

/// Owning pointers to objects that a plugin made: freed by the plugin, on the main thread.

#include <memory>

namespace srsproxy {

struct DestroyByMaker {
    template <typename Interface> void operator()(Interface* object) const noexcept {
        object->destroy();
    }
};

template <typename Interface> using Owned = std::unique_ptr<Interface, DestroyByMaker>;

} // namespace srsproxy
