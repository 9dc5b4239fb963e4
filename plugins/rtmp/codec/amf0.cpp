#include "plugins/rtmp/codec/amf0.h"

#include "plugins/rtmp/codec/byte_order.h"

#include <array>
#include <bit>

namespace srsproxy::rtmp {

namespace {

constexpr uint8_t LastMarker = static_cast<uint8_t>(Amf0Type::AvmPlus);
constexpr uint8_t ObjectEndMarker = static_cast<uint8_t>(Amf0Type::ObjectEnd);

uint64_t load64(const uint8_t* p) {
    return (static_cast<uint64_t>(load32(p)) << 32) | load32(p + 4);
}

std::string_view textOf(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Finds the end of one value without recursion: a fixed stack of open containers.
class ValueScanner {
public:
    ValueScanner(std::span<const uint8_t> bytes, size_t start) : bytes_(bytes), position_(start) {}

    // Position behind the value, or nullopt.
    std::optional<size_t> scan() {
        do {
            if (depth_ > 0) {
                const Turn turn = nextInContainer();
                if (turn == Turn::Malformed) {
                    return std::nullopt;
                }
                if (turn == Turn::Closed) {
                    continue;
                }
            }
            if (++elements_ > Amf0MaxElements || !enterValue()) {
                return std::nullopt;
            }
        } while (depth_ > 0);
        return position_;
    }

private:
    enum class Kind : uint8_t { Fields, EcmaFields, Elements };
    enum class Turn : uint8_t { Value, Closed, Malformed };
    struct Frame {
        Kind kind = Kind::Fields;
        uint32_t left = 0; // Elements only
    };

    bool has(size_t count) const { return bytes_.size() - position_ >= count; }
    const uint8_t* here() const { return bytes_.data() + position_; }

    bool skip(size_t count) {
        if (!has(count)) {
            return false;
        }
        position_ += count;
        return true;
    }

    bool skipShortText() { return has(2) && skip(2U + load16(here())); }
    bool skipLongText() { return has(4) && skip(size_t{4} + load32(here())); }

    Turn close() {
        --depth_;
        return Turn::Closed;
    }

    Turn nextInContainer() {
        Frame& frame = frames_[depth_ - 1];
        if (frame.kind == Kind::Elements) {
            if (frame.left == 0) {
                return close();
            }
            --frame.left;
            return Turn::Value;
        }
        if (frame.kind == Kind::EcmaFields && position_ == bytes_.size()) {
            return close(); // some encoders leave the end mark out
        }
        if (has(3) && load16(here()) == 0 && here()[2] == ObjectEndMarker) {
            position_ += 3;
            return close();
        }
        return skipShortText() ? Turn::Value : Turn::Malformed;
    }

    bool open(Kind kind, uint32_t left = 0) {
        if (depth_ == frames_.size()) {
            return false;
        }
        frames_[depth_++] = {kind, left};
        return true;
    }

    bool enterValue() {
        if (!has(1)) {
            return false;
        }
        const auto type = static_cast<Amf0Type>(*here());
        ++position_;
        switch (type) {
        case Amf0Type::Number:
            return skip(8);
        case Amf0Type::Boolean:
            return skip(1);
        case Amf0Type::String:
            return skipShortText();
        case Amf0Type::LongString:
        case Amf0Type::Xml:
            return skipLongText();
        case Amf0Type::Object:
            return open(Kind::Fields);
        case Amf0Type::TypedObject:
            return skipShortText() && open(Kind::Fields);
        case Amf0Type::EcmaArray:
            return skip(4) && open(Kind::EcmaFields);
        case Amf0Type::StrictArray: {
            if (!has(4)) {
                return false;
            }
            const uint32_t count = load32(here());
            position_ += 4;
            return open(Kind::Elements, count);
        }
        case Amf0Type::Null:
        case Amf0Type::Undefined:
        case Amf0Type::Unsupported:
            return true;
        case Amf0Type::Reference:
            return skip(2);
        case Amf0Type::Date:
            return skip(10);
        case Amf0Type::AvmPlus:
            position_ = bytes_.size();
            depth_ = 0;
            return true;
        case Amf0Type::MovieClip:
        case Amf0Type::RecordSet:
        case Amf0Type::ObjectEnd:
            break;
        }
        return false;
    }

    std::span<const uint8_t> bytes_;
    size_t position_;
    size_t depth_ = 0;
    size_t elements_ = 0;
    std::array<Frame, Amf0MaxDepth> frames_{};
};

} // namespace

std::optional<Amf0Type> Amf0Reader::peek() const {
    if (atEnd() || bytes_[position_] > LastMarker) {
        return std::nullopt;
    }
    return static_cast<Amf0Type>(bytes_[position_]);
}

std::optional<double> Amf0Reader::readNumber() {
    const std::span<const uint8_t> left = rest();
    if (peek() != Amf0Type::Number || left.size() < 9) {
        return std::nullopt;
    }
    position_ += 9;
    return std::bit_cast<double>(load64(left.data() + 1));
}

std::optional<bool> Amf0Reader::readBoolean() {
    const std::span<const uint8_t> left = rest();
    if (peek() != Amf0Type::Boolean || left.size() < 2) {
        return std::nullopt;
    }
    position_ += 2;
    return left[1] != 0;
}

std::optional<std::string_view> Amf0Reader::readString() {
    const std::span<const uint8_t> left = rest();
    const std::optional<Amf0Type> type = peek();
    size_t head = 0;
    size_t length = 0;
    if (type == Amf0Type::String && left.size() >= 3) {
        head = 3;
        length = load16(left.data() + 1);
    } else if (type == Amf0Type::LongString && left.size() >= 5) {
        head = 5;
        length = load32(left.data() + 1);
    } else {
        return std::nullopt;
    }
    if (left.size() - head < length) {
        return std::nullopt;
    }
    position_ += head + length;
    return textOf(left.subspan(head, length));
}

bool Amf0Reader::readNull() {
    const std::optional<Amf0Type> type = peek();
    if (type != Amf0Type::Null && type != Amf0Type::Undefined) {
        return false;
    }
    ++position_;
    return true;
}

std::optional<std::span<const uint8_t>> Amf0Reader::readRaw() {
    const std::optional<size_t> end = ValueScanner(bytes_, position_).scan();
    if (!end) {
        return std::nullopt;
    }
    const std::span<const uint8_t> value = bytes_.subspan(position_, *end - position_);
    position_ = *end;
    return value;
}

Amf0Fields::Amf0Fields(std::span<const uint8_t> object) {
    if (object.empty()) {
        return;
    }
    size_t head = 0;
    switch (static_cast<Amf0Type>(object[0])) {
    case Amf0Type::Object:
        head = 1;
        break;
    case Amf0Type::EcmaArray:
        head = 5;
        break;
    case Amf0Type::TypedObject:
        head = object.size() < 3 ? object.size() : size_t{3} + load16(object.data() + 1);
        break;
    default:
        return;
    }
    if (head <= object.size()) {
        rest_ = object.subspan(head);
    }
}

std::optional<Amf0Fields::Field> Amf0Fields::next() {
    const std::span<const uint8_t> left = rest_;
    rest_ = {};
    if (left.size() < 3) {
        return std::nullopt;
    }
    const size_t length = load16(left.data());
    if ((length == 0 && left[2] == ObjectEndMarker) || left.size() - 2 < length) {
        return std::nullopt;
    }
    Amf0Reader reader(left.subspan(2 + length));
    const std::optional<std::span<const uint8_t>> value = reader.readRaw();
    if (!value) {
        return std::nullopt;
    }
    rest_ = reader.rest();
    return Field{textOf(left.subspan(2, length)), *value};
}

std::optional<std::span<const uint8_t>> amf0Field(std::span<const uint8_t> object,
                                                  std::string_view name) {
    Amf0Fields fields(object);
    while (const std::optional<Amf0Fields::Field> field = fields.next()) {
        if (field->name == name) {
            return field->value;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> amf0StringField(std::span<const uint8_t> object,
                                                std::string_view name) {
    const auto value = amf0Field(object, name);
    return value ? Amf0Reader(*value).readString() : std::nullopt;
}

std::optional<double> amf0NumberField(std::span<const uint8_t> object, std::string_view name) {
    const auto value = amf0Field(object, name);
    return value ? Amf0Reader(*value).readNumber() : std::nullopt;
}

std::optional<bool> amf0BooleanField(std::span<const uint8_t> object, std::string_view name) {
    const auto value = amf0Field(object, name);
    return value ? Amf0Reader(*value).readBoolean() : std::nullopt;
}

} // namespace srsproxy::rtmp
