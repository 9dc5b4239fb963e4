#pragma once

/// How the API writes JSON: members in the order they were set, and every text valid UTF-8,
/// whatever an origin or a client called itself. Included by .cpp files only.

#include <string>
#include <string_view>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include "core/api/http_types.h"

namespace srsproxy {

using JsonObject = Poco::JSON::Object;
using JsonArray = Poco::JSON::Array;

/// An object that keeps its members' order.
JsonObject jsonObject();

/// Each byte that is no part of a valid UTF-8 sequence becomes U+FFFD.
std::string cleanUtf8(std::string_view text);

/// The text of a JSON object as a value; when it is none, the text itself.
Poco::Dynamic::Var embeddedJson(const std::string& text);

HttpReply jsonReply(const JsonObject& answer, int status = 200);

} // namespace srsproxy
