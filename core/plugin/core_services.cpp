#include "core/plugin/core_services.h"

#include <algorithm>
#include <string>

#include "core/base/abi.h"

namespace srsproxy {
namespace {

int32_t knownLevel(int32_t level) {
    if (level <= LogError) {
        return LogError;
    }
    if (level < LogInfo) {
        return LogWarning;
    }
    return std::min<int32_t>(level, LogTrace);
}

/// At most `limit` bytes, with a note of what is missing, cut between two UTF-8 characters.
std::string bounded(std::string_view text, size_t limit) {
    std::string out(text.substr(0, limit));
    if (text.size() > limit) {
        constexpr unsigned char Continues = 0x80;
        size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == Continues) {
            --end;
        }
        out.resize(end);
        out += "… (" + std::to_string(text.size() - end) + " more bytes)";
    }
    return out;
}

} // namespace

int32_t PluginLog::enabled(int32_t level) noexcept {
    return log_.enabled(knownLevel(level)) ? 1 : 0;
}

void PluginLog::write(int32_t level, uint64_t session, Str topic, Str message) noexcept {
    const int32_t known = knownLevel(level);
    if (log_.enabled(known)) {
        log_.write(known, view(topic).substr(0, MaxTopicBytes),
                   bounded(view(message), MaxMessageBytes), session);
    }
}

void* CoreServices::query(Str id) noexcept {
    const std::string_view wanted = view(id);
    if (wanted == SRSPROXY_LOG_ID) {
        return static_cast<ILog*>(&log_);
    }
    if (wanted == SRSPROXY_METRICS_ID) {
        return services_.metrics;
    }
    if (wanted == SRSPROXY_SESSIONS_ID) {
        return services_.sessions;
    }
    if (wanted == SRSPROXY_STORE_ID) {
        return services_.store;
    }
    if (wanted == SRSPROXY_HTTP_ROUTES_ID) {
        return services_.httpRoutes;
    }
    if (wanted == SRSPROXY_ORIGINS_ID) {
        return services_.origins;
    }
    return nullptr;
}

} // namespace srsproxy
