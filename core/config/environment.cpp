#include "core/config/environment.h"

#include <algorithm>
#include <array>

#include "core/config/env_file.h"
#include "core/config/listen_address.h"
#include "core/config/nearest_name.h"
#include "core/config/value_text.h"

namespace srsproxy {

namespace {

using enum VariableEffect;

constexpr size_t MaxUnknownNotices = 20;
constexpr std::string_view Prefix = "PROXY_";
constexpr std::string_view ProtocolsPath = "protocols.";

constexpr std::string_view RedisNote = "the store is memory, and Redis is not part of this build";

constexpr std::array<EnvironmentVariable, 24> Variables{{
    {"GO_PPROF", None, "", "", "profile with perf"},
    {"PROXY_DEFAULT_BACKEND_API", Backend, "", "1985", ""},
    {"PROXY_DEFAULT_BACKEND_ENABLED", Backend, "", "off", ""},
    {"PROXY_DEFAULT_BACKEND_HTTP", Backend, "", "", ""},
    {"PROXY_DEFAULT_BACKEND_IP", Backend, "", "127.0.0.1", ""},
    {"PROXY_DEFAULT_BACKEND_RTC", Backend, "", "8000", ""},
    {"PROXY_DEFAULT_BACKEND_RTMP", Backend, "", "1935", ""},
    {"PROXY_DEFAULT_BACKEND_SRT", Backend, "", "10080", ""},
    {"PROXY_FORCE_QUIT_TIMEOUT", Value, "process.force_quit_timeout", "30s", ""},
    {"PROXY_GRACE_QUIT_TIMEOUT", Value, "process.grace_quit_timeout", "20s", ""},
    {"PROXY_HTTP_API", Listen, "http_api.listen", "11985", ""},
    {"PROXY_HTTP_SERVER", Listen, "protocols.http.listen", "18080", ""},
    {"PROXY_LOAD_BALANCER_TYPE", Value, "store.type", "memory", ""},
    {"PROXY_ORIGIN_SERVER_TTL", Value, "registry.origin_ttl", "300s", ""},
    {"PROXY_REDIS_DB", None, "", "0", RedisNote},
    {"PROXY_REDIS_HOST", None, "", "127.0.0.1", RedisNote},
    {"PROXY_REDIS_KEY_PREFIX", None, "", "", RedisNote},
    {"PROXY_REDIS_PASSWORD", None, "", "", RedisNote},
    {"PROXY_REDIS_PORT", None, "", "6379", RedisNote},
    {"PROXY_RTMP_SERVER", Listen, "protocols.rtmp.listen", "11935", ""},
    {"PROXY_SRT_SERVER", Listen, "protocols.srt.listen", "20080", ""},
    {"PROXY_STATIC_FILES", None, "", "../srs/trunk/research", "this build serves no static files"},
    {"PROXY_SYSTEM_API", Listen, "system_api.listen", "127.0.0.1:12025", ""},
    {"PROXY_WEBRTC_SERVER", Listen, "protocols.webrtc.listen", "18000", ""},
}};

/// Applies one environment to one document.
class Overlay {
public:
    Overlay(const Environment& environment, bool haveFile,
            const std::vector<std::string>& installedProtocols, ConfigDocument& document)
        : environment_(environment), haveFile_(haveFile), installed_(installedProtocols),
          document_(document) {}

    EnvironmentEffects run() {
        if (!haveFile_) {
            for (const std::string& name : installed_) {
                document_.override(std::string(ProtocolsPath) + name,
                                   ConfigNode::mapping(document_.root().location));
            }
        }
        for (const EnvironmentVariable& variable : Variables) {
            apply(variable);
        }
        readDefaultBackend();
        noticeUnknown();
        return std::move(effects_);
    }

private:
    const EnvironmentValue* find(std::string_view name) const {
        const auto found = environment_.find(name);
        return found == environment_.end() ? nullptr : &found->second;
    }

    void notice(const EnvironmentValue& value, const std::string& message) {
        effects_.notices.push_back(value.location.text() + ": " + message);
    }

    void apply(const EnvironmentVariable& variable) {
        const EnvironmentValue* set = find(variable.name);
        if (variable.effect == None) {
            if (set != nullptr && !set->value.empty()) {
                notice(*set, "has no effect: " + std::string(variable.note));
            }
            return;
        }
        if (variable.effect == Backend || (set == nullptr && haveFile_)) {
            return;
        }
        const EnvironmentValue builtIn{
            std::string(variable.builtIn),
            locationOf("built-in value of " + std::string(variable.name))};
        const EnvironmentValue& value = set != nullptr ? *set : builtIn;
        if (!isLoaded(variable.path)) {
            if (set != nullptr && !set->value.empty()) {
                noticeNotLoaded(variable.path, value);
            }
            return;
        }
        if (variable.effect == Listen) {
            overrideListen(variable.path, value);
        } else {
            document_.override(variable.path, ConfigNode::scalar(value.value, value.location));
        }
    }

