#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>

#include <limits>
#include <map>
#include <sstream>

#include "core/registry/registration.h"
#include "core/registry/registration_rules.h"
#include "core/registry/text.h"

namespace srsproxy {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

std::string_view typeName(const Var& value) {
    if (value.isEmpty()) {
        return "null";
    }
    if (value.isString()) {
        return "a string";
    }
    if (value.isBoolean()) {
        return "a boolean";
    }
    if (value.isNumeric()) {
        return "a number";
    }
    return value.type() == typeid(Array::Ptr) ? "a list" : "an object";
}

Error wrongType(std::string_view field, const Var& value, std::string_view wanted) {
    std::string message(field);
    message.append(": ").append(typeName(value)).append("; wanted ").append(wanted);
    return Error{std::move(message)};
}

bool isWholeNumber(const Var& value) {
    return value.isInteger() && !value.isBoolean();
}

/// The members of one object, each taken out by its name; what is left is unknown.
class Members {
public:
    explicit Members(const Object& object) {
        for (const auto& [name, value] : object) {
            left_.emplace(name, value);
        }
    }

    Result<Done> mandatoryText(std::string_view field, std::string& text, bool numberToo = false) {
        if (!has(field)) {
            return Error{std::string(field) + ": missing; wanted a string"};
        }
        return this->text(field, text, numberToo);
    }

    Result<Done> text(std::string_view field, std::string& text, bool numberToo = false) {
        if (!has(field)) {
            return Done{};
        }
        const Var value = take(field);
        if (!value.isString() && !(numberToo && isWholeNumber(value))) {
            return wrongType(field, value, "a string");
        }
        text = value.toString();
        return Done{};
    }

    Result<Done> number(std::string_view field, uint32_t min, uint32_t max, uint32_t& number) {
        if (!has(field)) {
            return Done{};
        }
        const Var value = take(field);
        const std::string wanted =
            "a whole number of " + std::to_string(min) + " to " + std::to_string(max);
        if (!isWholeNumber(value)) {
            return wrongType(field, value, wanted);
        }
        // The parser makes unsigned only what is too large for signed.
        const int64_t whole = value.isSigned() ? value.convert<int64_t>() : -1;
        if (whole < min || whole > max) {
            return Error{std::string(field) + ": " + value.toString() + "; wanted " + wanted};
        }
        number = static_cast<uint32_t>(whole);
        return Done{};
    }

    /// A list of texts, or one text alone.
    Result<Done> texts(std::string_view field, std::vector<std::string>& texts) {
        constexpr std::string_view Wanted = "a string such as \"1935\", or a list of them";
        if (!has(field)) {
            return Done{};
        }
        const Var value = take(field);
        if (value.isString()) {
            texts.push_back(value.toString());
            return Done{};
        }
        if (value.type() != typeid(Array::Ptr)) {
            return wrongType(field, value, Wanted);
        }
        for (const Var& item : *value.extract<Array::Ptr>()) {
            if (!item.isString()) {
                return wrongType(std::string(field) + "[" + std::to_string(texts.size()) + "]",
                                 item, "a string such as \"1935\"");
            }
            texts.push_back(item.toString());
        }
        return Done{};
    }

    /// All that nobody took, as one object; empty when there is nothing.
    Result<std::string> rest() const {
        std::string json;
        for (const auto& [name, value] : left_) {
            if (!isPlainText(name) || name.size() > Registration::MaxTextBytes) {
                return Error{"member " + quoted(name) +
                             ": wanted a name of at most 256 bytes without control characters"};
            }
            std::ostringstream member;
            Poco::JSON::Stringifier::stringify(Var(name), member);
            member << ':';
            Poco::JSON::Stringifier::stringify(value, member);
            if (json.size() + member.str().size() + 2 <= Registration::MaxExtraBytes) {
                json += (json.empty() ? '{' : ',') + member.str();
            }
        }
        return json.empty() ? json : json + '}';
    }

private:
    bool has(std::string_view field) const { return left_.find(field) != left_.end(); }
    Var take(std::string_view field) {
        const auto found = left_.find(field);
        Var value = found->second;
        left_.erase(found);
        return value;
    }

    std::map<std::string, Var, std::less<>> left_;
};

Result<Registration> read(const Object& object) {
    Members members(object);
    Registration registration;
    for (const Result<Done>& step :
         {members.mandatoryText("ip", registration.ip),
          members.mandatoryText("server", registration.server),
          members.mandatoryText("service", registration.service, true),
          members.mandatoryText("pid", registration.pid, true),
          members.text("device_id", registration.deviceId), members.text("kind", registration.kind),
          members.text("zone", registration.zone),
          members.text("client_address", registration.clientAddress),
          members.number("weight", 1, Registration::MaxWeight, registration.weight),
          members.number("max_sessions", 0, std::numeric_limits<uint32_t>::max(),
                         registration.maxSessions)}) {
        if (!step) {
            return step.error();
        }
    }
    for (const std::string_view service : ServiceNames) {
        std::vector<std::string> endpoints;
        if (Result<Done> step = members.texts(service, endpoints); !step) {
            return step.error();
        }
        if (Result<Done> step = addService(registration, service, endpoints); !step) {
            return step.error();
        }
    }
    Result<std::string> extra = members.rest();
    if (!extra) {
        return extra.error();
    }
    registration.extraJson = std::move(*extra);
    return checked(std::move(registration));
}

} // namespace

Result<Registration> parseRegistration(std::string_view body) {
    if (body.size() > Registration::MaxBodyBytes) {
        return Error{"the body has " + std::to_string(body.size()) + " bytes; wanted at most " +
                     std::to_string(Registration::MaxBodyBytes)};
    }
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(Registration::MaxJsonDepth);
        const Var root = parser.parse(std::string(body));
        if (root.type() != typeid(Object::Ptr)) {
            return wrongType("the body", root, "a JSON object");
        }
        return read(*root.extract<Object::Ptr>());
    } catch (const Poco::Exception& error) {
        return Error{"the body is no JSON object of up to 16 levels: " +
                     shown(error.displayText())};
    } catch (const std::exception& error) {
        return Error{"the body cannot be read: " + shown(error.what())};
    }
}

std::string toJson(const Registration& registration) {
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("ip", registration.ip);
    object.set("server", registration.server);
    object.set("service", registration.service);
    object.set("pid", registration.pid);
    object.set("device_id", registration.deviceId);
    object.set("kind", registration.kind);
    object.set("zone", registration.zone);
    object.set("client_address", registration.clientAddress);
    object.set("weight", registration.weight);
    object.set("max_sessions", registration.maxSessions);
    for (const ServiceEndpoints& offered : registration.services) {
        Array endpoints;
        for (const Endpoint& endpoint : offered.endpoints) {
            endpoints.add(toString(endpoint));
        }
        object.set(offered.service, endpoints);
    }
    std::ostringstream out;
    object.stringify(out);
    std::string json = out.str();
    if (!registration.extraJson.empty()) {
        json.back() = ','; // the closing brace
        json.append(registration.extraJson, 1);
    }
    return json;
}

} // namespace srsproxy
