#include "plugins/rtmp/codec/capabilities.h"

#include <algorithm>

#include "plugins/rtmp/codec/byte_order.h"

namespace srsproxy::rtmp {

namespace {

constexpr std::string_view ListKey = "fourCcList";
constexpr std::string_view VideoKey = "videoFourCcInfoMap";
constexpr std::string_view AudioKey = "audioFourCcInfoMap";
constexpr std::string_view CapsExKey = "capsEx";
constexpr std::string_view VideoFunctionKey = "videoFunction";

constexpr uint32_t Listed = 1;
constexpr uint32_t AllCodecFlags = 7; // decode, encode, forward
constexpr std::array<std::string_view, 7> VideoCodes = {"vp08", "vp09", "av01", "avc1",
                                                        "hvc1", "vvc1", "*"};
constexpr std::array<std::string_view, 7> AudioCodes = {"ac-3", "ec-3", "Opus", ".mp3",
                                                        "fLaC", "mp4a", "*"};

uint32_t flagsOf(std::span<const uint8_t> value) {
    const double number = Amf0Reader(value).readNumber().value_or(0);
    // Written so that NaN fails too.
    return number >= 0 && number <= 4294967295.0 ? static_cast<uint32_t>(number) : 0;
}

FourCcMap parseList(std::span<const uint8_t> value) {
    constexpr size_t HeadBytes = 5; // marker and count
    FourCcMap map;
    if (value.size() < HeadBytes || static_cast<Amf0Type>(value[0]) != Amf0Type::StrictArray) {
        return map;
    }
    Amf0Reader reader(value.subspan(HeadBytes));
    for (uint32_t left = load32(value.data() + 1); left > 0 && !reader.atEnd(); --left) {
        if (const auto text = reader.readString()) {
            if (const auto code = FourCc::parse(*text)) {
                map.add(*code, Listed);
            }
        } else if (!reader.skipValue()) {
            break;
        }
    }
    return map;
}

FourCcMap parseMap(std::span<const uint8_t> value) {
    FourCcMap map;
    Amf0Fields fields(value);
    while (const auto field = fields.next()) {
        if (const auto code = FourCc::parse(field->name)) {
            map.add(*code, flagsOf(field->value));
        }
    }
    return map;
}

void appendList(Amf0Writer& writer, const FourCcMap& codes) {
    if (codes.empty()) {
        return;
    }
    std::array<uint8_t, 5> head{static_cast<uint8_t>(Amf0Type::StrictArray)};
    store32(head.data() + 1, static_cast<uint32_t>(codes.entries().size()));
    writer.key(ListKey).raw(head);
    for (const FourCcMap::Entry& entry : codes.entries()) {
        writer.string(entry.code.text());
    }
}

void appendMap(Amf0Writer& writer, std::string_view key, const FourCcMap& map) {
    if (map.empty()) {
        return;
    }
    writer.key(key).beginObject();
    for (const FourCcMap::Entry& entry : map.entries()) {
        writer.key(entry.code.text()).number(entry.flags);
    }
    writer.endObject();
}

} // namespace

std::optional<FourCc> FourCc::parse(std::string_view text) {
    if (text == any().text()) {
        return any();
    }
    std::array<char, 4> code{};
    if (text.size() != code.size() ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), code.begin());
    return FourCc(code);
}

void FourCcMap::add(FourCc code, uint32_t flags) {
    if (flags == 0) {
        return;
    }
    if (code.isAny()) {
        for (Entry& entry : entries_) {
            entry.flags |= flags;
        }
    }
    const auto place = std::lower_bound(
        entries_.begin(), entries_.end(), code,
        [](const Entry& entry, const FourCc& wanted) { return entry.code < wanted; });
    if (place != entries_.end() && place->code == code) {
        place->flags |= flags;
    } else if (entries_.size() < MaxCodes) {
        entries_.insert(place, {code, flags | this->flags(FourCc::any())});
    }
}

