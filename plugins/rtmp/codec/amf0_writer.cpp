#include "plugins/rtmp/codec/amf0.h"

#include "plugins/rtmp/codec/byte_order.h"

#include <algorithm>
#include <bit>

namespace srsproxy::rtmp {

namespace {

void put(std::vector<uint8_t>& out, Amf0Type type) {
    out.push_back(static_cast<uint8_t>(type));
}

void put16(std::vector<uint8_t>& out, size_t value) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
}

void put32(std::vector<uint8_t>& out, size_t value) {
    put16(out, value >> 16);
    put16(out, value);
}

void put(std::vector<uint8_t>& out, std::string_view text) {
    out.insert(out.end(), text.begin(), text.end());
}

} // namespace

Amf0Writer& Amf0Writer::number(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    put(out_, Amf0Type::Number);
    put32(out_, bits >> 32);
    put32(out_, bits);
    return *this;
}

Amf0Writer& Amf0Writer::boolean(bool value) {
    put(out_, Amf0Type::Boolean);
    out_.push_back(value ? 1 : 0);
    return *this;
}

Amf0Writer& Amf0Writer::string(std::string_view value) {
    if (value.size() <= 0xFFFF) {
        put(out_, Amf0Type::String);
        put16(out_, value.size());
    } else {
        put(out_, Amf0Type::LongString);
        put32(out_, value.size());
    }
    put(out_, value);
    return *this;
}

Amf0Writer& Amf0Writer::null() {
    put(out_, Amf0Type::Null);
    return *this;
}

Amf0Writer& Amf0Writer::undefined() {
    put(out_, Amf0Type::Undefined);
    return *this;
}

Amf0Writer& Amf0Writer::raw(std::span<const uint8_t> value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

Amf0Writer& Amf0Writer::beginObject() {
    put(out_, Amf0Type::Object);
    return *this;
}

Amf0Writer& Amf0Writer::beginEcmaArray(uint32_t count) {
    put(out_, Amf0Type::EcmaArray);
    put32(out_, count);
    return *this;
}

Amf0Writer& Amf0Writer::key(std::string_view name) {
    const std::string_view fitting = name.substr(0, 0xFFFF);
    put16(out_, fitting.size());
    put(out_, fitting);
    return *this;
}

Amf0Writer& Amf0Writer::endObject() {
    put16(out_, 0);
    put(out_, Amf0Type::ObjectEnd);
    return *this;
}

} // namespace srsproxy::rtmp
