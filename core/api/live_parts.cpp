#include "core/api/live_parts.h"

namespace srsproxy {

Result<std::string> LiveOrigins::enroll(const Registration& registration) {
    return registry_.enroll(registration, OriginSource::Heartbeat);
}

bool LiveOrigins::remove(std::string_view originId, std::string_view reason) {
    return registry_.remove(originId, reason);
}

bool LiveOrigins::setDraining(std::string_view originId, bool draining) {
    return registry_.setDraining(originId, draining);
}

std::shared_ptr<const OriginTable> LiveOrigins::table() const {
    return registry_.table();
}

std::vector<PinInfo> LiveStreams::pins(std::string_view after, size_t limit) const {
    return router_.pins(after, limit);
}

size_t LiveStreams::count() const {
    return router_.pinCount();
}

Explanation LiveStreams::explain(std::string_view streamKey, std::string_view protocol,
                                 int32_t role) {
    return router_.explain(streamKey, protocol, role);
}

std::vector<SessionView> LiveSessions::list(uint64_t after, size_t limit) const {
    return sessions_.list(after, limit);
}

size_t LiveSessions::count() const {
    return sessions_.size();
}

bool LiveSessions::kick(uint64_t id, std::string_view reason) {
    return sessions_.kick(id, CauseKicked, reason);
}

} // namespace srsproxy
