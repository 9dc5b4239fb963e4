#pragma once

/// The figures about sessions for /metrics, and the words in which causes, sides and results are
/// given there and in the access log. One per session table; the series are made at the start,
/// so counting takes no lock (but for the first end of its kind).

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "srsproxy/abi/metrics.h"
#include "srsproxy/abi/sessions.h"

namespace srsproxy {

/// One word for the access log: `done`, `reset`, `timeout`, … for a CloseCause; `proxy`,
/// `client`, `origin` for a Side; `publish`, `play`, `unknown` for a Role.
std::string_view causeName(int32_t cause);
std::string_view sideName(int32_t side);
std::string_view roleName(int32_t role);

SessionCounters plus(const SessionCounters& a, const SessionCounters& b);
SessionCounters minus(const SessionCounters& a, const SessionCounters& b);

/// Why a client got no session (the first three), or may not go on with it.
enum class Refusal { Draining, Sessions, Client, Stream, Publishes };

/// Of one protocol.
class SessionFigures {
public:
    /// `metrics` lives as long as the process; `service` is an index of ServiceNames.
    SessionFigures(IMetrics& metrics, size_t service);

    size_t service() const { return service_; }
    std::string_view protocol() const { return protocol_; }

    void opened();                            ///< [any]
    void closed(int32_t cause, int32_t side); ///< [any]
    void refused(Refusal why);                ///< [any]
    void routed(int32_t code);                ///< [any]
    void bytes(const SessionCounters& more);  ///< [any]

private:
    static constexpr size_t Causes = CauseNothingSent + 1;
    static constexpr size_t Sides = SideOrigin + 1;

    ICounter* counter(std::string_view name, std::string_view help,
                      std::vector<MetricLabel> more = {});

    IMetrics& metrics_;
    const size_t service_;
    const std::string_view protocol_;
    ICounter* opened_;
    IGauge* live_;
    std::array<ICounter*, 5> refused_{};
    std::array<ICounter*, 4> routed_{};
    std::array<ICounter*, 4> bytes_{};
    std::array<std::atomic<ICounter*>, Causes * Sides> closed_{};
};

} // namespace srsproxy
