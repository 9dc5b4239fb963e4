/// Heartbeat bodies: parsing never crashes, keeps its limits, and what it accepts survives being
/// written as JSON and read again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/registry/registration.h"

namespace {

bool isPrintable(std::string_view text) {
    for (const char c : text) {
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return true;
}

void require(bool holds) {
    if (!holds) {
        abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace srsproxy;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const Result<Registration> read = parseRegistration(body);
    if (!read) {
        const std::string& message = read.error().message;
        require(!message.empty() && message.size() < 2000 && isPrintable(message));
        return 0;
    }
    require(!read->server.empty() && !read->service.empty() && !read->pid.empty());
    require(!read->ip.empty() && !read->services.empty());
    require(read->weight >= 1 && read->weight <= Registration::MaxWeight);
    require(read->extraJson.size() <= Registration::MaxExtraBytes);
    require(read->originId().find_first_of("/?#% \t\r\n\"<>\\") == std::string::npos);

    // Numbers among the unknown members may change their spelling once (-0 becomes 0), so those
    // are compared from the second reading on.
    Result<Registration> twice = parseRegistration(toJson(*read));
    require(static_cast<bool>(twice));
    Registration known = *read;
    known.extraJson = twice->extraJson;
    require(known == *twice);
    require(read->extraJson.empty() == twice->extraJson.empty());
    const Result<Registration> thrice = parseRegistration(toJson(*twice));
    require(static_cast<bool>(thrice));
    require(*thrice == *twice);
    return 0;
}
