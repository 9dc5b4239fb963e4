#!/usr/bin/env python3
"""Writes the seed corpora of the RTMP fuzz targets.

usage: seed_rtmp.py <output folder> <fixtures folder>
Makes <output>/rtmp_handshake, rtmp_chunk, rtmp_amf0, rtmp_capabilities, rtmp_media_tag,
rtmp_relay and rtmp_replay from the captured conversations in <fixtures>/rtmp, and a few streams that
real peers seldom send.
"""
import pathlib
import struct
import sys

HANDSHAKE = 1 + 2 * 1536
# Of rtmp_relay: passed as it is; from the command phase on, with everything that can happen.
PLANS = (bytes([1, 0, 0, 255, 0, 5, 1] + [0] * 6 + [127, 0, 0]),
         bytes([7, 200, 0, 30, 25, 1, 9, 29, 20, 0, 0, 0, 40, 3, 0, 0]),
         bytes([3, 0, 0, 60, 10, 7, 1, 6, 10, 15, 44, 1, 0, 100, 0, 4]),
         bytes([5, 0, 0, 20, 0, 3, 1, 16, 30, 0, 90, 0, 9, 0, 1, 0]))
# Of rtmp_replay: one death; two, in small pieces; one with little memory.
REPLAY_PLANS = (bytes([1, 255, 0, 0, 200, 0, 50, 0, 0, 0]),
                bytes([2, 2, 0, 30, 150, 0, 40, 0, 60, 0x80]),
                bytes([3, 9, 5, 200, 0, 2, 0, 0, 0, 0]))
MAX_STREAM = 6000  # short seeds fuzz faster


def number(value):
    return b"\x00" + struct.pack(">d", value)


def text(value):
    return b"\x02" + struct.pack(">H", len(value)) + value.encode()


def key(name):
    return struct.pack(">H", len(name)) + name.encode()


def chunk0(csid, time, kind, stream, payload, length=None):
    length = len(payload) if length is None else length
    return (bytes([csid]) + struct.pack(">I", time)[1:] + struct.pack(">I", length)[1:]
            + bytes([kind]) + struct.pack("<I", stream) + payload)


def extended0(csid, time, kind, stream, payload, length):
    return (bytes([csid]) + b"\xff\xff\xff" + struct.pack(">I", length)[1:] + bytes([kind])
            + struct.pack("<I", stream) + struct.pack(">I", time) + payload)


def streams():
    size = chunk0(2, 0, 1, 0, struct.pack(">I", 16))
    mark = struct.pack(">I", 0x01000005)
    yield size + chunk0(4, 0, 9, 1, b"v" * 16, 40) + b"\xc4" + b"v" * 16 + b"\xc4" + b"v" * 8
    # extended timestamps: repeated, not repeated, and a type 3 start
    yield size + extended0(4, 0x01000005, 9, 1, b"v" * 16, 20) + b"\xc4" + mark + b"vvvv"
    yield size + extended0(4, 0x01000005, 9, 1, b"v" * 16, 20) + b"\xc4" + b"vvvv" + b"\xc4" + mark
    # command in between on the same chunk stream, then type 1, 2 and 3 starts
    yield (chunk0(4, 10, 9, 1, b"vv") + b"\x44\0\0\x05\0\0\x02\x14ab" + b"\x44\0\0\x05\0\0\x02\x09vv"
           + b"\x84\0\0\x07vv" + b"\xc4vv")
    # two and three byte ids, abort, zero length, first type 1
    yield b"\x00\x05" + chunk0(0, 1, 8, 1, b"aa")[1:] + b"\x01\x05\x01" + chunk0(0, 1, 8, 1, b"")[1:]
    yield size + chunk0(5, 0, 9, 1, b"v" * 16, 90) + chunk0(2, 0, 2, 0, b"\0\0\0\x05") + b"\xc5" * 2
    yield b"\x42\0\0\0\0\0\x0a\x04\0\x03\0\0\0\x01\0\0\x0b\xb8"


def values():
    connect = text("connect") + number(1) + b"\x03" + key("app") + text("live")
    yield connect + key("fourCcList") + b"\x0a\0\0\0\x02" + text("hvc1") + text("av01") + b"\0\0\x09"
    yield connect + key("x") + b"\x08\0\0\0\x63" + key("y") + number(2) + b"\0\0\x09" + b"\0\0\x09"
    yield connect + key("d") + b"\x0b" + b"\0" * 10 + key("r") + b"\x07\0\1" + key("u") + b"\x06\0\0\x09"
    yield connect + key("l") + b"\x0c\0\0\0\x03abc" + key("o") + b"\x0f\0\0\0\x01x" + b"\0\0\x09"
    yield connect + key("t") + b"\x10\0\x01c" + key("z") + b"\x05\0\0\x09" + b"\0\0\x09"
    yield b"\0" + text("connect") + number(3) + b"\x11\x0a\x0b\x01"
    yield text("deleteStream") + number(7) + b"\x05" + number(1)
    yield text("play") + number(4) + b"\x05" + text("s?token=1") + number(-2) + number(-1) + b"\x01\1"
    yield text("deep") + number(0) + (b"\x03" + key("a")) * 40
    yield text("deep") + number(0) + b"\x0a\0\0\0\1" * 40


