#include "core/api/versions_reply.h"

#include <array>
#include <charconv>

#include "core/api/json_reply.h"

namespace srsproxy {

HttpReply versionsReply(const ProductInfo& product) {
    std::array<int, 3> numbers{};
    const char* next = product.version.data();
    const char* end = next + product.version.size();
    for (int& number : numbers) {
        next = std::from_chars(next, end, number).ptr;
        next += next != end && *next == '.' ? 1 : 0;
    }
    JsonObject data = jsonObject();
    data.set("major", numbers[0]);
    data.set("minor", numbers[1]);
    data.set("revision", numbers[2]);
    data.set("version", product.version);
    JsonObject answer = jsonObject();
    answer.set("code", 0);
    answer.set("pid", product.pid);
    answer.set("signature", "SRSProxy");
    answer.set("version", product.version);
    answer.set("data", data);
    return jsonReply(answer);
}

} // namespace srsproxy
