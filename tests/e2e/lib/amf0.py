"""AMF0 as RTMP commands use it: numbers, booleans, strings, null, objects, arrays."""

import struct


def encode(*values):
    return b"".join(_encode(value) for value in values)


def _encode(value):
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return b"\x01" + bytes([value])
    if isinstance(value, (int, float)):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"\x02" + struct.pack(">H", len(text)) + text
    if isinstance(value, dict):
        pairs = (struct.pack(">H", len(key)) + key.encode() + _encode(item)
                 for key, item in value.items())
        return b"\x03" + b"".join(pairs) + b"\x00\x00\x09"
    if isinstance(value, (list, tuple)):
        return b"\x0a" + struct.pack(">I", len(value)) + encode(*value)
    raise TypeError(f"no AMF0 for {type(value)}")


def decode(data):
    """All values of `data`, as a list."""
    values = []
    at = 0
    while at < len(data):
        value, at = _decode(data, at)
        values.append(value)
    return values


def _text(data, at):
    end = at + 2 + struct.unpack_from(">H", data, at)[0]
    return data[at + 2:end].decode("utf-8", "replace"), end


def _pairs(data, at):
    result = {}
    while data[at:at + 3] != b"\x00\x00\x09":
        key, at = _text(data, at)
        result[key], at = _decode(data, at)
    return result, at + 3


def _decode(data, at):
    kind = data[at]
    at += 1
    if kind == 0:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == 1:
        return data[at] != 0, at + 1
    if kind == 2:
        return _text(data, at)
    if kind == 3:
        return _pairs(data, at)
    if kind in (5, 6):
        return None, at
    if kind == 8:
        return _pairs(data, at + 4)
    if kind == 10:
        values = []
        count = struct.unpack_from(">I", data, at)[0]
        at += 4
        for _ in range(count):
            value, at = _decode(data, at)
            values.append(value)
        return values, at
    raise ValueError(f"AMF0 type {kind} at {at - 1}")
