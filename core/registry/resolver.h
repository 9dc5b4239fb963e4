#pragma once

/// Looks up host names. Blocks; used on control-plane threads only.

#include <string>
#include <vector>

#include "core/base/result.h"

namespace srsproxy {

class Resolver {
public:
    static constexpr size_t MaxAddresses = 8;

    virtual ~Resolver() = default;
    /// At least one numeric address, IPv4 before IPv6, otherwise sorted: the same answer for the
    /// same set. [any]
    virtual Result<std::vector<std::string>> resolve(const std::string& host) = 0;
};

/// The system's: /etc/hosts, DNS. Its time limits are those of /etc/resolv.conf.
class SystemResolver final : public Resolver {
public:
    Result<std::vector<std::string>> resolve(const std::string& host) override;
};

} // namespace srsproxy
