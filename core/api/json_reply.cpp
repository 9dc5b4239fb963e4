#include "core/api/json_reply.h"

#include <sstream>

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include "core/base/utf8.h"

namespace srsproxy {
JsonObject jsonObject() {
    return JsonObject(Poco::JSON_PRESERVE_KEY_ORDER);
}

std::string cleanUtf8(std::string_view text) {
    constexpr size_t MaxBytesOfOne = 3; // U+FFFD
    return validUtf8(text, MaxBytesOfOne * text.size());
}

Poco::Dynamic::Var embeddedJson(const std::string& text) {
    constexpr size_t MaxDepth = 64;
    const std::string clean = cleanUtf8(text);
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(MaxDepth);
        Poco::Dynamic::Var value = parser.parse(clean);
        if (value.type() == typeid(JsonObject::Ptr)) {
            return value;
        }
    } catch (const Poco::Exception&) {
        // Shown as the text that it is.
    }
    return clean;
}

HttpReply jsonReply(const JsonObject& answer, int status) {
    std::ostringstream text;
    answer.stringify(text);
    text << '\n';
    return HttpReply{status, {{"Content-Type", "application/json; charset=utf-8"}}, text.str()};
}

} // namespace srsproxy
