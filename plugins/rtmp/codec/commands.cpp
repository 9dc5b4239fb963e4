#include "plugins/rtmp/codec/commands.h"

#include "plugins/rtmp/codec/messages.h"

#include <algorithm>
#include <array>

namespace srsproxy::rtmp {

namespace {

std::optional<uint32_t> toUint32(std::optional<double> number) {
    // Written so that NaN fails too.
    if (!number || !(*number >= 0 && *number <= 4294967295.0)) {
        return std::nullopt;
    }
    return static_cast<uint32_t>(*number);
}

bool storeNumber(std::span<uint8_t> payload, size_t offset, double value) {
    if (offset > payload.size() || !Amf0Reader(payload.subspan(offset)).readNumber()) {
        return false;
    }
    std::vector<uint8_t> encoded;
    Amf0Writer(encoded).number(value);
    std::copy(encoded.begin(), encoded.end(),
              payload.begin() + static_cast<std::ptrdiff_t>(offset));
    return true;
}

} // namespace

std::span<const uint8_t> asAmf0(uint8_t type, std::span<const uint8_t> payload) {
    // The 0 byte says "AMF0 follows"; a payload of type 17 without it is read all the same.
    const bool wrapped = type == MessageType::CommandAmf3 && !payload.empty() && payload[0] == 0;
    return payload.subspan(wrapped ? 1 : 0);
}

std::optional<Command> parseCommand(uint8_t type, std::span<const uint8_t> payload) {
    const std::span<const uint8_t> body = asAmf0(type, payload);
    const size_t head = payload.size() - body.size();
    Amf0Reader reader(body);
    const std::optional<std::string_view> name = reader.readString();
    if (!name) {
        return std::nullopt;
    }
    Command command;
    command.name = *name;
    if (const std::optional<double> transactionId = reader.readNumber()) {
        command.transactionId = *transactionId;
        command.hasTransactionId = true;
    }
    command.argumentsOffset = head + reader.position();
    command.arguments = reader.rest();
    return command;
}

std::optional<std::span<const uint8_t>> argument(const Command& command, size_t index) {
    Amf0Reader reader(command.arguments);
    for (; index > 0; --index) {
        if (!reader.skipValue()) {
            return std::nullopt;
        }
    }
    return reader.readRaw();
}

std::optional<std::string_view> stringArgument(const Command& command, size_t index) {
    const auto value = argument(command, index);
    return value ? Amf0Reader(*value).readString() : std::nullopt;
}

std::optional<double> numberArgument(const Command& command, size_t index) {
    const auto value = argument(command, index);
    return value ? Amf0Reader(*value).readNumber() : std::nullopt;
}

std::optional<ConnectCommand> parseConnect(const Command& command) {
    const auto object = argument(command, 0);
    if (!object) {
        return std::nullopt;
    }
    const auto type = static_cast<Amf0Type>(object->front());
    if (type != Amf0Type::Object && type != Amf0Type::EcmaArray && type != Amf0Type::TypedObject) {
        return std::nullopt;
    }
    ConnectCommand connect;
    connect.object = *object;
    const std::array<std::pair<std::string_view, std::string_view*>, 5> texts = {{
        {"app", &connect.app},
        {"tcUrl", &connect.tcUrl},
        {"flashVer", &connect.flashVer},
        {"pageUrl", &connect.pageUrl},
        {"swfUrl", &connect.swfUrl},
    }};
    Amf0Fields fields(*object);
    while (const auto field = fields.next()) {
        Amf0Reader value(field->value);
        for (const auto& [name, target] : texts) {
            if (field->name == name && target->data() == nullptr) {
                *target = value.readString().value_or(std::string_view{});
            }
        }
        if (field->name == "objectEncoding") {
            connect.objectEncoding = value.readNumber().value_or(0);
        } else if (field->name == "capsEx") {
            connect.capsEx = toUint32(value.readNumber()).value_or(0);
        }
    }
    return connect;
}

std::optional<PublishCommand> parsePublish(const Command& command) {
    const std::optional<std::string_view> name = stringArgument(command, 1);
    if (!name) {
        return std::nullopt;
    }
    PublishCommand publish;
    publish.streamName = *name;
    publish.publishType = stringArgument(command, 2).value_or(publish.publishType);
    return publish;
}

std::optional<PlayCommand> parsePlay(const Command& command) {
    const std::optional<std::string_view> name = stringArgument(command, 1);
    if (!name) {
        return std::nullopt;
    }
    PlayCommand play;
    play.streamName = *name;
    play.start = numberArgument(command, 2).value_or(play.start);
    play.duration = numberArgument(command, 3).value_or(play.duration);
    if (const auto reset = argument(command, 4)) {
        // A boolean by the specification; SRS and others also see a number.
        Amf0Reader reader(*reset);
        if (const std::optional<double> number = reader.readNumber()) {
            play.reset = *number != 0;
        } else {
            play.reset = reader.readBoolean().value_or(play.reset);
        }
    }
    return play;
}

std::optional<std::string_view> parseStreamName(const Command& command) {
    return stringArgument(command, 1);
}

std::optional<uint32_t> parseDeleteStream(const Command& command) {
    return toUint32(numberArgument(command, 1));
}

std::optional<Answer> parseAnswer(const Command& command) {
    Answer answer;
    if (command.name == "_result") {
        answer.kind = AnswerKind::Result;
    } else if (command.name == "_error") {
        answer.kind = AnswerKind::Error;
    } else if (command.name == "onStatus") {
        answer.kind = AnswerKind::Status;
    } else {
        return std::nullopt;
    }
    answer.transactionId = command.transactionId;
    Amf0Reader reader(command.arguments);
    answer.properties = reader.readRaw().value_or(std::span<const uint8_t>{});
    answer.info = reader.readRaw().value_or(std::span<const uint8_t>{});
    answer.level = amf0StringField(answer.info, "level").value_or(std::string_view{});
    answer.code = amf0StringField(answer.info, "code").value_or(std::string_view{});
    answer.description = amf0StringField(answer.info, "description").value_or(std::string_view{});
    answer.streamId = toUint32(Amf0Reader(answer.info).readNumber());
    return answer;
}

bool setTransactionId(std::span<uint8_t> payload, const Command& command, double transactionId) {
    return command.hasTransactionId && command.argumentsOffset >= 9 &&
           storeNumber(payload, command.argumentsOffset - 9, transactionId);
}

bool setNumberArgument(std::span<uint8_t> payload, const Command& command, size_t index,
                       double value) {
    if (command.argumentsOffset > payload.size()) {
        return false;
    }
    Amf0Reader reader(payload.subspan(command.argumentsOffset));
    for (; index > 0; --index) {
        if (!reader.skipValue()) {
            return false;
        }
    }
    return storeNumber(payload, command.argumentsOffset + reader.position(), value);
}

} // namespace srsproxy::rtmp
