#include "plugins/common/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

#include "plugins/common/crc32c.h"

namespace srsproxy {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

std::string text(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

const std::string Signature("\r\n\r\n\0\r\nQUIT\n", 12);

/// A header of version 2 whose length field is right.
Bytes binary(uint8_t versionAndCommand, uint8_t family, const Bytes& block) {
    Bytes header = bytes(Signature);
    header.insert(header.end(), {versionAndCommand, family, static_cast<uint8_t>(block.size() >> 8),
                                 static_cast<uint8_t>(block.size())});
    header.insert(header.end(), block.begin(), block.end());
    return header;
}

const Bytes Inet{10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0x07, 0x8F};

Bytes inetWith(const Bytes& tlvs) {
    Bytes block = Inet;
    block.insert(block.end(), tlvs.begin(), tlvs.end());
    return binary(0x21, 0x11, block);
}

Bytes inet6() {
    Bytes block(36);
    block[0] = 0x20;
    block[1] = 0x01;
    block[15] = 1;
    block[31] = 1; // ::1
    block[33] = 7;
    block[35] = 9;
    return block;
}

std::string shown(const SocketAddress& address) {
    return address.size == 0 ? "" : toString(address);
}

/// Every shorter beginning wants more, and what follows the header is left alone.
void expectHeader(const Bytes& header, const char* source, const char* destination) {
    for (size_t size = 0; size < header.size(); ++size) {
        EXPECT_EQ(parseProxyHeader(std::span(header).first(size)).state, ProxyHeader::NeedMore)
            << "first " << size << " bytes of " << text(header);
    }
    for (const std::string_view more : {"", "\x03", "\r\n", "PROXY "}) {
        Bytes input = header;
        input.insert(input.end(), more.begin(), more.end());
        const ProxyHeader parsed = parseProxyHeader(input);
        ASSERT_EQ(parsed.state, ProxyHeader::Done) << text(header) << ": " << parsed.error;
        EXPECT_EQ(parsed.bytes, header.size());
        EXPECT_EQ(shown(parsed.source), source);
        EXPECT_EQ(shown(parsed.destination), destination);
    }
}

void expectFailed(const Bytes& input, std::string_view why) {
    const ProxyHeader parsed = parseProxyHeader(input);
    EXPECT_EQ(parsed.state, ProxyHeader::Failed) << text(input);
    EXPECT_NE(parsed.error.find(why), std::string_view::npos)
        << text(input) << ": " << parsed.error;
}

TEST(ProxyProtocol, ReadsLines) {
    const struct {
        const char* line;
        const char* source;
        const char* destination;
    } rows[] = {
        {"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324",
         "192.168.0.11:443"},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
         "255.255.255.255:65535"},
        {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0"},
        {"PROXY TCP6 2001:db8::1 ::1 7 9\r\n", "[2001:db8::1]:7", "[::1]:9"},
        {"PROXY TCP6 2001:DB8::1 ::1 7 9\r\n", "[2001:db8::1]:7", "[::1]:9"},
        {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
        {"PROXY TCP6 ::ffff:1.2.3.4 ::1 7 9\r\n", "1.2.3.4:7", "[::1]:9"},
        {"PROXY UNKNOWN\r\n", "", ""},
        {"PROXY UNKNOWN \r\n", "", ""},
        {"PROXY UNKNOWN whatever 1.2.3.4\r\n", "", ""},
        {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", // 107 bytes, the longest
         "", ""},
    };
    for (const auto& row : rows) {
        expectHeader(bytes(row.line), row.source, row.destination);
    }
}

TEST(ProxyProtocol, RefusesLinesThatAreNotExact) {
    const std::string good = "PROXY TCP4 1.2.3.4 5.6.7.8 1 2";
    const struct {
        std::string line;
        const char* why;
    } rows[] = {
        {good + "\n", "CRLF"},
        {good + "\rx", "CRLF"},
        {good + "\r\r\n", "CRLF"},
        {"PROXY UNKNOWN \n\r\n", "CRLF"},
        {"PROXY UNKNOWN" + std::string(93, ' ') + "\r\n", "107"}, // 108 bytes
        {"PROXY UNKNOWN" + std::string(200, ' '), "107"},
        {"PROXY UNKNOWNS\r\n", "protocol"},
        {"PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", "protocol"},
        {"PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", "protocol"},
        {"PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "protocol"},
        {"PROXY \r\n", "protocol"},
        {"PROXY TCP4\r\n", "protocol"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "fields"},
        {"PROXY TCP4 1.2.3.4\r\n", "fields"},
        {good + " \r\n", "port"},
        {good + " 3\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8  1 2\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 1 00\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", "port"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n", "port"},
        {"PROXY TCP4 1.2.3.4  1 2\r\n", "address"},
        {"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", "address"},
        {"PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", "address"},
        {"PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n", "address"},
        {"PROXY TCP4 1.2.3.4.5 5.6.7.8 1 2\r\n", "address"},
        {"PROXY TCP4 ::1 ::1 1 2\r\n", "address"},
        {"PROXY TCP4 1.2.3.4 ::1 1 2\r\n", "address"},
        {"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", "address"},
        {"PROXY TCP6 ::1 ::g 1 2\r\n", "address"},
        {"PROXY TCP6 ::1 1::2::3 1 2\r\n", "address"},
        {"PROXY TCP6 [::1] ::1 1 2\r\n", "address"},
        {"PROXY TCP6 fe80::1%lo ::1 1 2\r\n", "address"},
        {std::string("PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2\r\n", 33), "address"},
    };
    for (const auto& row : rows) {
        expectFailed(bytes(row.line), row.why);
    }
}

TEST(ProxyProtocol, RefusesWhatIsNoHeaderAtItsFirstWrongByte) {
    const struct {
        std::string input;
        size_t good; ///< bytes with which a header could begin
    } rows[] = {
        {"\x03", 0},       {"GET / HTTP/1.1", 0}, {"\x16\x03\x01", 0},
        {"proxy TCP4", 0}, {"PROXX TCP4", 4},     {"PROXY\tTCP4", 5},
        {"\r\nGET", 2},    {"\r\n\r\n\r\n", 4},   {Signature.substr(0, 11) + "x", 11},
    };
    for (const auto& row : rows) {
        for (size_t size = 0; size <= row.input.size(); ++size) {
            const ProxyHeader parsed = parseProxyHeader(bytes(row.input.substr(0, size)));
            EXPECT_EQ(parsed.state, size <= row.good ? ProxyHeader::NeedMore : ProxyHeader::Failed)
                << row.input << ", " << size << " bytes";
        }
        expectFailed(bytes(row.input), "does not begin with a PROXY header");
    }
}

TEST(ProxyProtocol, ReadsBinaryHeaders) {
    const struct {
        Bytes header;
        const char* source;
        const char* destination;
    } rows[] = {
        {binary(0x21, 0x11, Inet), "10.0.0.1:12345", "10.0.0.2:1935"},
        {binary(0x21, 0x12, Inet), "10.0.0.1:12345", "10.0.0.2:1935"}, // UDP
        {binary(0x21, 0x21, inet6()), "[2001::1]:7", "[::1]:9"},
        {binary(0x21, 0x22, inet6()), "[2001::1]:7", "[::1]:9"},
        {binary(0x21, 0x31, Bytes(216, 'u')), "", ""}, // UNIX
        {binary(0x21, 0x32, Bytes(216, 'u')), "", ""},
        {binary(0x21, 0x00, {}), "", ""}, // UNSPEC
        {binary(0x21, 0x00, Bytes(77, 0xFF)), "", ""},
        {binary(0x21, 0x10, Inet), "", ""},
        {binary(0x21, 0x01, Inet), "", ""},
        {binary(0x20, 0x00, {}), "", ""}, // LOCAL
        {binary(0x20, 0x11, Inet), "", ""},
        {binary(0x20, 0xFF, Bytes(5, 0xFF)), "", ""}, // its family is ignored
        {binary(0x20, 0x00, Bytes(4080, 0)), "", ""}, // the longest
    };
    for (const auto& row : rows) {
        expectHeader(row.header, row.source, row.destination);
    }
}

TEST(ProxyProtocol, RefusesBadBinaryHeaders) {
    Bytes tooLong = binary(0x21, 0x11, Inet);
    tooLong[14] = 0x0F;
    tooLong[15] = 0xF1; // 4081: one byte over
    const struct {
        Bytes header;
        const char* why;
    } rows[] = {
        {binary(0x11, 0x11, Inet), "version"},
        {binary(0x31, 0x11, Inet), "version"},
        {binary(0x22, 0x11, Inet), "command"},
        {binary(0x2F, 0x11, Inet), "command"},
        {binary(0x21, 0x41, Inet), "family"},
        {binary(0x21, 0xF1, Inet), "family"},
        {binary(0x21, 0x13, Inet), "transport"},
        {binary(0x21, 0x0F, Inet), "transport"},
        {binary(0x21, 0x11, {}), "too short"},
        {binary(0x21, 0x11, Bytes(11)), "too short"},
        {binary(0x21, 0x21, Inet), "too short"},
        {binary(0x21, 0x31, Bytes(215)), "too short"},
        {tooLong, "4096"},
    };
    for (const auto& row : rows) {
        expectFailed(row.header, row.why);
    }
    // As soon as it can be known, so that nothing is waited for in vain.
    expectFailed(bytes(Signature + "\x11"), "version");
    Bytes start(tooLong.begin(), tooLong.begin() + 16);
    expectFailed(start, "4096");
}

TEST(ProxyProtocol, WalksTlvs) {
    const struct {
        const char* name;
        Bytes tlvs;
        bool good;
    } rows[] = {
        {"NOOP", {4, 0, 0}, true},
        {"unknown type", {0xE0, 0, 2, 1, 2, 0xEE, 0, 0}, true},
        {"half a head", {4, 0}, false},
        {"one byte behind", {4, 0, 0, 4}, false},
        {"value beyond the end", {4, 0, 3, 1, 2}, false},
        {"value far beyond the end", {4, 0xFF, 0xFF, 1, 2}, false},
        {"SSL of HAProxy", {0x20, 0, 11, 7, 0, 0, 0, 0, 0x21, 0, 3, 'T', 'L', 'S'}, true},
        {"SSL without TLVs of its own", {0x20, 0, 5, 1, 0, 0, 0, 0}, true},
        {"SSL too short", {0x20, 0, 4, 1, 0, 0, 0}, false},
        {"SSL with a TLV beyond its end", {0x20, 0, 8, 1, 0, 0, 0, 0, 0x21, 0, 1}, false},
        {"checksum too short", {3, 0, 3, 0, 0, 0}, false},
        {"checksum too long", {3, 0, 5, 0, 0, 0, 0, 0}, false},
        {"two checksums", {3, 0, 4, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0}, false},
    };
    for (const auto& row : rows) {
        const ProxyHeader parsed = parseProxyHeader(inetWith(row.tlvs));
        EXPECT_EQ(parsed.state, row.good ? ProxyHeader::Done : ProxyHeader::Failed) << row.name;
        EXPECT_NE(parsed.error.find("TLV") != std::string_view::npos, row.good) << row.name;
    }
    Bytes uniqueId{5, 0, 128};
    uniqueId.resize(3 + 128);
    EXPECT_EQ(parseProxyHeader(inetWith(uniqueId)).state, ProxyHeader::Done);
    uniqueId[2] = 129;
    uniqueId.push_back(0);
    expectFailed(inetWith(uniqueId), "TLV");
    // Behind the addresses of a UNIX socket, too.
    Bytes unixBlock(216 + 2);
    expectFailed(binary(0x21, 0x31, unixBlock), "TLV");
}

TEST(ProxyProtocol, ChecksTheChecksum) {
    // As an AWS network load balancer sends it: checksum, endpoint's id, padding.
    Bytes header =
        binary(0x21, 0x11, {0xAC, 0x1F, 0x07, 0x71, 0xAC, 0x1F, 0x0A, 0x1F, 0xC8, 0xF2, 0x00, 0x50,
                            0x03, 0x00, 0x04, 0xE8, 0xD6, 0x89, 0x2D, 0xEA, 0x00, 0x17, 0x01});
    const Bytes id = bytes("vpce-08d2bf15fac5001c9");
    header.insert(header.end(), id.begin(), id.end());
    header.insert(header.end(), {0x04, 0x00, 0x24});
    header.resize(header.size() + 0x24);
    header[15] = 0x54;
    expectHeader(header, "172.31.7.113:51442", "172.31.10.31:80");
    for (const size_t at : {16u, 32u, 99u}) {
        Bytes bent = header;
        bent[at] ^= 1;
        expectFailed(bent, "CRC32c");
    }
}

TEST(ProxyProtocol, ReadsWhatHaproxySends) {
    // HAProxy 2.6: send-proxy-v2 with proxy-v2-options crc32c.
    Bytes block(32);
    block[15] = block[31] = 1; // from ::1 to ::1
    const Bytes portsAndTlv{0x87, 0x22, 0x72, 0xDB, 0x03, 0x00, 0x04, 0xEF, 0x4B, 0x63, 0xF0};
    block.insert(block.end(), portsAndTlv.begin(), portsAndTlv.end());
    expectHeader(binary(0x21, 0x21, block), "[::1]:34594", "[::1]:29403");
    // Its health check, check-send-proxy: TLVs without addresses.
    expectHeader(binary(0x20, 0x00, {0x03, 0x00, 0x04, 0xA9, 0xB8, 0x7E, 0x8F}), "", "");
}

TEST(ProxyProtocol, Crc32cOfTheCheckString) {
    const Bytes input = bytes("123456789");
    Crc32c whole;
    whole.add(input);
    EXPECT_EQ(whole.value(), 0xE3069283u);
    Crc32c parts;
    parts.add(std::span(input).first(4));
    parts.add(std::span(input).subspan(4));
    EXPECT_EQ(parts.value(), 0xE3069283u);
}

TEST(ProxyProtocol, WritesLines) {
    const SocketAddress unix{};
    const struct {
        SocketAddress source;
        SocketAddress destination;
        const char* line;
    } rows[] = {
        {socketAddress("1.2.3.4", 5), socketAddress("6.7.8.9", 1935),
         "PROXY TCP4 1.2.3.4 6.7.8.9 5 1935\r\n"},
        {socketAddress("::ffff:1.2.3.4", 5), socketAddress("6.7.8.9", 1935),
         "PROXY TCP4 1.2.3.4 6.7.8.9 5 1935\r\n"},
        {socketAddress("2001:db8::1", 5), socketAddress("::1", 1935),
         "PROXY TCP6 2001:db8::1 ::1 5 1935\r\n"},
        {socketAddress("2001:db8::1", 5), socketAddress("6.7.8.9", 1935),
         "PROXY TCP6 2001:db8::1 ::ffff:6.7.8.9 5 1935\r\n"},
        {socketAddress("1.2.3.4", 5), socketAddress("::1", 1935),
         "PROXY TCP6 ::ffff:1.2.3.4 ::1 5 1935\r\n"},
        {unix, socketAddress("::1", 1935), "PROXY UNKNOWN\r\n"},
        {socketAddress("1.2.3.4", 5), unix, "PROXY UNKNOWN\r\n"},
        {unix, unix, "PROXY UNKNOWN\r\n"},
    };
    for (const auto& row : rows) {
        Bytes out;
        appendProxyV1(row.source, row.destination, out);
        EXPECT_EQ(text(out), row.line);
        EXPECT_EQ(parseProxyHeader(out).state, ProxyHeader::Done);
    }
}

TEST(ProxyProtocol, WritesBinaryHeaders) {
    const SocketAddress unix{};
    const struct {
        SocketAddress source;
        SocketAddress destination;
        uint8_t family;
        const char* shownSource;
        const char* shownDestination;
    } rows[] = {
        {socketAddress("1.2.3.4", 5), socketAddress("6.7.8.9", 1935), 0x11, "1.2.3.4:5",
         "6.7.8.9:1935"},
        {socketAddress("::ffff:1.2.3.4", 5), socketAddress("6.7.8.9", 1935), 0x11, "1.2.3.4:5",
         "6.7.8.9:1935"},
        {socketAddress("2001:db8::1", 5), socketAddress("::1", 1935), 0x21, "[2001:db8::1]:5",
         "[::1]:1935"},
        // Of two families the IPv4 one is mapped.
        {socketAddress("2001:db8::1", 5), socketAddress("6.7.8.9", 1935), 0x21, "[2001:db8::1]:5",
         "6.7.8.9:1935"},
        {socketAddress("1.2.3.4", 5), socketAddress("::1", 1935), 0x21, "1.2.3.4:5", "[::1]:1935"},
        {unix, socketAddress("::1", 1935), 0x00, "", ""},
        {socketAddress("1.2.3.4", 5), unix, 0x00, "", ""},
    };
    for (const auto& row : rows) {
        Bytes out;
        appendProxyV2(row.source, row.destination, out);
        ASSERT_GE(out.size(), 16u);
        EXPECT_EQ(out[12], 0x21);
        EXPECT_EQ(out[13], row.family);
        expectHeader(out, row.shownSource, row.shownDestination);
    }
    Bytes out;
    appendProxyV2(socketAddress("10.0.0.1", 12345), socketAddress("10.0.0.2", 1935), out);
    EXPECT_EQ(out, binary(0x21, 0x11, Inet));
}

} // namespace
} // namespace srsproxy
