#include "plugins/rtmp/codec/chunk_header.h"

#include "plugins/rtmp/codec/byte_order.h"

#include <algorithm>

namespace srsproxy::rtmp {

namespace {

size_t encodeBasic(uint8_t* out, uint8_t format, uint32_t csid) {
    const auto top = static_cast<uint8_t>(format << 6);
    if (csid < 64) {
        out[0] = static_cast<uint8_t>(top | csid);
        return 1;
    }
    const uint32_t id = csid - 64;
    if (id < 256) {
        out[0] = top;
        out[1] = static_cast<uint8_t>(id);
        return 2;
    }
    out[0] = static_cast<uint8_t>(top | 1);
    out[1] = static_cast<uint8_t>(id);
    out[2] = static_cast<uint8_t>(id >> 8);
    return 3;
}

} // namespace

BasicHeader decodeLongBasicHeader(std::span<const uint8_t> bytes) {
    BasicHeader header;
    if (bytes.empty()) {
        return header;
    }
    header.format = static_cast<uint8_t>(bytes[0] >> 6);
    const uint32_t form = bytes[0] & 0x3F;
    if (form == 0 && bytes.size() >= 2) {
        header.csid = 64U + bytes[1];
        header.size = 2;
    } else if (form == 1 && bytes.size() >= 3) {
        header.csid = 64U + bytes[1] + bytes[2] * 256U;
        header.size = 3;
    }
    return header;
}

MessageHeader decodeMessageHeader(uint8_t format, std::span<const uint8_t> bytes) {
    static constexpr uint8_t Sizes[] = {11, 7, 3};
    MessageHeader header;
    const uint8_t size = Sizes[format];
    if (bytes.size() < size) {
        return header;
    }
    const uint8_t* p = bytes.data();
    header.timestampField = load24(p);
    if (format <= 1) {
        header.length = load24(p + 3);
        header.type = p[6];
    }
    if (format == 0) {
        const uint8_t* id = p + StreamIdOffset;
        header.streamId = id[0] | (static_cast<uint32_t>(id[1]) << 8) |
                          (static_cast<uint32_t>(id[2]) << 16) |
                          (static_cast<uint32_t>(id[3]) << 24);
    }
    if (header.timestampField != ExtendedMark) {
        header.size = size;
    } else if (bytes.size() >= size + 4U) {
        header.timestampField = load32(p + size);
        header.extended = true;
        header.size = static_cast<uint8_t>(size + 4);
    }
    return header;
}

RepeatedTimestamp findRepeatedTimestamp(std::span<const uint8_t> bytes, uint32_t expected) {
    uint8_t wanted[4];
    store32(wanted, expected);
    const size_t count = std::min(bytes.size(), sizeof(wanted));
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count), wanted)) {
        return RepeatedTimestamp::Absent;
    }
    return count == sizeof(wanted) ? RepeatedTimestamp::Present : RepeatedTimestamp::NeedMore;
}

size_t encodeType0(uint8_t* out, uint32_t csid, uint32_t timestampMs, uint32_t length, uint8_t type,
                   uint32_t streamId) {
    const size_t basic = encodeBasic(out, 0, csid);
    uint8_t* p = out + basic;
    store24(p, std::min(timestampMs, ExtendedMark));
    store24(p + 3, length);
    p[6] = type;
    storeStreamId(p + StreamIdOffset, streamId);
    if (timestampMs < ExtendedMark) {
        return basic + 11;
    }
    store32(p + 11, timestampMs);
    return basic + 15;
}

size_t encodeType2(uint8_t* out, uint32_t csid, uint32_t deltaMs) {
    const size_t basic = encodeBasic(out, 2, csid);
    store24(out + basic, std::min(deltaMs, ExtendedMark));
    if (deltaMs < ExtendedMark) {
        return basic + 3;
    }
    store32(out + basic + 3, deltaMs);
    return basic + 7;
}

size_t encodeType3(uint8_t* out, uint32_t csid, bool extended, uint32_t timestampField) {
    const size_t basic = encodeBasic(out, 3, csid);
    if (!extended) {
        return basic;
    }
    store32(out + basic, timestampField);
    return basic + 4;
}

void storeStreamId(uint8_t* out, uint32_t streamId) {
    out[0] = static_cast<uint8_t>(streamId);
    out[1] = static_cast<uint8_t>(streamId >> 8);
    out[2] = static_cast<uint8_t>(streamId >> 16);
    out[3] = static_cast<uint8_t>(streamId >> 24);
}

} // namespace srsproxy::rtmp
