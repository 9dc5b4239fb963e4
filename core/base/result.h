#pragma once

/// Success with a value, or an error that says whose fault it is and whether another try could
/// help. Errors are values everywhere but at start-up; nothing throws on the data path.

#include <string>
#include <utility>
#include <variant>

namespace srsproxy {

struct Error {
    std::string message; ///< what was seen and what was wanted; fit for a log
    bool retryable = false;
};

template <typename T> class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

/// For work that has no value to return.
struct Done {};

} // namespace srsproxy
