#include "plugins/rtmp/detour.h"

#include <utility>

#include "plugins/rtmp/codec/amf0.h"
#include "plugins/rtmp/codec/commands.h"

namespace srsproxy::rtmp {

Detour::Detour(RedirectTarget target, unsigned step, std::span<const uint8_t> connectObject,
               const StreamRequest& request)
    : target_(std::move(target)), step_(step),
      connectObject_(withTarget(connectObject, target_.app, target_.tcUrl)), request_(request) {
    if (!target_.stream.empty()) {
        request_.start = withStreamName(request.startType, request.start, target_.stream);
        request_.preamble.clear(); // it names the stream that was
    }
}

void Detour::find(HostResolver& resolver, IEventLoop& loop, Arrived arrived) {
    arrived_ = std::move(arrived);
    asking_ = resolver.ask(loop, target_.host, target_.port, *this);
}

void Detour::resolved(ResolvedHost host) {
    const Arrived arrived = std::move(arrived_); // which may destroy this
    if (host.addresses.empty()) {
        arrived({}, host.error);
    } else {
        arrived(host.addresses.front(), "");
    }
}

std::vector<uint8_t> withTarget(std::span<const uint8_t> connectObject, std::string_view app,
                                std::string_view tcUrl) {
    std::vector<uint8_t> object;
    Amf0Writer writer(object);
    writer.beginObject();
    Amf0Fields fields(connectObject);
    while (const auto field = fields.next()) {
        writer.key(field->name);
        if (field->name == "app") {
            writer.string(app);
        } else if (field->name == "tcUrl") {
            writer.string(tcUrl);
        } else {
            writer.raw(field->value);
        }
    }
    writer.endObject();
    return object;
}

std::vector<uint8_t> withStreamName(uint8_t type, std::span<const uint8_t> start,
                                    std::string_view name) {
    const auto command = parseCommand(type, start);
    const auto old = command ? argument(*command, 1) : std::nullopt;
    if (!old) {
        return {start.begin(), start.end()};
    }
    const auto at = old->data() - start.data();
    std::vector<uint8_t> renamed(start.begin(), start.begin() + at);
    Amf0Writer(renamed).string(name);
    renamed.insert(renamed.end(), start.begin() + at + static_cast<std::ptrdiff_t>(old->size()),
                   start.end());
    return renamed;
}

} // namespace srsproxy::rtmp
