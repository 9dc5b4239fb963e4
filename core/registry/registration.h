#pragma once

/// What an origin says of itself in `POST /api/v1/srs/register` (SRS's heartbeat), in the static
/// list of the configuration, or in PROXY_DEFAULT_BACKEND_*.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/registry/endpoint.h"

namespace srsproxy {

/// The services an origin may offer; a protocol plugin names the one it needs.
inline constexpr std::array<std::string_view, 5> ServiceNames{"rtmp", "http", "api", "srt", "rtc"};

struct ServiceEndpoints {
    std::string service; ///< one of ServiceNames
    std::vector<Endpoint> endpoints;

    bool operator==(const ServiceEndpoints&) const = default;
};

struct Registration {
    static constexpr size_t MaxBodyBytes = 256 * 1024;
    static constexpr size_t MaxJsonDepth = 16;
    static constexpr size_t MaxTextBytes = 256;
    static constexpr size_t MaxEndpoints = 16; ///< of one service
    static constexpr size_t MaxHostNames = 4;  ///< each costs a look-up
    static constexpr size_t MaxExtraBytes = 16 * 1024;
    static constexpr uint32_t MaxWeight = 1000;

    std::string server;  ///< the same across restarts of the origin
    std::string service; ///< changes with each restart
    std::string pid;     ///< changes with each restart
    std::string ip;      ///< numeric address or host name, canonical (see host.h)
    std::string deviceId;
    /// srs, nginx-rtmp, mediamtx, node-media-server, generic, …; empty: it does not say, and the
    /// registry puts registry.default_kind there.
    std::string kind;
    std::string zone;
    /// How it is told the client's address: none, srs, proxy_v1, proxy_v2; empty: it does not say.
    std::string clientAddress;
    uint32_t weight = 100;                  ///< 1 … MaxWeight
    uint32_t maxSessions = 0;               ///< 0: no limit
    std::vector<ServiceEndpoints> services; ///< in the order of ServiceNames, none empty
    std::string extraJson; ///< members that we do not know, such as summaries, as a JSON object

    bool operator==(const Registration&) const = default;

    /// Who the origin is: `server@ip`. A byte of `server` that a path of a URL would have to
    /// escape is written as `~` and two hexadecimal digits, so that ids go into URLs as they are.
    std::string originId() const;
    /// Null when the origin does not offer that service; never an empty list.
    const std::vector<Endpoint>* endpoints(std::string_view service) const;
};

/// Reads a heartbeat's JSON body. The error names the field. Bounded depth and size; pure.
/// Members of unknown name that would take extraJson over MaxExtraBytes are left out.
Result<Registration> parseRegistration(std::string_view body);

/// A body that parseRegistration reads as the same registration. Requires: it came from here.
std::string toJson(const Registration& registration);

/// An origin of the configuration, held to the same rules. The error names origin and field.
Result<Registration> registrationOf(const StaticOriginSettings& origin);

} // namespace srsproxy
