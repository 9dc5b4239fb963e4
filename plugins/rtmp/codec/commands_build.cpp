#include "plugins/rtmp/codec/commands.h"

namespace srsproxy::rtmp {

namespace {

Amf0Writer begin(std::vector<uint8_t>& out, std::string_view name, double transactionId) {
    Amf0Writer writer(out);
    writer.string(name).number(transactionId);
    return writer;
}

void putInfo(Amf0Writer& writer, const StatusInfo& info) {
    writer.beginObject();
    if (!info.level.empty()) {
        writer.key("level").string(info.level);
    }
    writer.key("code").string(info.code);
    if (!info.description.empty()) {
        writer.key("description").string(info.description);
    }
    writer.endObject();
}

void appendNotice(std::vector<uint8_t>& out, std::string_view name, double transactionId,
                  const StatusInfo& info) {
    Amf0Writer writer = begin(out, name, transactionId);
    writer.null();
    putInfo(writer, info);
}

} // namespace

void appendConnect(std::vector<uint8_t>& out, double transactionId,
                   std::span<const uint8_t> object) {
    begin(out, "connect", transactionId).raw(object);
}

void appendCall(std::vector<uint8_t>& out, std::string_view name, double transactionId,
                std::span<const uint8_t> arguments) {
    begin(out, name, transactionId).null().raw(arguments);
}

void appendStreamCall(std::vector<uint8_t>& out, std::string_view name, double transactionId,
                      std::string_view streamName) {
    begin(out, name, transactionId).null().string(streamName);
}

void appendConnectResult(std::vector<uint8_t>& out, double transactionId, double objectEncoding,
                         const Capabilities& offer) {
    Amf0Writer writer = begin(out, "_result", transactionId);
    writer.beginObject();
    writer.key("fmsVer").string("FMS/3,5,3,888"); // clients parse it; the usual text
    writer.key("capabilities").number(127);
    writer.key("mode").number(1);
    appendCapabilities(writer, offer);
    writer.endObject();
    writer.beginObject();
    writer.key("level").string("status");
    writer.key("code").string("NetConnection.Connect.Success");
    writer.key("description").string("Connection succeeded");
    writer.key("objectEncoding").number(objectEncoding);
    appendCapabilities(writer, offer);
    writer.endObject();
}

void appendCreateStreamResult(std::vector<uint8_t>& out, double transactionId, uint32_t streamId) {
    begin(out, "_result", transactionId).null().number(streamId);
}

void appendEmptyResult(std::vector<uint8_t>& out, double transactionId) {
    begin(out, "_result", transactionId).null().undefined();
}

void appendError(std::vector<uint8_t>& out, double transactionId, const StatusInfo& info) {
    appendNotice(out, "_error", transactionId, info);
}

void appendOnStatus(std::vector<uint8_t>& out, const StatusInfo& info) {
    appendNotice(out, "onStatus", 0, info);
}

void appendOnFcPublish(std::vector<uint8_t>& out, const StatusInfo& info) {
    appendNotice(out, "onFCPublish", 0, info);
}

void appendOnBwDone(std::vector<uint8_t>& out) {
    begin(out, "onBWDone", 0).null();
}

} // namespace srsproxy::rtmp
