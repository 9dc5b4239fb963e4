#pragma once

/// The PROXY_* variables of the existing (Go) proxy, so that an install moves over by replacing
/// the binary. They come from the process's environment and from `.env`, go before the
/// configuration file, and an empty value means empty: `PROXY_RTMP_SERVER=` closes that listener.
/// On the main thread, at start-up; pure.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config_document.h"
#include "core/config/problem.h"

namespace srsproxy {

struct EnvironmentValue {
    std::string value;
    Location location; ///< `environment variable NAME`, or `variable NAME in .env:3`
};
using Environment = std::map<std::string, EnvironmentValue, std::less<>>;

enum class VariableEffect {
    Listen,  ///< replaces the list of listen addresses at `path`
    Value,   ///< replaces the value at `path`
    Backend, ///< a part of the DefaultBackend
    None,    ///< known, and has no effect: `note` says why
};

struct EnvironmentVariable {
    std::string_view name;
    VariableEffect effect;
    std::string_view path;    ///< `protocols.rtmp.listen`
    std::string_view builtIn; ///< the value that counts when there is no file and it is not set
    std::string_view note;    ///< what to tell whoever sets a variable that has no effect
};

/// All that are known, sorted by name.
std::span<const EnvironmentVariable> environmentVariables();

/// The origin that PROXY_DEFAULT_BACKEND_ENABLED asks for. Endpoints as a heartbeat has them; an
/// empty one is not offered.
struct DefaultBackend {
    std::string ip = "127.0.0.1";
    std::string rtmp = "1935";
    std::string http;
    std::string api = "1985";
    std::string rtc = "8000";
    std::string srt = "10080";
};

/// `.env` with the process's own variables over it. Bad lines of the file become problems.
Environment joinEnvironment(std::string_view envFile, const std::string& envFileName,
                            const std::map<std::string, std::string>& process,
                            std::vector<Problem>& problems);

struct EnvironmentEffects {
    std::optional<DefaultBackend> defaultBackend;
    std::vector<std::string> notices; ///< what has no effect, what is not known
    std::vector<Problem> problems;
};

/// Puts the variables over the document. Without a file the built-in values stand where nothing
/// is set, and all `installedProtocols` are on.
EnvironmentEffects applyEnvironment(const Environment& environment, bool haveFile,
                                    const std::vector<std::string>& installedProtocols,
                                    ConfigDocument& document);

} // namespace srsproxy
