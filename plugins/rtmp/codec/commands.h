// RTMP commands (types 17 and 20): reading the ones that clients and origins send, making the ones
// that the proxy answers itself, and re-issuing a captured one with other numbers in it.
//
// Pure; any thread. Views borrow from the payload they were parsed from.
// Source: Adobe RTMP 1.0 §7.2; releaseStream, FCPublish and the like are undocumented.
#pragma once

#include "plugins/rtmp/codec/amf0.h"
#include "plugins/rtmp/codec/capabilities.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace srsproxy::rtmp {

// Any command. `arguments` are the values behind the transaction id, command object first.
struct Command {
    std::string_view name;
    double transactionId = 0;
    bool hasTransactionId = false;
    size_t argumentsOffset = 0; // of `arguments` in the payload
    std::span<const uint8_t> arguments;
};

// `type` 17 may begin with a 0 byte. A missing transaction id counts as 0. Fails only when there
// is no name; arguments are checked by whoever reads them.
std::optional<Command> parseCommand(uint8_t type, std::span<const uint8_t> payload);

// The same command as a payload of type 20.
std::span<const uint8_t> asAmf0(uint8_t type, std::span<const uint8_t> payload);

// Argument by position (0 = command object), with its marker.
std::optional<std::span<const uint8_t>> argument(const Command& command, size_t index);
std::optional<std::string_view> stringArgument(const Command& command, size_t index);
std::optional<double> numberArgument(const Command& command, size_t index);

struct ConnectCommand {
    std::span<const uint8_t> object; // as sent: replay these bytes, with fields we know nothing of
    std::string_view app;
    std::string_view tcUrl;
    std::string_view flashVer;
    std::string_view pageUrl;
    std::string_view swfUrl;
    double objectEncoding = 0;
    uint32_t capsEx = 0; // E-RTMP v2; bit 0: client can be told to reconnect
};

// nullopt when the command object is missing or malformed. Absent fields are empty or 0.
std::optional<ConnectCommand> parseConnect(const Command& command);

struct PublishCommand {
    std::string_view streamName; // with its query
    std::string_view publishType = "live";
};

std::optional<PublishCommand> parsePublish(const Command& command);

struct PlayCommand {
    std::string_view streamName; // with its query
    double start = -2;           // seconds; -2 live or else recorded, -1 live only
    double duration = -1;        // seconds; -1 to the end
    bool reset = true;
};

std::optional<PlayCommand> parsePlay(const Command& command);

// Stream name of releaseStream, FCPublish, FCUnpublish, getStreamLength.
std::optional<std::string_view> parseStreamName(const Command& command);
// Message stream id of deleteStream; also of closeStream sent that way.
std::optional<uint32_t> parseDeleteStream(const Command& command);

enum class AnswerKind : uint8_t { Result, Error, Status };

// `_result`, `_error` and onStatus, of any server.
struct Answer {
    AnswerKind kind = AnswerKind::Result;
    double transactionId = 0;
    std::string_view level;
    std::string_view code;
    std::string_view description;
    std::optional<uint32_t> streamId;    // createStream's number, when there is one
    std::span<const uint8_t> properties; // first value behind the transaction id
    std::span<const uint8_t> info;       // second one
};

// nullopt when it is another command.
std::optional<Answer> parseAnswer(const Command& command);

// Re-issuing: change numbers in place, in the payload that `command` was parsed from or a copy of
// it. False, and nothing changed, when there is no number there.
bool setTransactionId(std::span<uint8_t> payload, const Command& command, double transactionId);
// Number at argument position `index` (deleteStream: 1).
bool setNumberArgument(std::span<uint8_t> payload, const Command& command, size_t index,
                       double value);

// Payloads of type 20. Each appends to `out`.
void appendConnect(std::vector<uint8_t>& out, double transactionId,
                   std::span<const uint8_t> object);
// name, transaction id, null, then `arguments` as encoded values.
void appendCall(std::vector<uint8_t>& out, std::string_view name, double transactionId,
                std::span<const uint8_t> arguments = {});
// createStream, releaseStream and so on with a stream name argument.
void appendStreamCall(std::vector<uint8_t>& out, std::string_view name, double transactionId,
                      std::string_view streamName);

struct StatusInfo {
    std::string_view level; // "status", "error", "warning"
    std::string_view code;
    std::string_view description;
};

// `objectEncoding` as the client asked. `offer` goes into the properties (fmsVer, capabilities) and
// into the info: clients look in the one or in the other.
void appendConnectResult(std::vector<uint8_t>& out, double transactionId, double objectEncoding = 0,
                         const Capabilities& offer = {});
void appendCreateStreamResult(std::vector<uint8_t>& out, double transactionId, uint32_t streamId);
// `_result` without content (null, undefined): for releaseStream, FCPublish and others.
void appendEmptyResult(std::vector<uint8_t>& out, double transactionId);
void appendError(std::vector<uint8_t>& out, double transactionId, const StatusInfo& info);
void appendOnStatus(std::vector<uint8_t>& out, const StatusInfo& info);
void appendOnFcPublish(std::vector<uint8_t>& out, const StatusInfo& info);
void appendOnBwDone(std::vector<uint8_t>& out);

} // namespace srsproxy::rtmp
