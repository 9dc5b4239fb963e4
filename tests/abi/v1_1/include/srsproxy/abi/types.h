#pragma once

/// The vocabulary of the line between the proxy and its plugins.
///
/// Everything below `srsproxy/abi/` crosses that line, so it holds only fixed-width integers,
/// `{pointer, size}` views, plain structs and pure interfaces. The rules, and what a frozen
/// interface means, are in docs/plugin-abi.md.
///
/// Threads. The comment of every method ends with the thread on which it is called:
///  - `[main]`  the thread that starts and stops the process. It may block for a moment.
///  - `[loop]`  the thread of the event loop that the object was made for. It must never block.
///  - `[any]`   any thread of the proxy. `[any, serial]`: any thread, but one call at a time.

#include <stdint.h>

/// A plugin of another major version is refused before any of its code runs.
#define SRSPROXY_ABI_MAJOR 1
/// Grows when interfaces are added or reserved words get a meaning (marked "since 1.N"); never a
/// reason to refuse a plugin, whether it is older or newer than the proxy.
#define SRSPROXY_ABI_MINOR 1

namespace srsproxy {

/// A borrowed text of `size` bytes, not terminated by a zero. Whoever is handed one may read it
/// until the call returns, and copies it to keep it. `data` may be null when `size` is 0.
struct Str {
    const char* data;
    uint64_t size;
};

/// What a call says of itself. Values below zero are failures; treat an unknown one as Failed.
enum Status : int32_t {
    StatusOk = 0,
    StatusFailed = -1,      ///< the reason went to the error sink or the log
    StatusNotFound = -2,    ///< nothing of that name
    StatusBadArgument = -3, ///< the caller's mistake
    StatusLimit = -4,       ///< a configured limit is reached
    StatusUnavailable = -5, ///< not now: the service behind it is away
};

/// Takes the reason of a failure. The caller of the method owns it.
class IErrorSink {
public:
    /// May be called any number of times; the messages are joined. [the caller's thread]
    virtual void error(Str message) noexcept = 0;

protected:
    ~IErrorSink() = default;
};

/// Takes texts that a method hands out: a string leaves an interface only this way.
class IStrSink {
public:
    /// Called once for each text. [the caller's thread]
    virtual void accept(Str text) noexcept = 0;

protected:
    ~IStrSink() = default;
};

static_assert(sizeof(void*) == 8, "the plugin ABI is defined for 64-bit machines");
static_assert(sizeof(Str) == 16, "Str is two words");

} // namespace srsproxy
