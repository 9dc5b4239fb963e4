// What peers say of themselves is bounded and comes back as it was written; an intersection is
// never more than either side, and intersecting again changes nothing.
// Input: two AMF0 values, one behind the other.
#include "plugins/rtmp/codec/capabilities.h"
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

void requireWithin(const FourCcMap& both, const FourCcMap& a, const FourCcMap& b) {
    require(both.entries().size() <= FourCcMap::MaxCodes);
    const FourCcMap::Entry* last = nullptr;
    for (const FourCcMap::Entry& entry : both.entries()) {
        require(entry.flags != 0 && entry.flags == both.flags(entry.code));
        require((entry.flags & ~(a.flags(entry.code) & b.flags(entry.code))) == 0);
        require(last == nullptr || last->code < entry.code);
        last = &entry;
    }
    if (a.entries().size() + b.entries().size() <= FourCcMap::MaxCodes) {
        for (const FourCcMap* names : {&a, &b}) {
            for (const FourCcMap::Entry& entry : names->entries()) {
                require(both.flags(entry.code) == (a.flags(entry.code) & b.flags(entry.code)));
            }
        }
        require(intersect(b, a) == both && intersect(both, a) == both);
    }
}

void requireReadsBack(const Capabilities& said) {
    std::vector<uint8_t> payload;
    appendConnectResult(payload, 1, 0, said);
    const auto command = parseCommand(MessageType::CommandAmf0, payload);
    require(command.has_value());
    const auto answer = parseAnswer(*command);
    require(answer && parseCapabilities(answer->properties) == said);
    require(parseCapabilities(answer->info) == said);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Amf0Reader reader(std::span<const uint8_t>(data, size));
    const auto first = reader.readRaw().value_or(std::span<const uint8_t>{});
    const auto second = reader.readRaw().value_or(std::span<const uint8_t>{});
    const Capabilities a = parseCapabilities(first);
    const Capabilities b = parseCapabilities(second);
    const Capabilities both = intersect(a, b);
    requireWithin(both.fourCcs, a.fourCcs, b.fourCcs);
    requireWithin(both.video, a.video, b.video);
    requireWithin(both.audio, a.audio, b.audio);
    require((a.capsEx & ~CapsEx::Known) == 0 && both.capsEx == (a.capsEx & b.capsEx));
    require(intersect(a, a) == a);
    requireReadsBack(a);
    requireReadsBack(both);
    parseCapabilities(first, second);

    const std::vector<uint8_t> asking = askForEverything(first);
    const Capabilities all = parseCapabilities(asking);
    require(wantsEnhanced(asking) && all.capsEx == CapsEx::Known);
    require(all.videoFunction == a.videoFunction);
    return 0;
}
