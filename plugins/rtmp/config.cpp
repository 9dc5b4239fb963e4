#include "plugins/rtmp/config.h"

namespace srsproxy::rtmp {
namespace {

constexpr int64_t UsPerMs = 1000;
constexpr int64_t HourMs = 3'600'000;

} // namespace

Config readConfig(const Section& section) {
    Config config;
    for (const std::string& text : section.texts("listen", {":1935"})) {
        if (const auto address = parseListenAddress(text)) {
            config.listen.push_back(*address);
        } else {
            section.reject("listen", "\"" + text +
                                         "\" is no listen address; wanted 1935, :1935, "
                                         "127.0.0.1:1935 or [::1]:1935");
        }
    }
    config.handshakeTimeoutUs =
        section.durationMs("handshake_timeout", 10'000, 100, HourMs) * UsPerMs;
    config.connectTimeoutUs = section.durationMs("connect_timeout", 3'000, 10, HourMs) * UsPerMs;
    config.originTimeoutUs = section.durationMs("origin_timeout", 8'000, 10, HourMs) * UsPerMs;
    config.idleTimeoutUs = section.durationMs("idle_timeout", 60'000, 1'000, 24 * HourMs) * UsPerMs;
    constexpr uint64_t WireMessageBytes = 16ull * 1024 * 1024;
    const uint64_t maxMessage =
        section.sizeBytes("max_message", WireMessageBytes, 64ull * 1024, WireMessageBytes);
    config.limits.maxMessageBytes =
        static_cast<uint32_t>(std::min<uint64_t>(maxMessage, MaxMessageBytes));
    config.limits.maxCapturedBytes = static_cast<uint32_t>(
        section.sizeBytes("max_command", 64ull * 1024, 4ull * 1024, 1024ull * 1024));
    config.limits.maxCapturedTotalBytes = 4 * config.limits.maxCapturedBytes;
    config.limits.maxChunkStreams =
        static_cast<uint32_t>(section.integer("max_chunk_streams", 64, 8, 4096));
    return config;
}

} // namespace srsproxy::rtmp
