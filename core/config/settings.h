#pragma once

/// The core's own settings, read once and then immutable: other threads hold
/// `shared_ptr<const Settings>`. The initialisers here are the built-in defaults; a test proves
/// that etc/proxy.yaml says the same.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace srsproxy {

using Milliseconds = std::chrono::milliseconds;
using namespace std::chrono_literals;

struct ProcessSettings {
    uint32_t eventLoops = 0; ///< 0: one for each core
    Milliseconds graceQuitTimeout = 20s;
    Milliseconds forceQuitTimeout = 30s;
};

struct LogSettings {
    std::string level = "info";     ///< error, warning, info, debug, trace
    std::string format = "text";    ///< text, json
    std::string file;               ///< empty: standard output
    uint32_t repeatsPerSecond = 10; ///< lines of one kind per second before they are counted only
};

struct PluginSettings {
    std::vector<std::string> path; ///< folders searched before the installed ones
};

struct SystemApiSettings {
    std::vector<std::string> listen{"127.0.0.1:12025"}; ///< empty: off
    std::string token;                                  ///< empty: none asked for
    /// This machine and private networks.
    std::vector<std::string> allow{"127.0.0.0/8",   "::1/128",        "10.0.0.0/8",
                                   "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
    uint64_t bodyLimitBytes = 64 * 1024;
    uint32_t maxThreads = 16;
    Milliseconds requestTimeout = 10s;
};

struct HttpApiSettings {
    std::vector<std::string> listen{":1985"}; ///< empty: off
    uint64_t bodyLimitBytes = 256 * 1024;
    uint32_t maxThreads = 64;
    Milliseconds requestTimeout = 10s;
};

struct RegistrySettings {
    Milliseconds originTtl = 300s; ///< an origin of unknown rhythm lives that long
    uint32_t missedHeartbeats = 3; ///< then an origin of known rhythm is gone
    Milliseconds minLifetime = 10s;
    uint32_t maxOrigins = 10'000;
    Milliseconds ejectBase = 5s; ///< first ejection; doubles each time
    Milliseconds ejectMax = 300s;
    uint32_t ejectMaxPercent = 50;       ///< of all origins; more are never ejected at a time
    Milliseconds resolveInterval = 30s;  ///< how often names of origins are looked up again
    std::string defaultKind = "generic"; ///< of an origin that does not say
};

struct RouterSettings {
    Milliseconds pinIdleTtl = 30s; ///< a pin lives that long after its last session
    uint32_t maxPins = 1'000'000;
    uint32_t maxAttempts = 3; ///< origins tried for one session
};

struct LimitSettings {
    uint32_t sessions = 100'000;
    uint32_t sessionsPerClient = 0;  ///< by address; 0: no limit
    uint32_t sessionsPerStream = 0;  ///< 0: no limit
    uint32_t publishesPerSecond = 0; ///< of the whole process; 0: no limit
};

/// An origin from the configuration: as if it had registered, and it never expires.
struct StaticOriginSettings {
    std::string name; ///< its server id
    std::string ip;   ///< address or host name
    std::string kind; ///< empty: registry.default_kind
    std::string zone;
    std::string clientAddress; ///< empty: as protocol and kind have it
    uint32_t weight = 100;
    uint32_t maxSessions = 0;                           ///< 0: no limit
    std::vector<std::string> rtmp, http, api, srt, rtc; ///< endpoints, as a heartbeat has them
};

struct BalancerSettings {
    std::string strategy = "round_robin"; ///< name or path; its own section is balancer.options
};

struct ProtocolSettings {
    std::string name;   ///< its key under `protocols`, which is also its section
    std::string plugin; ///< name or path of the plugin; the protocol's name unless it is set
};

struct StoreSettings {
    std::string type = "memory";
    uint64_t maxBytes = 64ull * 1024 * 1024;
};

struct Settings {
    ProcessSettings process;
    LogSettings log;
    PluginSettings plugins;
    SystemApiSettings systemApi;
    HttpApiSettings httpApi;
    RegistrySettings registry;
    RouterSettings router;
    LimitSettings limits;
    BalancerSettings balancer;
    StoreSettings store;
    std::vector<StaticOriginSettings> origins;
    std::vector<ProtocolSettings> protocols; ///< in the file's order
};

} // namespace srsproxy
