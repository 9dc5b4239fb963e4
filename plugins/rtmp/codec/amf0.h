// AMF0 values: a bounded cursor over bytes, look-up of object fields without building a tree, and
// a small writer. Strings and raw values borrow from the input.
//
// Pure; any thread. Nothing here recurses or allocates (the writer grows its vector), whatever the
// nesting. Source: Adobe AMF0 file format specification §2; RTMP 1.0 §7.1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace srsproxy::rtmp {

enum class Amf0Type : uint8_t {
    Number = 0,
    Boolean = 1,
    String = 2,
    Object = 3,
    MovieClip = 4, // reserved, refused
    Null = 5,
    Undefined = 6,
    Reference = 7,
    EcmaArray = 8,
    ObjectEnd = 9,
    StrictArray = 10,
    Date = 11,
    LongString = 12,
    Unsupported = 13,
    RecordSet = 14, // reserved, refused
    Xml = 15,
    TypedObject = 16,
    AvmPlus = 17 // from here on AMF3: taken as one opaque value up to the end of the input
};

// Nesting and number of values that one skipped value may have.
inline constexpr size_t Amf0MaxDepth = 32;
inline constexpr size_t Amf0MaxElements = 16384;

// Reads values one after the other. A failed call leaves the position where it was.
class Amf0Reader {
public:
    explicit Amf0Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    bool atEnd() const { return position_ == bytes_.size(); }
    size_t position() const { return position_; }
    std::span<const uint8_t> rest() const { return bytes_.subspan(position_); }

    // Type of the next value; nullopt at the end or for a byte that is no marker.
    std::optional<Amf0Type> peek() const;

    // nullopt when the next value has another type or is cut short.
    std::optional<double> readNumber();
    std::optional<bool> readBoolean();
    std::optional<std::string_view> readString(); // String or LongString
    bool readNull();                              // Null or Undefined

    // Any value: its bytes with the marker, or nullopt when it is malformed or beyond the limits.
    // An ECMA array's count is not believed; its end mark may be missing at the end of the input.
    std::optional<std::span<const uint8_t>> readRaw();
    bool skipValue() { return readRaw().has_value(); }

private:
    std::span<const uint8_t> bytes_;
    size_t position_ = 0;
};

// Steps over the fields of one Object, EcmaArray or TypedObject, given with its marker (as from
// Amf0Reader::readRaw). Any other value has no fields.
class Amf0Fields {
public:
    struct Field {
        std::string_view name;
        std::span<const uint8_t> value; // with its marker
    };

    explicit Amf0Fields(std::span<const uint8_t> object);
    // nullopt at the end, and at the first malformed field.
    std::optional<Field> next();

private:
    std::span<const uint8_t> rest_;
};

// Field of an object by name; the first one when there are several.
std::optional<std::span<const uint8_t>> amf0Field(std::span<const uint8_t> object,
                                                  std::string_view name);
std::optional<std::string_view> amf0StringField(std::span<const uint8_t> object,
                                                std::string_view name);
std::optional<double> amf0NumberField(std::span<const uint8_t> object, std::string_view name);
std::optional<bool> amf0BooleanField(std::span<const uint8_t> object, std::string_view name);

// Appends values to a vector. The caller keeps begin, key and end in order.
class Amf0Writer {
public:
    explicit Amf0Writer(std::vector<uint8_t>& out) : out_(out) {}

    Amf0Writer& number(double value);
    Amf0Writer& boolean(bool value);
    Amf0Writer& string(std::string_view value); // LongString above 65535 bytes
    Amf0Writer& null();
    Amf0Writer& undefined();
    Amf0Writer& raw(std::span<const uint8_t> value); // encoded values, as they are
    Amf0Writer& beginObject();
    Amf0Writer& beginEcmaArray(uint32_t count);
    Amf0Writer& key(std::string_view name); // cut at 65535 bytes
    Amf0Writer& endObject();                // also ends an ECMA array

private:
    std::vector<uint8_t>& out_;
};

} // namespace srsproxy::rtmp
