#include "core/app/default_backend.h"

#include <string>

namespace srsproxy {

Result<Registration> registrationOf(const DefaultBackend& backend) {
    StaticOriginSettings origin;
    origin.name = "default-backend";
    origin.ip = backend.ip;
    const std::pair<const std::string&, std::vector<std::string>&> services[] = {
        {backend.rtmp, origin.rtmp}, {backend.http, origin.http}, {backend.api, origin.api},
        {backend.srt, origin.srt},   {backend.rtc, origin.rtc},
    };
    for (const auto& [endpoint, list] : services) {
        if (!endpoint.empty()) {
            list.push_back(endpoint);
        }
    }
    auto registration = registrationOf(origin);
    if (!registration) {
        return Error{"PROXY_DEFAULT_BACKEND_*: " + registration.error().message};
    }
    return registration;
}

} // namespace srsproxy
