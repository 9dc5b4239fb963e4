#include "plugins/rtmp/config.h"

#include <algorithm>

#include "plugins/common/origin_kind.h"

namespace srsproxy::rtmp {
namespace {

constexpr int64_t UsPerMs = 1000;
constexpr int64_t HourMs = 3'600'000;

int64_t durationUs(const Section& section, const char* key, int64_t fallbackMs, int64_t minMs,
                   int64_t maxMs = HourMs) {
    return section.durationMs(key, fallbackMs, minMs, maxMs) * UsPerMs;
}

std::vector<ListenAddress> listenAddresses(const Section& section,
                                           const std::vector<std::string>& fallback) {
    std::vector<ListenAddress> addresses;
    for (const std::string& text : section.texts("listen", fallback)) {
        if (const auto address = parseListenAddress(text)) {
            addresses.push_back(*address);
        } else {
            section.reject("listen", "\"" + text +
                                         "\" is no listen address; wanted 1935, :1935, "
                                         "127.0.0.1:1935 or [::1]:1935");
        }
    }
    return addresses;
}

void readTls(const Section& section, Config& config) {
    config.tlsListen = listenAddresses(section, {});
    for (const Section& item : section.items("certificates")) {
        TlsFiles files{item.text("certificate", ""), item.text("key", "")};
        if (files.certificate.empty() || files.key.empty()) {
            item.reject(files.certificate.empty() ? "certificate" : "key",
                        "wanted: the path of a PEM file");
        }
        config.tls.certificates.push_back(std::move(files));
    }
    const std::string version = section.text("min_version", "1.2");
    if (const auto parsed = parseTlsVersion(version)) {
        config.tls.minVersion = *parsed;
    } else {
        section.reject("min_version", "\"" + version + "\" will not do; wanted 1.2 or 1.3");
    }
    config.tls.tickets = false; // connections live long
    config.tlsReloadUs = durationUs(section, "reload_interval", 10'000, 100);
    if (!config.tlsListen.empty() && config.tls.certificates.empty()) {
        section.reject("listen", "RTMPS needs certificates: a list of {certificate: …, key: …}");
    }
}

void readClientAddress(const Section& section, Config& config) {
    for (const OriginKind& kind : originKinds()) {
        const std::string key(kind.name);
        const std::string text = section.text(key.c_str(), std::string(nameOf(kind.clientAddress)));
        if (const auto way = parseClientAddressWay(text)) {
            config.clientAddress[key] = *way;
        } else {
            section.reject(key.c_str(), "\"" + text +
                                            "\" will not do; wanted none, srs, proxy_v1 or "
                                            "proxy_v2");
        }
    }
}

void readResume(const Section& section, Config& config) {
    config.resume = section.flag("resume", true);
    config.resumePlay = section.flag("resume_play", false);
    config.resumeAttempts = static_cast<uint32_t>(section.integer("resume_attempts", 10, 1, 1000));
    config.resumeTimeoutUs = durationUs(section, "resume_timeout", 10'000, 100);
    config.resumeBytes =
        section.sizeBytes("resume_memory", 4ull << 20, 128ull << 10, 1024ull << 20);
    config.resumeTotalBytes =
        section.sizeBytes("resume_memory_total", 1ull << 30, 1ull << 20, 1ull << 40);
}

void readLimits(const Section& section, Config& config) {
    config.maxStreams = static_cast<uint32_t>(section.integer("max_streams", 8, 1, 64));
    config.maxPrepublishBytes =
        section.sizeBytes("max_prepublish", 256ull << 10, 16ull << 10, 16ull << 20);
    constexpr uint64_t WireMessageBytes = 16ull << 20;
    const uint64_t maxMessage =
        section.sizeBytes("max_message", WireMessageBytes, 64ull << 10, WireMessageBytes);
    config.limits.maxMessageBytes =
        static_cast<uint32_t>(std::min<uint64_t>(maxMessage, MaxMessageBytes));
    config.limits.maxCapturedBytes = static_cast<uint32_t>(
        section.sizeBytes("max_command", 64ull << 10, 4ull << 10, 1ull << 20));
    config.limits.maxCapturedTotalBytes = 4 * config.limits.maxCapturedBytes;
    config.limits.maxChunkStreams =
        static_cast<uint32_t>(section.integer("max_chunk_streams", 64, 8, 4096));
}

} // namespace

Config readConfig(const Section& section) {
    Config config;
    config.listen = listenAddresses(section, {":1935"});
    for (const std::string& text : section.texts("proxy_protocol_from", {})) {
        if (const std::string problem = config.proxyProtocolFrom.add(text); !problem.empty()) {
            section.reject("proxy_protocol_from", problem);
        }
    }
    readTls(section.section("tls"), config);
    const Section originTls = section.section("origin_tls");
    config.originTls.verify = originTls.flag("verify", true);
    config.originTls.caFile = originTls.text("ca_file", "");
    config.originTls.serverName = originTls.text("server_name", "");
    readClientAddress(section.section("client_address"), config);
    const std::string redirect = section.text("redirect", "pass");
    config.followRedirects = redirect == "follow";
    if (redirect != "pass" && redirect != "follow") {
        section.reject("redirect", "\"" + redirect + "\" will not do; wanted pass or follow");
    }

    config.handshakeTimeoutUs = durationUs(section, "handshake_timeout", 10'000, 100);
    config.offerTimeoutUs = durationUs(section, "offer_timeout", 1'000, 10);
    config.connectTimeoutUs = durationUs(section, "connect_timeout", 3'000, 10);
    config.originTimeoutUs = durationUs(section, "origin_timeout", 8'000, 10);
    config.idleTimeoutUs = durationUs(section, "idle_timeout", 60'000, 1'000, 24 * HourMs);
    readResume(section, config);
    readLimits(section, config);
    return config;
}

} // namespace srsproxy::rtmp
