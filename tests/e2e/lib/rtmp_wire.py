"""RTMP's chunks and messages on a raw socket: what the tests' own client and origin share.

Writes each message with a header of type 0 and understands headers of all types.
"""

import socket
import struct
import time

from . import amf0

SET_CHUNK_SIZE, ACK, USER_CONTROL, WINDOW_ACK_SIZE, PEER_BANDWIDTH = 1, 3, 4, 5, 6
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20
MEDIA = (AUDIO, VIDEO, DATA)

#: Announced by both the client and the origin before their first command.
CHUNK_SIZE = 65536


class Closed(Exception):
    """The peer ended the connection."""


class Message:
    def __init__(self, kind, stream_id, timestamp, payload):
        self.kind = kind
        self.stream_id = stream_id
        self.timestamp = timestamp
        self.payload = payload
        self.at = time.monotonic()

    def __repr__(self):
        what = self.values if self.kind == COMMAND else f"{len(self.payload)} bytes"
        return f"<{self.kind} of stream {self.stream_id} at {self.timestamp}: {what}>"

    @property
    def values(self):
        return amf0.decode(self.payload)

    def status(self):
        """The info object of an onStatus, _error or _result, or an empty dict."""
        if self.kind != COMMAND:
            return {}
        dicts = [value for value in self.values[1:] if isinstance(value, dict)]
        return dicts[-1] if dicts else {}

    def is_key_frame(self):
        """A picture that can be decoded by itself; not the sequence header."""
        return self.kind == VIDEO and self.payload[:2] == b"\x17\x01"

    def is_header(self):
        """The sequence header of H.264 or AAC."""
        return (self.kind == VIDEO and self.payload[:2] == b"\x17\x00") or \
            (self.kind == AUDIO and self.payload[:1] and self.payload[0] >> 4 == 10
             and self.payload[1:2] == b"\x00")


class RtmpConnection:
    def __init__(self, connected, timeout):
        self.timeout = timeout
        self.socket = connected
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self.write_chunk_size = self._read_chunk_size = 128
        self._chunk_streams = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection by RST, and at once."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # Bytes

    def send(self, data):
        self.socket.sendall(data)

    def _take(self, count, deadline):
        while len(self._buffer) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the peer says nothing")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not data:
                raise Closed("end of stream")
            self._buffer += data
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def wait_for_close(self, timeout=None):
        """Reads until the peer ends the connection; fails when it does not in time."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                self._buffer = b""
                self._take(1, deadline)
        except Closed:
            return

    # Messages

    def write(self, kind, payload, stream_id=0, timestamp=0, chunk_stream=3):
        """One message, in chunks of the size that was announced."""
        self.send(self.encode(kind, payload, stream_id, timestamp, chunk_stream,
                              self.write_chunk_size))

    @staticmethod
    def encode(kind, payload, stream_id=0, timestamp=0, chunk_stream=3, chunk_size=CHUNK_SIZE):
        header = struct.pack(">B", chunk_stream) + timestamp.to_bytes(3, "big")
        header += len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", stream_id)
        chunks = [payload[at:at + chunk_size] for at in range(0, len(payload), chunk_size)]
        return header + bytes([0xC0 | chunk_stream]).join(chunks)

    def command(self, *values, stream_id=0):
        self.write(COMMAND, amf0.encode(*values), stream_id)

    def announce_chunk_size(self, size=CHUNK_SIZE):
        self.write(SET_CHUNK_SIZE, struct.pack(">I", size), chunk_stream=2)
        self.write_chunk_size = size

    def read(self, deadline=None):
        """The next whole message; keeps to the chunk size that the peer sets."""
        deadline = deadline or time.monotonic() + self.timeout
        while True:
            message = self._read_chunk(deadline)
            if message is None:
                continue
            if message.kind == SET_CHUNK_SIZE:
                self._read_chunk_size = struct.unpack(">I", message.payload)[0]
            return message

    def _read_chunk(self, deadline):
        first = self._take(1, deadline)[0]
        form, chunk_id = first >> 6, first & 63
        if chunk_id == 0:
            chunk_id = 64 + self._take(1, deadline)[0]
        elif chunk_id == 1:
            chunk_id = 64 + int.from_bytes(self._take(2, deadline), "little")
        state = self._chunk_streams.setdefault(
            chunk_id, {"time": 0, "delta": 0, "length": 0, "kind": 0, "stream": 0, "long": False,
                       "data": b""})
        starts = not state["data"]
        if form < 3:
            head = self._take((11, 7, 3)[form], deadline)
            time_field = int.from_bytes(head[:3], "big")
            state["long"] = time_field == 0xFFFFFF
            if form < 2:
                state["length"] = int.from_bytes(head[3:6], "big")
                state["kind"] = head[6]
            if form == 0:
                state["stream"] = struct.unpack("<I", head[7:11])[0]
        if state["long"]:
            time_field = struct.unpack(">I", self._take(4, deadline))[0]
        if form == 0:
            state["time"] = state["delta"] = time_field
        elif form < 3:
            state["delta"] = time_field
        if form > 0 and starts:
            state["time"] = (state["time"] + state["delta"]) & 0xFFFFFFFF
        count = min(self._read_chunk_size, state["length"] - len(state["data"]))
        state["data"] += self._take(count, deadline)
        if len(state["data"]) < state["length"]:
            return None
        message = Message(state["kind"], state["stream"], state["time"], state["data"])
        state["data"] = b""
        return message
