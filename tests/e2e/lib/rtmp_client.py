"""A small RTMP client on a raw socket: for many quick sessions, and to see exact answers.

It writes each message as one chunk of type 0 and understands chunks of all types.
"""

import os
import socket
import struct
import time

from . import amf0

SET_CHUNK_SIZE, ACK, USER_CONTROL, WINDOW_ACK_SIZE, PEER_BANDWIDTH = 1, 3, 4, 5, 6
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20

#: An AVC sequence header and a key frame: enough for a server to take it for a stream.
AVC_HEADER = bytes.fromhex("170000000001640015ffe1001467640015acd941b0fb0110000003001000000303"
                           "c8f162d960010004 68efbcb0".replace(" ", ""))
AVC_KEY_FRAME = bytes.fromhex("17010000000000000a6588840033ff000102030405"[:42])
PUBLISH_CHUNK_SIZE = 65536


class Closed(Exception):
    """The server ended the connection."""


class Message:
    def __init__(self, kind, stream_id, timestamp, payload):
        self.kind = kind
        self.stream_id = stream_id
        self.timestamp = timestamp
        self.payload = payload

    @property
    def values(self):
        return amf0.decode(self.payload)

    def status(self):
        """The info object of an onStatus, _error or _result, or an empty dict."""
        if self.kind != COMMAND:
            return {}
        dicts = [value for value in self.values[1:] if isinstance(value, dict)]
        return dicts[-1] if dicts else {}


class RtmpClient:
    def __init__(self, port, timeout=5.0, host="127.0.0.1"):
        self.timeout = timeout
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._read_chunk_size = 128
        self._chunk_streams = {}
        self._port = port
        self.stream_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # Bytes

    def send(self, data):
        self.socket.sendall(data)

    def _take(self, count, deadline):
        while len(self._buffer) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the server says nothing")
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

    # Handshake and messages

    def handshake(self):
        deadline = time.monotonic() + self.timeout
        c1 = bytes(8) + os.urandom(1528)
        self.send(b"\x03" + c1)
        answer = self._take(1 + 1536, deadline)
        assert answer[0] == 3, f"S0 is {answer[0]}"
        self.send(answer[1:])
        self._take(1536, deadline)

    def write(self, kind, payload, stream_id=0, timestamp=0, chunk_stream=3):
        """One message; the caller has announced a chunk size that it fits into."""
        self.send(self.encode(kind, payload, stream_id, timestamp, chunk_stream))

    @staticmethod
    def encode(kind, payload, stream_id=0, timestamp=0, chunk_stream=3):
        header = struct.pack(">B", chunk_stream) + timestamp.to_bytes(3, "big")
        header += len(payload).to_bytes(3, "big") + bytes([kind])
        return header + struct.pack("<I", stream_id) + payload

    def command(self, *values, stream_id=0):
        self.write(COMMAND, amf0.encode(*values), stream_id)

    def read(self, deadline=None):
        """The next whole message; keeps to the chunk size that the server sets."""
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
            chunk_id, {"time": 0, "length": 0, "kind": 0, "stream": 0, "long": False, "data": b""})
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
        if form < 3:
            state["time"] = time_field if form == 0 else state["time"] + time_field
        count = min(self._read_chunk_size, state["length"] - len(state["data"]))
        state["data"] += self._take(count, deadline)
        if len(state["data"]) < state["length"]:
            return None
        message = Message(state["kind"], state["stream"], state["time"], state["data"])
        state["data"] = b""
        return message

    # Commands

    def connect(self, app="live", tc_url=None, extra=None):
        self.handshake()
        self.write(SET_CHUNK_SIZE, struct.pack(">I", PUBLISH_CHUNK_SIZE), chunk_stream=2)
        info = {"app": app, "type": "nonprivate", "flashVer": "e2e",
                "tcUrl": tc_url or f"rtmp://127.0.0.1:{self._port}/{app}"}
        self.command("connect", 1, {**info, **(extra or {})})
        return self.wait_for_result(1)

    def create_stream(self):
        self.command("createStream", 4, None)
        answer = self.wait_for_result(4)
        self.stream_id = int(answer.values[3])
        return self.stream_id

    def publish(self, stream):
        """The status of the server's answer, whatever it says."""
        self.command("publish", 5, None, stream, "live", stream_id=self.stream_id)
        return self.wait_for_status()

    def play(self, stream):
        self.command("play", 5, None, stream, stream_id=self.stream_id)
        return self.wait_for_status()

    def wait_for_result(self, transaction):
        deadline = time.monotonic() + self.timeout
        while True:
            message = self.read(deadline)
            if message.kind == COMMAND and message.values[1] == transaction:
                return message

    def wait_for_status(self):
        deadline = time.monotonic() + self.timeout
        while True:
            status = self.read(deadline).status()
            if "code" in status:
                return status

    def send_video(self, timestamp, payload):
        self.write(VIDEO, payload, self.stream_id, timestamp, chunk_stream=6)

    def wait_for_close(self, timeout=None):
        """Reads until the server ends the connection; fails when it does not in time."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                self._buffer = b""
                self._take(1, deadline)
        except Closed:
            return


def open_publisher(port, stream, app="live", timeout=5.0):
    """A client that is publishing; fails when the server says no."""
    client = RtmpClient(port, timeout)
    try:
        client.connect(app)
        client.create_stream()
        status = client.publish(stream)
        assert status["code"] == "NetStream.Publish.Start", status
    except BaseException:
        client.close()
        raise
    return client


def refused(port, stream, role="publish", app="live", timeout=5.0):
    """What the server says when it does not take a stream: the status of its error message, or
    None when it just ends the connection. Fails when it says yes, or says nothing in time."""
    with RtmpClient(port, timeout) as client:
        try:
            for ask in (lambda: client.connect(app), client.create_stream):
                answer = ask()
                if isinstance(answer, Message) and answer.values[0] == "_error":
                    return answer.status()
            status = client.publish(stream) if role == "publish" else client.play(stream)
            while role == "play" and status["code"] == "NetStream.Play.Reset":
                status = client.wait_for_status()
        except Closed:
            return None
    assert status.get("level") == "error", f"{stream} is not refused: {status}"
    return status