def capabilities():
    """Pairs of objects, as two servers would answer."""
    listed = key("fourCcList") + b"\x0a\0\0\0\x02" + text("hvc1") + text("*")
    video = key("videoFourCcInfoMap") + b"\x03" + key("hvc1") + number(7) + key("*") + number(4) + b"\0\0\x09"
    audio = key("audioFourCcInfoMap") + b"\x08\0\0\0\x01" + key("Opus") + number(3) + b"\0\0\x09"
    numbers = key("capsEx") + number(15) + key("videoFunction") + number(1)
    whole = b"\x03" + listed + video + audio + numbers + b"\0\0\x09"
    yield whole + whole
    yield whole + b"\x03" + key("app") + text("live") + video + b"\0\0\x09"
    yield b"\x03" + listed + b"\0\0\x09" + b"\x03" + audio + numbers + b"\0\0\x09"


def tags():
    """First bytes of media messages, each with its message type."""
    yield from ((9, bytes([first, kind]) + b"\0\0\0\1") for first in (0x17, 0x27, 0x1c, 0x57)
                for kind in (0, 1, 2))
    yield from ((9, bytes([first | kind]) + b"hvc1\0\0\0\1") for first in (0x90, 0xa0, 0xd0)
                for kind in range(6))
    yield from ((8, bytes([first]) + b"\0Opus\1") for first in (0xaf, 0x2f, 0x90, 0x91, 0x92, 0x94))
    for first in (9, 0x96), (9, 0x97), (8, 0x95), (8, 0x97):
        for types in 0x00, 0x01, 0x10, 0x21:
            many = b"\0\0\1a\2\0\0\1b" if types & 0xF0 else b"a"
            yield first[0], bytes([first[1], types]) + b"avc1\1" + many
    for extension in b"\2abc\1", b"\2abc\7\0a\0", b"\xff\0\2abc\6\1":
        yield 9, b"\x97" + extension + b"av01\3"
    yield 18, text("@setDataFrame") + text("onMetaData") + b"\x08\0\0\0\0\0\0\x09"
    yield 15, b"\0\x11\6\x15onMetaData\x11\x0a"


def publish():
    """Two groups of pictures in small chunks, audio and a second video track in between."""
    yield chunk0(2, 0, 1, 0, struct.pack(">I", 30))
    yield chunk0(5, 0, 18, 1, text("onMetaData") + b"\x08\0\0\0\0\0\0\x09")
    for time in 0, 40:
        yield chunk0(6, time, 9, 1, b"\x17\0\0\0\0\1") + chunk0(4, time, 8, 1, b"\xaf\0\x12\x10")
        yield chunk0(6, time, 9, 1, b"\x17\1" + b"k" * 28, 70) + b"\xc6" + b"k" * 30
        yield chunk0(4, time + 5, 8, 1, b"\xaf\1\x21") + b"\xc6" + b"k" * 10
        yield chunk0(6, time + 9, 9, 1, b"\x96\1avc1\2k") + chunk0(6, time + 9, 9, 1, b"\x27\1i")


def commands(stream):
    """Payloads of the first, unchunked commands of a captured stream."""
    at = 0
    while at + 12 <= len(stream) and stream[at] < 0x40:
        length = int.from_bytes(stream[at + 4:at + 7], "big")
        payload = stream[at + 12:at + 12 + length]
        if stream[at + 7] == 20 and length <= 128:
            yield payload
        elif length > 128:
            return
        at += 12 + length


def main():
    out, fixtures = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) / "rtmp"
    seeds = {name: [] for name in ("rtmp_handshake", "rtmp_chunk", "rtmp_amf0", "rtmp_relay")}
    seeds["rtmp_capabilities"] = list(capabilities())
    bodies = list(streams())
    for path in sorted(fixtures.glob("*.bin")):
        conversation = path.read_bytes()
        seeds["rtmp_handshake"].append(conversation[:HANDSHAKE])
        bodies.append(conversation[HANDSHAKE:HANDSHAKE + MAX_STREAM])
        seeds["rtmp_amf0"] += [b"\0" + payload for payload in commands(conversation[HANDSHAKE:])]
    for body in bodies:
        seeds["rtmp_chunk"] += [b"\x3f" + body, b"\x00" + body]
        seeds["rtmp_relay"] += [plan + body for plan in PLANS]
    seeds["rtmp_amf0"] += [bytes([i & 1]) + value for value in values() for i in (0, 1)]
    seeds["rtmp_media_tag"] = [bytes([kind, 0, more]) + tag for kind, tag in tags() for more in (0, 99)]
    seeds["rtmp_replay"] = [plan + body for body in bodies + [b"".join(publish())]
                            for plan in REPLAY_PLANS]
    for name, contents in seeds.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for index, content in enumerate(contents):
            (folder / f"seed-{index:03d}").write_bytes(content)


if __name__ == "__main__":
    main()
