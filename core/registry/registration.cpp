#include "core/registry/registration.h"

#include <algorithm>
#include <array>

#include "core/registry/host.h"
#include "core/registry/registration_rules.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

bool isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isUrlSafe(char c) {
    return isAlphanumeric(c) || c == '.' || c == '_' || c == '-' || c == ':';
}

bool isKind(std::string_view kind) {
    return std::all_of(kind.begin(), kind.end(), [](char c) {
        return (isUrlSafe(c) && c != ':') && !(c >= 'A' && c <= 'Z');
    });
}

bool isClientAddressWay(std::string_view way) {
    return way.empty() || way == "none" || way == "srs" || way == "proxy_v1" || way == "proxy_v2";
}

Error badField(std::string_view field, std::string_view why) {
    return Error{std::string(field) + ": " + std::string(why)};
}

struct TextRule {
    std::string_view field;
    std::string Registration::* text;
    bool mandatory;
};

constexpr std::array<TextRule, 8> TextRules{{
    {"ip", &Registration::ip, true},
    {"server", &Registration::server, true},
    {"service", &Registration::service, true},
    {"pid", &Registration::pid, true},
    {"device_id", &Registration::deviceId, false},
    {"kind", &Registration::kind, false},
    {"zone", &Registration::zone, false},
    {"client_address", &Registration::clientAddress, false},
}};

} // namespace

std::string Registration::originId() const {
    constexpr std::string_view Digits = "0123456789abcdef";
    std::string id;
    for (const char c : server) {
        if (isUrlSafe(c)) {
            id += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            id += {'~', Digits[byte >> 4], Digits[byte & 15]};
        }
    }
    return id + '@' + ip;
}

const std::vector<Endpoint>* Registration::endpoints(std::string_view name) const {
    const auto found = std::find_if(services.begin(), services.end(),
                                    [&](const auto& offered) { return offered.service == name; });
    return found == services.end() ? nullptr : &found->endpoints;
}

Result<Done> addService(Registration& registration, std::string_view service,
                        const std::vector<std::string>& endpoints) {
    if (endpoints.size() > Registration::MaxEndpoints) {
        return badField(service, std::to_string(endpoints.size()) + " endpoints; wanted at most " +
                                     std::to_string(Registration::MaxEndpoints));
    }
    ServiceEndpoints offered{std::string(service), {}};
    for (const std::string& text : endpoints) {
        Result<Endpoint> endpoint = parseEndpoint(text);
        if (!endpoint) {
            return badField(service, endpoint.error().message);
        }
        auto& list = offered.endpoints;
        if (std::find(list.begin(), list.end(), *endpoint) == list.end()) {
            list.push_back(std::move(*endpoint));
        }
    }
    if (!offered.endpoints.empty()) {
        registration.services.push_back(std::move(offered));
    }
    return Done{};
}

std::set<std::string> hostNames(const Registration& registration) {
    std::set<std::string> names;
    const auto add = [&](const std::string& host) {
        if (!host.empty() && !isNumericHost(host)) {
            names.insert(host);
        }
    };
    add(registration.ip);
    for (const ServiceEndpoints& offered : registration.services) {
        for (const Endpoint& endpoint : offered.endpoints) {
            add(endpoint.host);
        }
    }
    return names;
}

Result<Registration> checked(Registration registration) {
    for (const TextRule& rule : TextRules) {
        const std::string& text = registration.*rule.text;
        if (rule.mandatory && text.empty()) {
            return badField(rule.field, "empty; wanted a text of 1 to 256 bytes");
        }
        if (text.size() > Registration::MaxTextBytes) {
            return badField(rule.field,
                            std::to_string(text.size()) + " bytes long; wanted at most 256");
        }
        if (!isPlainText(text)) {
            return badField(rule.field,
                            quoted(text) + " has control characters; wanted plain text");
        }
    }
    Result<std::string> ip = canonicalHost(registration.ip);
    if (!ip) {
        return badField("ip", ip.error().message);
    }
    if (isAnyHost(*ip)) {
        return badField("ip", quoted(*ip) + " names no machine; wanted the address at which the "
                                            "proxy reaches the origin (SRS: set SRS_DEVICE_IP)");
    }
    registration.ip = std::move(*ip);
    if (!isKind(registration.kind)) {
        return badField("kind", quoted(registration.kind) +
                                    "; wanted srs, nginx-rtmp, mediamtx, node-media-server, "
                                    "generic or another word in lower case");
    }
    if (!isClientAddressWay(registration.clientAddress)) {
        return badField("client_address", quoted(registration.clientAddress) +
                                              "; wanted none, srs, proxy_v1 or proxy_v2");
    }
    if (registration.weight < 1 || registration.weight > Registration::MaxWeight) {
        return badField("weight",
                        std::to_string(registration.weight) + "; wanted a number of 1 to 1000");
    }
    if (registration.services.empty()) {
        return Error{"the origin offers no service: wanted an endpoint in at least one of rtmp, "
                     "http, api, srt, rtc (SRS tells them only with `ports on;` in its heartbeat "
                     "section)"};
    }
    if (const size_t names = hostNames(registration).size(); names > Registration::MaxHostNames) {
        return Error{std::to_string(names) + " host names in ip and endpoints; wanted at most " +
                     std::to_string(Registration::MaxHostNames)};
    }
    return registration;
}

Result<Registration> registrationOf(const StaticOriginSettings& origin) {
    const auto named = [&](const Error& error) {
        return Error{"origins, " + quoted(origin.name) + ": " + error.message};
    };
    if (origin.name.empty()) {
        return named(Error{"name: empty; wanted a text of 1 to 256 bytes"});
    }
    Registration registration;
    registration.server = origin.name;
    registration.service = "static"; // never changes: an origin that does not tell of restarts
    registration.pid = "static";
    registration.ip = origin.ip;
    registration.kind = origin.kind;
    registration.zone = origin.zone;
    registration.clientAddress = origin.clientAddress;
    registration.weight = origin.weight;
    registration.maxSessions = origin.maxSessions;
    const std::array<const std::vector<std::string>*, ServiceNames.size()> lists{
        &origin.rtmp, &origin.http, &origin.api, &origin.srt, &origin.rtc};
    for (size_t i = 0; i < lists.size(); ++i) {
        if (Result<Done> added = addService(registration, ServiceNames[i], *lists[i]); !added) {
            return named(added.error());
        }
    }
    Result<Registration> result = checked(std::move(registration));
    return result ? std::move(result) : Result<Registration>(named(result.error()));
}

} // namespace srsproxy