    /// False for a setting of a protocol that is not on.
    bool isLoaded(std::string_view path) const {
        return !path.starts_with(ProtocolsPath) ||
               document_.find(path.substr(0, path.rfind('.'))) != nullptr;
    }

    void noticeNotLoaded(std::string_view path, const EnvironmentValue& value) {
        const size_t begin = ProtocolsPath.size();
        const std::string protocol(path.substr(begin, path.rfind('.') - begin));
        const std::string why =
            haveFile_ ? "is not listed under protocols in " + *document_.root().location.source
                      : "has no plugin installed";
        notice(value, "has no effect: the protocol " + protocol + ' ' + why);
    }

    void overrideListen(std::string_view path, const EnvironmentValue& value) {
        std::vector<std::string> addresses;
        if (!value.value.empty()) {
            const auto address = parseListenAddress(value.value);
            if (!address) {
                effects_.problems.push_back(
                    {value.location, address.error().message + ", or empty to switch it off"});
                return;
            }
            addresses.push_back(toString(*address));
        }
        document_.override(path, ConfigNode::sequence(addresses, value.location));
    }

    void readDefaultBackend() {
        const EnvironmentValue* enabled = find("PROXY_DEFAULT_BACKEND_ENABLED");
        std::optional<bool> on = false;
        if (enabled != nullptr && !enabled->value.empty()) {
            on = parseFlag(enabled->value);
        }
        if (!on) {
            effects_.problems.push_back(
                {enabled->location,
                 '"' + printable(enabled->value) + "\" will not do; wanted on or off"});
            return;
        }
        DefaultBackend backend;
        const std::array<std::pair<std::string_view, std::string*>, 6> parts{{
            {"PROXY_DEFAULT_BACKEND_IP", &backend.ip},
            {"PROXY_DEFAULT_BACKEND_RTMP", &backend.rtmp},
            {"PROXY_DEFAULT_BACKEND_HTTP", &backend.http},
            {"PROXY_DEFAULT_BACKEND_API", &backend.api},
            {"PROXY_DEFAULT_BACKEND_RTC", &backend.rtc},
            {"PROXY_DEFAULT_BACKEND_SRT", &backend.srt},
        }};
        for (const auto& [name, part] : parts) {
            const EnvironmentValue* set = find(name);
            if (set == nullptr) {
                continue;
            }
            *part = set->value;
            if (!*on) {
                notice(*set, "has no effect: PROXY_DEFAULT_BACKEND_ENABLED is not on");
            }
        }
        if (!*on) {
            return;
        }
        const bool offers = !backend.rtmp.empty() || !backend.http.empty() ||
                            !backend.api.empty() || !backend.rtc.empty() || !backend.srt.empty();
        if (backend.ip.empty() || !offers) {
            effects_.problems.push_back(
                {enabled->location, "the default backend needs PROXY_DEFAULT_BACKEND_IP and one "
                                    "endpoint (PROXY_DEFAULT_BACKEND_RTMP, …) that is not empty"});
            return;
        }
        effects_.defaultBackend = std::move(backend);
    }

    void noticeUnknown() {
        std::vector<std::string> names;
        for (const EnvironmentVariable& variable : Variables) {
            names.emplace_back(variable.name);
        }
        size_t unknown = 0;
        for (const auto& [name, value] : environment_) {
            const bool ours = name.starts_with(Prefix);
            const bool known = std::find(names.begin(), names.end(), name) != names.end();
            if (!ours || known || ++unknown > MaxUnknownNotices) {
                continue;
            }
            const std::string nearest = nearestName(name, names);
            notice(value, "is not a known variable" +
                              (nearest.empty() ? "" : "; did you mean " + nearest + '?'));
        }
        if (unknown > MaxUnknownNotices) {
            effects_.notices.push_back("and " + std::to_string(unknown - MaxUnknownNotices) +
                                       " more unknown PROXY_* variables");
        }
    }

    const Environment& environment_;
    bool haveFile_;
    const std::vector<std::string>& installed_;
    ConfigDocument& document_;
    EnvironmentEffects effects_;
};

} // namespace

std::span<const EnvironmentVariable> environmentVariables() {
    return Variables;
}

Environment joinEnvironment(std::string_view envFile, const std::string& envFileName,
                            const std::map<std::string, std::string>& process,
                            std::vector<Problem>& problems) {
    Environment joined;
    for (EnvFileLine& line : parseEnvFile(envFile, envFileName, problems)) {
        const std::string source = "variable " + printable(line.name) + " in " + envFileName + ':' +
                                   std::to_string(line.line);
        joined.insert_or_assign(std::move(line.name),
                                EnvironmentValue{std::move(line.value), locationOf(source)});
    }
    for (const auto& [name, value] : process) {
        joined.insert_or_assign(
            name, EnvironmentValue{value, locationOf("environment variable " + printable(name))});
    }
    return joined;
}

EnvironmentEffects applyEnvironment(const Environment& environment, bool haveFile,
                                    const std::vector<std::string>& installedProtocols,
                                    ConfigDocument& document) {
    return Overlay(environment, haveFile, installedProtocols, document).run();
}

} // namespace srsproxy
