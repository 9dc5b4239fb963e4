#pragma once

/// Time as the control plane sees it, so that tests can turn it by hand.

#include <chrono>

namespace srsproxy {

using Milliseconds = std::chrono::milliseconds;

class Clock {
public:
    virtual ~Clock() = default;
    /// Monotonic. [any]
    virtual Milliseconds now() const = 0;
};

class SteadyClock final : public Clock {
public:
    Milliseconds now() const override {
        return std::chrono::duration_cast<Milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
    }
};

/// For tests.
class ManualClock final : public Clock {
public:
    Milliseconds now() const override { return now_; }
    void advance(Milliseconds by) { now_ += by; }

private:
    Milliseconds now_{1'000'000};
};

} // namespace srsproxy
