#include "core/route/session_figures.h"

#include "core/base/abi.h"
#include "core/registry/registration.h"

namespace srsproxy {
namespace {

constexpr std::string_view Unknown = "unknown";
constexpr std::array<std::string_view, CauseNothingSent + 1> CauseNames{
    "done",      "reset",          "timeout",       "idle",  "protocol_error",
    "no_origin", "origin_refused", "origin_failed", "limit", "kicked",
    "shutdown",  "internal",       "nothing_sent"};
constexpr std::array<std::string_view, 3> SideNames{"proxy", "client", "origin"};
constexpr std::array<std::string_view, 4> RouteNames{"found", "no_origin", "exhausted", "limit"};
constexpr std::array<std::string_view, 5> RefusalNames{"draining", "sessions", "client", "stream",
                                                       "publishes"};
constexpr std::array<std::string_view, 4> DirectionNames{"from_client", "to_client", "from_origin",
                                                         "to_origin"};

template <size_t N>
std::string_view nameIn(const std::array<std::string_view, N>& names, int32_t value) {
    const bool known = value >= 0 && static_cast<size_t>(value) < N;
    return known ? names[static_cast<size_t>(value)] : Unknown;
}

MetricLabel label(std::string_view name, std::string_view value) {
    return {str(name), str(value)};
}

} // namespace

std::string_view causeName(int32_t cause) {
    return nameIn(CauseNames, cause);
}

std::string_view sideName(int32_t side) {
    return nameIn(SideNames, side);
}

std::string_view roleName(int32_t role) {
    return role == RolePublish ? "publish" : role == RolePlay ? "play" : Unknown;
}

SessionCounters plus(const SessionCounters& a, const SessionCounters& b) {
    return {a.fromClient + b.fromClient, a.toClient + b.toClient, a.fromOrigin + b.fromOrigin,
            a.toOrigin + b.toOrigin};
}

SessionCounters minus(const SessionCounters& a, const SessionCounters& b) {
    return {a.fromClient - b.fromClient, a.toClient - b.toClient, a.fromOrigin - b.fromOrigin,
            a.toOrigin - b.toOrigin};
}

SessionFigures::SessionFigures(IMetrics& metrics, size_t service)
    : metrics_(metrics), service_(service), protocol_(ServiceNames[service]),
      opened_(counter("sessions_opened_total", "Sessions that clients began")) {
    const MetricLabel name = label("protocol", protocol_);
    live_ = metrics_.gauge(str("sessions"), str("Sessions that live now"), &name, 1);
    for (size_t i = 0; i < refused_.size(); ++i) {
        refused_[i] =
            counter("sessions_refused_total", "Clients turned away by a limit or while draining",
                    {label("reason", RefusalNames[i])});
    }
    for (size_t i = 0; i < routed_.size(); ++i) {
        routed_[i] = counter("route_total", "Answers to the question which origin to use",
                             {label("result", RouteNames[i])});
    }
    for (size_t i = 0; i < bytes_.size(); ++i) {
        bytes_[i] = counter("bytes_total", "Bytes that sessions received and sent",
                            {label("direction", DirectionNames[i])});
    }
}

void SessionFigures::opened() {
    opened_->add(1);
    live_->add(1);
}

void SessionFigures::closed(int32_t cause, int32_t side) {
    live_->add(-1);
    // What a plugin makes up counts as its fault.
    const auto causeIndex =
        static_cast<size_t>(causeName(cause) == Unknown ? CauseInternal : cause);
    const auto sideIndex = static_cast<size_t>(sideName(side) == Unknown ? SideProxy : side);
    std::atomic<ICounter*>& place = closed_[causeIndex * Sides + sideIndex];
    ICounter* series = place.load(std::memory_order_acquire);
    if (series == nullptr) { // two threads at once get the same series
        series =
            counter("sessions_closed_total", "Sessions that ended, by cause and side",
                    {label("cause", CauseNames[causeIndex]), label("side", SideNames[sideIndex])});
        place.store(series, std::memory_order_release);
    }
    series->add(1);
}

void SessionFigures::refused(Refusal why) {
    refused_[static_cast<size_t>(why)]->add(1);
}

void SessionFigures::routed(int32_t code) {
    routed_[static_cast<size_t>(code)]->add(1);
}

void SessionFigures::bytes(const SessionCounters& more) {
    bytes_[0]->add(more.fromClient);
    bytes_[1]->add(more.toClient);
    bytes_[2]->add(more.fromOrigin);
    bytes_[3]->add(more.toOrigin);
}

ICounter* SessionFigures::counter(std::string_view name, std::string_view help,
                                  std::vector<MetricLabel> more) {
    more.insert(more.begin(), label("protocol", protocol_));
    return metrics_.counter(str(name), str(help), more.data(), more.size());
}

} // namespace srsproxy
