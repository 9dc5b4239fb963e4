"""A small RTMP client: for many quick sessions, several streams on one connection, and to see
exact answers."""

import os
import socket
import time

from .rtmp_wire import COMMAND, VIDEO, Closed, Message, RtmpConnection

#: An AVC sequence header and a key frame: enough for a server to take it for a stream.
AVC_HEADER = bytes.fromhex("170000000001640015ffe1001467640015acd941b0fb0110000003001000000303"
                           "c8f162d960010004 68efbcb0".replace(" ", ""))
AVC_KEY_FRAME = bytes.fromhex("17010000000000000a6588840033ff000102030405"[:42])


class RtmpClient(RtmpConnection):
    """Methods with a `stream_id` mean the stream created last when it is not given."""

    def __init__(self, port, timeout=5.0, host="127.0.0.1", source=None, tls=None,
                 receive_buffer=None):
        """`source`: the own address; `tls`: an ssl.SSLContext; `receive_buffer`: in bytes."""
        connected = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        connected.settimeout(timeout)
        if receive_buffer:  # before connect, or the window is larger
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            connected.bind((source, 0))
        connected.connect((host, port))
        super().__init__(tls.wrap_socket(connected, server_hostname=host) if tls else connected,
                         timeout)
        self._port = port
        self._transaction = 1
        self._kept = []
        self.stream_id = 0

    # Handshake and waiting

    def handshake(self):
        deadline = time.monotonic() + self.timeout
        c1 = bytes(8) + os.urandom(1528)
        self.send(b"\x03" + c1)
        answer = self._take(1 + 1536, deadline)
        assert answer[0] == 3, f"S0 is {answer[0]}"
        self.send(answer[1:])
        self._take(1536, deadline)

    def wait_for(self, wanted, timeout=None):
        """The first message for which wanted(message) holds; the others are kept for later."""
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            message = self.read(deadline)
            if wanted(message):
                return message
            self._kept.append(message)

    def wait_for_result(self, transaction):
        return self.wait_for(lambda message: message.kind == COMMAND
                             and message.values[0] in ("_result", "_error")
                             and message.values[1] == transaction)

    def wait_for_status(self, stream_id=None, timeout=None):
        """The next status of that stream, or of any; one of the connection counts, too."""
        return self.wait_for(lambda message: "code" in message.status()
                             and stream_id in (None, message.stream_id), timeout).status()

    def wait_for_code(self, code, timeout=None):
        """The status of that code."""
        return self.wait_for(lambda message: message.status().get("code") == code, timeout).status()

    def wait_for_video(self, stream_id=None, timeout=None):
        """The next video message of that stream."""
        return self.wait_for(lambda message: message.kind == VIDEO
                             and stream_id in (None, message.stream_id), timeout)

    # Commands

    def connect(self, app="live", tc_url=None, extra=None):
        """The answer to connect, after a handshake."""
        self.handshake()
        return self.send_connect(app, tc_url, extra)

    def send_connect(self, app="live", tc_url=None, extra=None):
        self.announce_chunk_size()
        info = {"app": app, "type": "nonprivate", "flashVer": "e2e",
                "tcUrl": tc_url or f"rtmp://127.0.0.1:{self._port}/{app}"}
        self.command("connect", 1, {**info, **(extra or {})})
        return self.wait_for_result(1)

    def call(self, name, *values, stream_id=0):
        """Sends a command that wants an answer; its transaction."""
        self._transaction += 1
        self.command(name, self._transaction, None, *values, stream_id=stream_id)
        return self._transaction

    def create_stream(self):
        """The new stream's id; the answer itself when it is an error."""
        answer = self.wait_for_result(self.call("createStream"))
        if answer.values[0] == "_error":
            return answer
        self.stream_id = int(answer.values[3])
        return self.stream_id

    def publish(self, stream, stream_id=None):
        """The status of the server's answer, whatever it says."""
        stream_id = stream_id or self.stream_id
        self.call("publish", stream, "live", stream_id=stream_id)
        return self.wait_for_status(stream_id)

    def play(self, stream, stream_id=None):
        stream_id = stream_id or self.stream_id
        self.call("play", stream, stream_id=stream_id)
        return self.wait_for_status(stream_id)

    def start_play(self, stream, stream_id=None):
        """Plays; fails when the server says no."""
        status = self.play(stream, stream_id)
        while status["code"] != "NetStream.Play.Start":
            assert status.get("level") != "error", status
            status = self.wait_for_status(stream_id or self.stream_id)

    def send_video(self, timestamp, payload, stream_id=None):
        self.write(VIDEO, payload, stream_id or self.stream_id, timestamp, chunk_stream=6)


def open_client(port, timeout=5.0, **options):
    """A client that is connected and has a stream."""
    client = RtmpClient(port, timeout, **options)
    try:
        client.connect()
        client.create_stream()
    except BaseException:
        client.close()
        raise
    return client


def open_publisher(port, stream, app="live", timeout=5.0, **options):
    """A client that is publishing; fails when the server says no."""
    client = RtmpClient(port, timeout, **options)
    try:
        client.connect(app)
        client.create_stream()
        status = client.publish(stream)
        assert status["code"] == "NetStream.Publish.Start", status
    except BaseException:
        client.close()
        raise
    return client


def refused(port, stream, role="publish", app="live", timeout=5.0, **options):
    """What the server says when it does not take a stream: the status of its error message, or
    None when it just ends the connection. Fails when it says yes, or says nothing in time."""
    with RtmpClient(port, timeout, **options) as client:
        try:
            for ask in (lambda: client.connect(app), client.create_stream):
                answer = ask()
                if isinstance(answer, Message) and answer.values[0] == "_error":
                    return answer.status()
            status = client.publish(stream) if role == "publish" else client.play(stream)
            while role == "play" and status["code"] == "NetStream.Play.Reset":
                status = client.wait_for_status()
        except (Closed, ConnectionError):
            return None
    assert status.get("level") == "error", f"{stream} is not refused: {status}"
    return status
