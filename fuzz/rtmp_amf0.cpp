// Nothing in AMF0 or in commands reads outside its input, recurses or hangs; what was read lies
// inside the input; changed numbers are read back.
// Input: the message type (low bit: 17 or 20), then the payload.
#include "plugins/rtmp/codec/commands.h"
#include "plugins/rtmp/codec/messages.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace srsproxy::rtmp;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void readValues(std::span<const uint8_t> input) {
    Amf0Reader reader(input);
    while (const auto raw = reader.readRaw()) {
        require(!raw->empty() && raw->data() >= input.data());
        require(raw->data() + raw->size() == input.data() + reader.position());
        Amf0Reader again(*raw);
        // An ECMA array without end mark and AMF3 end where the input ends.
        require(again.skipValue() && again.atEnd());
        Amf0Fields fields(*raw);
        while (const auto field = fields.next()) {
            require(!field->value.empty());
        }
        Amf0Reader(*raw).readString();
        Amf0Reader(*raw).readNumber();
        Amf0Reader(*raw).readBoolean();
        amf0StringField(*raw, "app");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) {
        return 0;
    }
    const std::span<const uint8_t> input(data + 1, size - 1);
    readValues(input);
    const uint8_t type = data[0] & 1 ? MessageType::CommandAmf3 : MessageType::CommandAmf0;
    const auto command = parseCommand(type, input);
    if (!command) {
        return 0;
    }
    parseConnect(*command);
    parsePublish(*command);
    parsePlay(*command);
    parseStreamName(*command);
    parseDeleteStream(*command);
    parseAnswer(*command);

    std::vector<uint8_t> copy(input.begin(), input.end());
    if (setTransactionId(copy, *command, 4711)) {
        const auto changed = parseCommand(type, copy);
        require(changed && changed->transactionId == 4711 && changed->name == command->name);
    } else {
        require(!command->hasTransactionId);
    }
    if (setNumberArgument(copy, *command, 1, 12)) {
        require(parseDeleteStream(*parseCommand(type, copy)) == 12U);
    }
    return 0;
}