uint32_t FourCcMap::flags(FourCc code) const {
    uint32_t flags = 0;
    for (const Entry& entry : entries_) {
        if (entry.code == code || entry.code.isAny()) {
            flags |= entry.flags;
        }
    }
    return flags;
}

FourCcMap intersect(const FourCcMap& a, const FourCcMap& b) {
    FourCcMap both;
    for (const FourCcMap* names : {&a, &b}) {
        for (const FourCcMap::Entry& entry : names->entries()) {
            both.add(entry.code, a.flags(entry.code) & b.flags(entry.code));
        }
    }
    return both;
}

Capabilities parseCapabilities(std::span<const uint8_t> object) {
    Capabilities said;
    Amf0Fields fields(object);
    while (const auto field = fields.next()) {
        if (field->name == ListKey) {
            said.fourCcs = parseList(field->value);
        } else if (field->name == VideoKey) {
            said.video = parseMap(field->value);
        } else if (field->name == AudioKey) {
            said.audio = parseMap(field->value);
        } else if (field->name == CapsExKey) {
            said.capsEx = flagsOf(field->value) & CapsEx::Known;
        } else if (field->name == VideoFunctionKey) {
            said.videoFunction = flagsOf(field->value);
        }
    }
    return said;
}

Capabilities parseCapabilities(std::span<const uint8_t> properties, std::span<const uint8_t> info) {
    Capabilities said = parseCapabilities(properties);
    Capabilities also = parseCapabilities(info);
    const auto fill = [](FourCcMap& map, FourCcMap& from) {
        if (map.empty()) {
            map = std::move(from);
        }
    };
    fill(said.fourCcs, also.fourCcs);
    fill(said.video, also.video);
    fill(said.audio, also.audio);
    said.capsEx = said.capsEx != 0 ? said.capsEx : also.capsEx;
    said.videoFunction = said.videoFunction != 0 ? said.videoFunction : also.videoFunction;
    return said;
}

bool wantsEnhanced(std::span<const uint8_t> connectObject) {
    return !parseCapabilities(connectObject).empty();
}

Capabilities intersect(const Capabilities& a, const Capabilities& b) {
    return {intersect(a.fourCcs, b.fourCcs), intersect(a.video, b.video),
            intersect(a.audio, b.audio), a.capsEx & b.capsEx, a.videoFunction & b.videoFunction};
}

void appendCapabilities(Amf0Writer& writer, const Capabilities& capabilities) {
    appendList(writer, capabilities.fourCcs);
    appendMap(writer, VideoKey, capabilities.video);
    appendMap(writer, AudioKey, capabilities.audio);
    if (capabilities.capsEx != 0) {
        writer.key(CapsExKey).number(capabilities.capsEx);
    }
    if (capabilities.videoFunction != 0) {
        writer.key(VideoFunctionKey).number(capabilities.videoFunction);
    }
}

std::vector<uint8_t> askForEverything(std::span<const uint8_t> connectObject) {
    // Codes that are new to us are kept: this client may know more than we.
    Capabilities all = parseCapabilities(connectObject);
    all.videoFunction = 0; // is among the fields as sent
    all.capsEx = CapsEx::Known;
    for (const std::string_view code : VideoCodes) {
        all.video.add(*FourCc::parse(code), AllCodecFlags);
        all.fourCcs.add(*FourCc::parse(code), Listed);
    }
    for (const std::string_view code : AudioCodes) {
        all.audio.add(*FourCc::parse(code), AllCodecFlags);
        all.fourCcs.add(*FourCc::parse(code), Listed);
    }
    std::vector<uint8_t> object;
    Amf0Writer writer(object);
    writer.beginObject();
    appendCapabilities(writer, all); // first: an AMF3 value would swallow what comes behind it
    Amf0Fields fields(connectObject);
    while (const auto field = fields.next()) {
        const auto replaced = {ListKey, VideoKey, AudioKey, CapsExKey};
        if (std::find(replaced.begin(), replaced.end(), field->name) == replaced.end()) {
            writer.key(field->name).raw(field->value);
        }
    }
    writer.endObject();
    return object;
}

} // namespace srsproxy::rtmp
