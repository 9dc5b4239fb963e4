#include "plugins/common/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "plugins/common/crc32c.h"

namespace srsproxy {
namespace {

constexpr std::string_view LineStart = "PROXY ";
constexpr std::array<uint8_t, 12> Signature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                            0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr size_t FixedBytes = 16; ///< signature, version and command, family, length
constexpr size_t TlvHeadBytes = 3;

constexpr uint8_t Version2Local = 0x20;
constexpr uint8_t Version2Proxy = 0x21;

/// The address family, in the upper half of the byte that also has the transport.
enum Family : uint8_t { FamilyUnspec = 0, FamilyInet = 1, FamilyInet6 = 2, FamilyUnix = 3 };
constexpr uint8_t LastTransport = 2; ///< 0 unspecified, 1 stream, 2 datagram

/// Of an address block: both addresses, and the ports where there are any.
constexpr size_t InetBytes = 2 * 4 + 2 * 2;
constexpr size_t Inet6Bytes = 2 * 16 + 2 * 2;
constexpr size_t UnixBytes = 2 * 108;

constexpr uint8_t TlvCrc32c = 0x03;
constexpr uint8_t TlvUniqueId = 0x05;
constexpr uint8_t TlvSsl = 0x20;
constexpr size_t MaxUniqueIdBytes = 128;
constexpr size_t SslHeadBytes = 5; ///< client flags, verify

constexpr std::string_view NoHeader = "does not begin with a PROXY header";

ProxyHeader failed(std::string_view why) {
    ProxyHeader header;
    header.state = ProxyHeader::Failed;
    header.error = why;
    return header;
}

ProxyHeader realPeer(size_t bytes) {
    ProxyHeader header;
    header.state = ProxyHeader::Done;
    header.bytes = bytes;
    return header;
}

uint16_t load16(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

// --- version 1 --------------------------------------------------------------------------------

/// Up to the next space, which is taken away with it. Nothing when there is no space.
std::optional<std::string_view> takeWord(std::string_view& line) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(space + 1);
    return word;
}

std::optional<uint16_t> parsePort(std::string_view text) {
    uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, port);
    if (code != std::errc{} || stop != end || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return port;
}

/// Of size 0 unless `text` is a whole address of that family. inet_pton refuses leading zeros.
SocketAddress parseAddress(int family, std::string_view text, uint16_t port) {
    if (text.find('\0') != std::string_view::npos) {
        return {};
    }
    const SocketAddress address = socketAddress(text, port);
    return address.storage.ss_family == family ? address : SocketAddress{};
}

ProxyHeader parseAddresses(int family, std::string_view line, size_t bytes) {
    const auto source = takeWord(line);
    const auto destination = source ? takeWord(line) : std::nullopt;
    const auto sourceWord = destination ? takeWord(line) : std::nullopt;
    if (!sourceWord) {
        return failed("has a PROXY line with too few fields");
    }
    const auto sourcePort = parsePort(*sourceWord);
    const auto destinationPort = parsePort(line);
    if (!sourcePort || !destinationPort) {
        return failed("has a PROXY line with a bad port");
    }
    ProxyHeader header = realPeer(bytes);
    header.source = parseAddress(family, *source, *sourcePort);
    header.destination = parseAddress(family, *destination, *destinationPort);
    if (header.source.size == 0 || header.destination.size == 0) {
        return failed("has a PROXY line with a bad address");
    }
    return header;
}

/// Requires: the bytes begin as LineStart does.
ProxyHeader parseLine(std::span<const uint8_t> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                                std::min(bytes.size(), MaxProxyLineBytes));
    const size_t end = text.find_first_of("\r\n");
    if (end == std::string_view::npos || (text[end] == '\r' && end + 1 == text.size())) {
        return text.size() < MaxProxyLineBytes
                   ? ProxyHeader{}
                   : failed("has a PROXY line without CRLF in its first 107 bytes");
    }
    if (text.substr(end, 2) != "\r\n") {
        return failed("has a PROXY line that does not end with CRLF");
    }
    std::string_view line = text.substr(LineStart.size(), end - LineStart.size());
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) {
        return realPeer(end + 2);
    }
    const auto protocol = takeWord(line);
    if (protocol == "TCP4") {
        return parseAddresses(AF_INET, line, end + 2);
    }
    if (protocol == "TCP6") {
        return parseAddresses(AF_INET6, line, end + 2);
    }
    return failed("has a PROXY line of another protocol than TCP4, TCP6 and UNKNOWN");
}

// --- version 2 --------------------------------------------------------------------------------

/// Calls `visit(type, value)` for each; false when one does not fit or `visit` says so.
template <typename Visit> bool walkTlvs(std::span<const uint8_t> bytes, Visit visit) {
    while (!bytes.empty()) {
        if (bytes.size() < TlvHeadBytes) {
            return false;
        }
        const size_t length = load16(bytes, 1);
        if (length > bytes.size() - TlvHeadBytes ||
            !visit(bytes[0], bytes.subspan(TlvHeadBytes, length))) {
            return false;
        }
        bytes = bytes.subspan(TlvHeadBytes + length);
    }
    return true;
}

