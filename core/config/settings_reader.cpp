#include "core/config/settings_reader.h"

#include <algorithm>
#include <set>

#include "core/base/abi.h"
#include "core/config/section_reader.h"
#include "core/config/value_text.h"

namespace srsproxy {

namespace {

constexpr uint32_t MaxSessions = 10'000'000;
constexpr size_t MaxNameBytes = 128;
constexpr size_t MaxProtocolNameBytes = 64;
const std::initializer_list<std::string_view> OriginKinds{"srs", "nginx-rtmp", "mediamtx",
                                                          "node-media-server", "generic"};

std::string timeText(Milliseconds value) {
    return formatDuration(value.count());
}

void read(const SectionReader& in, ProcessSettings& out) {
    in.count("event_loops", out.eventLoops, 0, 256);
    in.duration("grace_quit_timeout", out.graceQuitTimeout, 0s, 24h);
    in.duration("force_quit_timeout", out.forceQuitTimeout, 100ms, 24h);
    if (out.forceQuitTimeout < out.graceQuitTimeout) {
        in.reject("force_quit_timeout",
                  timeText(out.forceQuitTimeout) + " is shorter than process.grace_quit_timeout (" +
                      timeText(out.graceQuitTimeout) + "); wanted at least as long");
    }
}

void read(const SectionReader& in, LogSettings& out) {
    in.choice("level", out.level, {"error", "warning", "info", "debug", "trace"});
    in.choice("format", out.format, {"text", "json"});
    in.text("file", out.file);
    in.count("repeats_per_second", out.repeatsPerSecond, 1, 100'000);
}

void read(const SectionReader& in, SystemApiSettings& out) {
    in.listen("listen", out.listen);
    in.text("token", out.token);
    in.networks("allow", out.allow);
    in.size("body_limit", out.bodyLimitBytes, 1024, 16 * 1024 * 1024);
    in.count("max_threads", out.maxThreads, 1, 1024);
    in.duration("request_timeout", out.requestTimeout, 100ms, 10min);
}

void read(const SectionReader& in, HttpApiSettings& out) {
    in.listen("listen", out.listen);
    in.size("body_limit", out.bodyLimitBytes, 1024, 16 * 1024 * 1024);
    in.count("max_threads", out.maxThreads, 1, 1024);
    in.duration("request_timeout", out.requestTimeout, 100ms, 10min);
}

void read(const SectionReader& in, RegistrySettings& out) {
    in.duration("origin_ttl", out.originTtl, 1s, 24h);
    in.count("missed_heartbeats", out.missedHeartbeats, 1, 100);
    in.duration("min_lifetime", out.minLifetime, 100ms, 24h);
    in.count("max_origins", out.maxOrigins, 1, 100'000);
    in.duration("eject_base", out.ejectBase, 100ms, 24h);
    in.duration("eject_max", out.ejectMax, 100ms, 24h);
    in.count("eject_max_percent", out.ejectMaxPercent, 0, 100);
    in.duration("resolve_interval", out.resolveInterval, 1s, 24h);
    in.choice("default_kind", out.defaultKind, OriginKinds);
    if (out.ejectMax < out.ejectBase) {
        in.reject("eject_max", timeText(out.ejectMax) + " is shorter than registry.eject_base (" +
                                   timeText(out.ejectBase) + "); wanted at least as long");
    }
}

void read(const SectionReader& in, RouterSettings& out) {
    in.duration("pin_idle_ttl", out.pinIdleTtl, 0s, 24h);
    in.count("max_pins", out.maxPins, 1, 100'000'000);
    in.count("max_attempts", out.maxAttempts, 1, 100);
}

void read(const SectionReader& in, LimitSettings& out) {
    in.count("sessions", out.sessions, 1, MaxSessions);
    in.count("sessions_per_client", out.sessionsPerClient, 0, MaxSessions);
    in.count("sessions_per_stream", out.sessionsPerStream, 0, MaxSessions);
    in.count("publishes_per_second", out.publishesPerSecond, 0, 1'000'000);
}

void read(const SectionReader& in, StoreSettings& out) {
    std::string type = out.type;
    in.text("type", type);
    if (type == "redis") {
        in.reject("type", "the Redis store is not part of this build yet; wanted memory");
    } else if (type != "memory") {
        in.reject("type", '"' + printable(type) + "\" will not do; wanted memory");
    }
    in.size("max_bytes", out.maxBytes, 64 * 1024, 1ull << 40);
}

bool isHost(const std::string& text) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_' || c == ':';
    });
}

void read(const SectionReader& in, StaticOriginSettings& out) {
    in.text("name", out.name);
    in.text("ip", out.ip);
    in.choice("kind", out.kind, OriginKinds);
    in.text("zone", out.zone);
    in.choice("client_address", out.clientAddress, {"none", "srs", "proxy_v1", "proxy_v2"});
    in.count("weight", out.weight, 1, 1000);
    in.count("max_sessions", out.maxSessions, 0, MaxSessions);
    in.texts("rtmp", out.rtmp);
    in.texts("http", out.http);
    in.texts("api", out.api);
    in.texts("srt", out.srt);
    in.texts("rtc", out.rtc);
    if (out.name.empty() || out.name.size() > MaxNameBytes) {
        in.reject("name", "an origin needs a name of 1 to " + std::to_string(MaxNameBytes) +
                              " bytes, its own");
    }
    if (!isHost(out.ip)) {
        in.reject("ip", '"' + printable(out.ip) +
                            "\" will not do; wanted the origin's address or host name, without "
                            "a port");
    }
    const bool offers = !out.rtmp.empty() || !out.http.empty() || !out.api.empty() ||
                        !out.srt.empty() || !out.rtc.empty();
    if (!offers) {
        in.reject("rtmp", "the origin offers nothing; wanted at least one endpoint in rtmp, http, "
                          "api, srt or rtc, such as rtmp: [\"1935\"]");
    }
}

std::vector<StaticOriginSettings> readOrigins(ConfigSection& root, uint32_t maxOrigins) {
    std::vector<StaticOriginSettings> origins;
    std::set<std::string> names;
    while (ConfigSection* item = root.item(str("origins"), origins.size())) {
        const SectionReader in(*item);
        read(in, origins.emplace_back());
        const std::string& name = origins.back().name;
        if (!name.empty() && !names.insert(name).second) {
            in.reject("name", '"' + printable(name) +
                                  "\" is there twice; wanted a name of its own "
                                  "for each origin");
        }
        if (origins.size() > maxOrigins) {
            root.reject(str("origins"), str("there are more than registry.max_origins (" +
                                            std::to_string(maxOrigins) + ')'));
            break;
        }
    }
    return origins;
}

bool isPluginName(const std::string& text) {
    return !text.empty() && text.size() <= MaxProtocolNameBytes &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

/// A plugin is named as its descriptor does, or by a path, which has a slash.
void checkPlugin(const SectionReader& in, std::string_view key, const std::string& plugin) {
    if (!isPluginName(plugin) && plugin.find('/') == std::string::npos) {
        in.reject(key, '"' + printable(plugin) +
                           "\" will not do; wanted the name of a plugin (a-z, 0-9, _), or its "
                           "path with a / in it");
    }
}

void readProtocols(const SectionReader& in, SettingsReading& out) {
    for (const std::string& name : in.section().keys()) {
        if (!isPluginName(name)) {
            in.reject(name, "a protocol's name has 1 to 64 letters a-z, digits and underscores");
            continue;
        }
        const SectionReader protocol = in.child(name);
        ProtocolSettings settings{name, name};
        protocol.text("plugin", settings.plugin);
        checkPlugin(protocol, "plugin", settings.plugin);
        out.settings.protocols.push_back(std::move(settings));
        out.protocols[name] = &protocol.section();
    }
}

} // namespace

SettingsReading readSettings(ConfigSection& root) {
    SettingsReading reading{};
    Settings& settings = reading.settings;
    const SectionReader in(root);
    read(in.child("process"), settings.process);
    read(in.child("log"), settings.log);
    in.child("plugins").texts("path", settings.plugins.path);
    read(in.child("system_api"), settings.systemApi);
    read(in.child("http_api"), settings.httpApi);
    read(in.child("registry"), settings.registry);
    read(in.child("router"), settings.router);
    read(in.child("limits"), settings.limits);
    read(in.child("store"), settings.store);

    const SectionReader balancer = in.child("balancer");
    balancer.text("strategy", settings.balancer.strategy);
    checkPlugin(balancer, "strategy", settings.balancer.strategy);
    reading.balancerOptions = &balancer.child("options").section();

    settings.origins = readOrigins(root, settings.registry.maxOrigins);
    readProtocols(in.child("protocols"), reading);
    return reading;
}

} // namespace srsproxy
