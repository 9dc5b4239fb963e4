#include "core/api/http_types.h"

#include <Poco/String.h>

#include "core/api/json_reply.h"

namespace srsproxy {

const std::string* HttpCall::header(std::string_view name) const {
    const std::string wanted(name);
    for (const HttpHeader& header : headers) {
        if (Poco::icompare(header.name, wanted) == 0) {
            return &header.value;
        }
    }
    return nullptr;
}

HttpReply errorReply(int status, std::string_view message, std::string_view field) {
    JsonObject answer = jsonObject();
    answer.set("code", status);
    answer.set("error", cleanUtf8(message));
    if (!field.empty()) {
        answer.set("field", cleanUtf8(field));
    }
    return jsonReply(answer, status);
}

bool isHeaderName(std::string_view text) {
    constexpr std::string_view Marks = "!#$%&'*+-.^_`|~";
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || Marks.find(c) != std::string_view::npos;
        if (!plain) {
            return false;
        }
    }
    return !text.empty();
}

} // namespace srsproxy