bool isGoodSsl(std::span<const uint8_t> value) {
    return value.size() >= SslHeadBytes &&
           walkTlvs(value.subspan(SslHeadBytes), [](uint8_t, auto) { return true; });
}

/// Nothing is wrong: empty. `at` is where the TLVs begin in `header`, which ends with them.
std::string_view checkTlvs(std::span<const uint8_t> header, size_t at) {
    std::span<const uint8_t> checksum;
    const bool fit = walkTlvs(header.subspan(at), [&checksum](uint8_t type, auto value) {
        switch (type) {
        case TlvCrc32c:
            if (!checksum.empty() || value.size() != 4) {
                return false;
            }
            checksum = value;
            return true;
        case TlvUniqueId:
            return value.size() <= MaxUniqueIdBytes;
        case TlvSsl:
            return isGoodSsl(value);
        default:
            return true;
        }
    });
    if (!fit) {
        return "has a PROXY header with malformed TLVs";
    }
    if (checksum.empty()) {
        return {};
    }
    constexpr std::array<uint8_t, 4> Zeros{};
    const auto before = header.first(static_cast<size_t>(checksum.data() - header.data()));
    Crc32c crc;
    crc.add(before);
    crc.add(Zeros);
    crc.add(header.subspan(before.size() + Zeros.size()));
    const uint32_t told = static_cast<uint32_t>(load16(checksum, 0)) << 16 | load16(checksum, 2);
    return crc.value() == told ? std::string_view()
                               : "has a PROXY header with a wrong CRC32c checksum";
}

SocketAddress inetAddress(const uint8_t* address, const uint8_t* port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address, sizeof v4.sin_addr);
    std::memcpy(&v4.sin_port, port, sizeof v4.sin_port);
    SocketAddress result;
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
    return result;
}

SocketAddress inet6Address(const uint8_t* address, const uint8_t* port) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address, sizeof v6.sin6_addr);
    std::memcpy(&v6.sin6_port, port, sizeof v6.sin6_port);
    SocketAddress result;
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
    return result;
}

/// Requires: the bytes begin as Signature does, and are more.
ProxyHeader parseBinary(std::span<const uint8_t> bytes) {
    const uint8_t versionAndCommand = bytes[Signature.size()];
    const bool local = versionAndCommand == Version2Local;
    if (!local && versionAndCommand != Version2Proxy) {
        return failed("has a PROXY header of another version than 2, or an unknown command");
    }
    if (bytes.size() < FixedBytes) {
        return {};
    }
    const uint8_t family = bytes[13] >> 4;
    const uint8_t transport = bytes[13] & 0x0F;
    if (!local && (family > FamilyUnix || transport > LastTransport)) {
        return failed("has a PROXY header of an unknown address family or transport");
    }
    const size_t length = FixedBytes + load16(bytes, 14);
    if (length > MaxProxyHeaderBytes) {
        return failed("has a PROXY header of more than 4096 bytes");
    }
    constexpr size_t AddressBytes[] = {0, InetBytes, Inet6Bytes, UnixBytes};
    const bool opaque = local || family == FamilyUnspec || transport == 0;
    const size_t tlvs = FixedBytes + (opaque ? 0 : AddressBytes[family]);
    if (length < tlvs) {
        return failed("has a PROXY header too short for its addresses");
    }
    if (bytes.size() < length) {
        return {};
    }
    ProxyHeader header = realPeer(length);
    if (opaque) {
        return header;
    }
    if (const auto wrong = checkTlvs(bytes.first(length), tlvs); !wrong.empty()) {
        return failed(wrong);
    }
    const uint8_t* const block = bytes.data() + FixedBytes;
    if (family == FamilyInet) {
        header.source = inetAddress(block, block + 8);
        header.destination = inetAddress(block + 4, block + 10);
    } else if (family == FamilyInet6) {
        header.source = inet6Address(block, block + 32);
        header.destination = inet6Address(block + 16, block + 34);
    }
    return header;
}

} // namespace

ProxyHeader parseProxyHeader(std::span<const uint8_t> bytes) {
    if (bytes.empty()) {
        return {};
    }
    const auto beginsAs = [bytes](const auto& start) {
        return std::equal(
            bytes.begin(),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), start.size())),
            start.begin(),
            [](uint8_t byte, auto wanted) { return byte == static_cast<uint8_t>(wanted); });
    };
    if (beginsAs(LineStart)) {
        return bytes.size() > LineStart.size() ? parseLine(bytes) : ProxyHeader{};
    }
    if (beginsAs(Signature)) {
        return bytes.size() > Signature.size() ? parseBinary(bytes) : ProxyHeader{};
    }
    return failed(NoHeader);
}

} // namespace srsproxy
