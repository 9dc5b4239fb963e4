#pragma once

/// The system API's view of the running proxy's registry, router and sessions. Each borrows the
/// part that it shows.

#include "core/api/api_parts.h"

namespace srsproxy {

class LiveOrigins final : public ApiOrigins {
public:
    explicit LiveOrigins(Registry& registry) : registry_(registry) {}
    Result<std::string> enroll(const Registration& registration) override;
    bool remove(std::string_view originId, std::string_view reason) override;
    bool setDraining(std::string_view originId, bool draining) override;
    std::shared_ptr<const OriginTable> table() const override;

private:
    Registry& registry_;
};

class LiveStreams final : public ApiStreams {
public:
    explicit LiveStreams(Router& router) : router_(router) {}
    std::vector<PinInfo> pins(std::string_view after, size_t limit) const override;
    size_t count() const override;
    Explanation explain(std::string_view streamKey, std::string_view protocol,
                        int32_t role) override;

private:
    Router& router_;
};

class LiveSessions final : public ApiSessions {
public:
    explicit LiveSessions(SessionTable& sessions) : sessions_(sessions) {}
    std::vector<SessionView> list(uint64_t after, size_t limit) const override;
    size_t count() const override;
    bool kick(uint64_t id, std::string_view reason) override;

private:
    SessionTable& sessions_;
};

} // namespace srsproxy
