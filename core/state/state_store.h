#pragma once

/// Where small facts with a lifetime are kept: in this process (memory_store.h), or shared by
/// several proxies. The answer may come later, so a store behind a network fits as well.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "srsproxy/abi/types.h"

namespace srsproxy {

class StateStore {
public:
    /// A Status of srsproxy/abi/types.h, and the value when it is StatusOk and one was asked
    /// for. Called once, on any thread, perhaps before the request returns, with no lock of the
    /// store held. Must not throw.
    using Answer = std::function<void(int32_t status, std::string_view value)>;

    virtual ~StateStore() = default;

    /// Keeps `value` for `ttl`, in place of a former one. StatusOk, StatusLimit when there is no
    /// room (nothing that lives is dropped for it; a former value stays) or StatusUnavailable.
    /// Requires: ttl > 0. [any]
    virtual void put(std::string key, std::string value, Milliseconds ttl, Answer answer) = 0;
    /// StatusOk, StatusNotFound or StatusUnavailable. [any]
    virtual void get(const std::string& key, Answer answer) = 0;
    /// [any]
    virtual void remove(const std::string& key) = 0;
    /// Frees what has expired. Once a second. [any]
    virtual void sweep() = 0;
};

} // namespace srsproxy
