"""Headers of the PROXY protocol, versions 1 and 2."""

import struct

V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(line):
    return line.encode() + b"\r\n"


def v2(command, family, body):
    return V2_SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


def ipv4(host, port, extra=b""):
    return bytes(map(int, host.split("."))) + bytes([127, 0, 0, 1]) + \
        struct.pack(">HH", port, 1935) + extra


#: By name: the header, and the client that it names; None: the peer itself.
GOOD = {
    "v1 of IPv4": (v1("PROXY TCP4 198.51.100.7 127.0.0.1 4711 1935"), "198.51.100.7:4711"),
    "v1 of IPv6": (v1("PROXY TCP6 2001:db8::7 ::1 4711 1935"), "[2001:db8::7]:4711"),
    "v1 unknown": (v1("PROXY UNKNOWN"), None),
    "v2 of IPv4": (v2(1, 0x11, ipv4("198.51.100.7", 4711)), "198.51.100.7:4711"),
    "v2 with TLVs": (v2(1, 0x11, ipv4("198.51.100.7", 4711, b"\x04\x00\x03abc")),
                     "198.51.100.7:4711"),
    "v2 local": (v2(0, 0, b""), None),
}
