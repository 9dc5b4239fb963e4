#include "core/api/chunked_body.h"

namespace srsproxy {
namespace {

/// 16 for what is no hexadecimal digit.
uint32_t digitValue(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<uint32_t>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<uint32_t>(lower - 'a' + 10) : 16;
}

} // namespace

ChunkedBody::State ChunkedBody::feedSize(char byte) {
    constexpr uint32_t MaxDigits = 8;
    if (const uint32_t digit = digitValue(byte); digit < 16) {
        left_ = left_ * 16 + digit;
        return ++digits_ <= MaxDigits ? State::More : State::Malformed;
    }
    if (digits_ == 0) {
        return State::Malformed;
    }
    if (byte == '\r') {
        part_ = Part::SizeEnd;
        return State::More;
    }
    part_ = Part::Extension;
    return byte == ';' || byte == ' ' || byte == '\t' ? State::More : State::Malformed;
}

ChunkedBody::State ChunkedBody::sizeDone() {
    if (left_ > limit_ - body_.size()) {
        return State::TooLarge;
    }
    part_ = left_ == 0 ? Part::Trailer : Part::Data;
    digits_ = 0;
    return State::More;
}

ChunkedBody::State ChunkedBody::feed(char byte) {
    if (state_ != State::More) {
        return state_;
    }
    const auto expect = [&](char wanted, Part next) {
        part_ = next;
        return byte == wanted ? State::More : State::Malformed;
    };
    switch (part_) {
    case Part::Size:
        state_ = feedSize(byte);
        break;
    case Part::Extension:
        part_ = byte == '\r' ? Part::SizeEnd : Part::Extension;
        state_ = byte == '\n' ? State::Malformed : State::More;
        break;
    case Part::SizeEnd:
        state_ = byte == '\n' ? sizeDone() : State::Malformed;
        break;
    case Part::Data:
        body_ += byte;
        part_ = --left_ == 0 ? Part::DataReturn : Part::Data;
        break;
    case Part::DataReturn:
        state_ = expect('\r', Part::DataEnd);
        break;
    case Part::DataEnd:
        state_ = expect('\n', Part::Size);
        break;
    case Part::Trailer: // read and dropped, up to an empty line
        if (byte == '\r') {
            part_ = Part::TrailerEnd;
        } else {
            lineEmpty_ = false;
            state_ = byte == '\n' ? State::Malformed : State::More;
        }
        break;
    case Part::TrailerEnd:
        state_ = byte != '\n' ? State::Malformed : lineEmpty_ ? State::Done : State::More;
        part_ = Part::Trailer;
        lineEmpty_ = true;
        break;
    }
    return state_;
}

} // namespace srsproxy
