"""Garbage on every port: the session is refused, the process lives, its memory is bounded."""

import random
import socket
import struct

import pytest

from lib import amf0
from lib.rtmp_client import RtmpClient, open_publisher
from lib.rtmp_wire import COMMAND, SET_CHUNK_SIZE, Closed
from lib.wait import until

MIB = 1024  # in KiB


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def deep_object(levels):
    return b"\x03\x00\x01a" * levels


def deep_array(levels):
    return b"\x0a\x00\x00\x00\x01" * levels


def message(payload, kind=COMMAND):
    return RtmpClient.encode(kind, payload)


def announced(size, chunk_stream=3, kind=9):
    """The header of a message of that size, and the beginning of its body."""
    return RtmpClient.encode(kind, b"", chunk_stream=chunk_stream)[:4] + \
        size.to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", 1) + bytes(128)


CONNECT = amf0.encode("connect", 1)
BIG_CHUNKS = RtmpClient.encode(SET_CHUNK_SIZE, struct.pack(">I", 0x7FFFFFFF), chunk_stream=2)

#: Sent instead of a handshake.
FIRST_BYTES = {
    "noise": b"\x00" + noise(5000, 1),
    "a request of HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a hello of TLS": bytes.fromhex("16030100a5010000a10303") + noise(150, 2),
    "a version that does not exist": b"\xff" * 1537,
    "noise behind a good first byte": b"\x03" + noise(60_000, 3),
}

#: Sent after a good handshake.
MESSAGES = {
    "noise": noise(100_000, 4),
    "a continued chunk of nothing": b"\xc3" + bytes(200),
    "a truncated header": b"\x03\x00\x00",
    "a chunk stream id of three bytes": b"\x01\xff\xff" + bytes(11) * 3,
    "a chunk size of 0": RtmpClient.encode(SET_CHUNK_SIZE, bytes(4), chunk_stream=2) * 3,
    "a huge chunk size": BIG_CHUNKS + announced(0xFFFFFF),
    "a control message without a body": RtmpClient.encode(SET_CHUNK_SIZE, b"", chunk_stream=2),
    "a command of 16 MB": announced(0xFFFFFF, kind=COMMAND),
    "deep objects": BIG_CHUNKS + message(CONNECT + deep_object(15_000)),
    "deep arrays": BIG_CHUNKS + message(CONNECT + deep_array(12_000)),
    "an array of four thousand million": BIG_CHUNKS + message(CONNECT + b"\x0a\xff\xff\xff\xff"),
    "a string that is too long": BIG_CHUNKS + message(CONNECT + b"\x02\xff\xffabc"),
    "an endless stream of small commands": message(amf0.encode("x", 1)) * 20_000,
    "a publish before connect": message(amf0.encode("publish", 1, None, "x")),
    "a connect without an app": message(amf0.encode("connect", 1, {})) * 2,
}


@pytest.fixture
def proxy(make_proxy, make_nginx, register):
    running = make_proxy({"protocols": {"rtmp": {"handshake_timeout": "1s"}},
                          "system_api": {"request_timeout": "2s"},
                          "http_api": {"request_timeout": "2s"}})
    register(running, make_nginx())
    return running


def assert_well(proxy):
    with open_publisher(proxy.rtmp_port, "well"):
        pass
    proxy.wait_for_no_sessions()


def send_and_wait(port, data, handshake):
    """Sends until the proxy has had enough, and waits until it ends the connection."""
    client = RtmpClient(port, timeout=10)
    try:
        if handshake:
            client.handshake()
        client.send(data)
    except OSError:
        pass  # it hung up while we were talking
    try:
        client.wait_for_close(10)
    except (TimeoutError, OSError) as error:
        raise AssertionError("the proxy keeps the connection") from error
    finally:
        client.close()


@pytest.mark.parametrize("name", FIRST_BYTES)
def test_bad_handshake_is_refused(proxy, name):
    send_and_wait(proxy.rtmp_port, FIRST_BYTES[name], handshake=False)
    assert_well(proxy)


@pytest.mark.parametrize("name", MESSAGES)
def test_bad_messages_are_refused(proxy, name):
    send_and_wait(proxy.rtmp_port, MESSAGES[name], handshake=True)
    assert_well(proxy)


def test_large_announced_messages_take_no_memory(build, proxy):
    assert_well(proxy)
    memory = proxy.child.resident_kib()
    clients = []
    for _ in range(30):
        client = RtmpClient(proxy.rtmp_port, timeout=10)
        clients.append(client)
        try:
            client.handshake()
            client.send(b"".join(announced(0xFFFFFF, chunk_stream)
                                 for chunk_stream in range(3, 60)))
            client.send(b"".join(announced(0xFFFFFF, chunk_stream, COMMAND)
                                 for chunk_stream in range(3, 60)))
        except (OSError, Closed):
            pass  # refused already
    allowed = (256 if build.sanitized else 32) * MIB
    assert proxy.child.resident_kib() < memory + allowed
    for client in clients:
        client.close()
    assert_well(proxy)


def test_idle_and_endless_publishers_do_not_fill_the_memory(build, proxy):
    """A player that does not read is not given more and more of our memory."""
    with open_publisher(proxy.rtmp_port, "flood", timeout=20) as publisher:
        stalled = RtmpClient(proxy.rtmp_port, timeout=10)
        stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect()
        stalled.create_stream()
        stalled.play("flood")
        memory = proxy.child.resident_kib()
        for number in range(600):
            publisher.send_video(number, b"\x17\x01\x00\x00\x00" + noise(60_000, number))
        allowed = (256 if build.sanitized else 32) * MIB
        assert proxy.child.resident_kib() < memory + allowed
        stalled.close()
    assert_well(proxy)


HTTP_GARBAGE = {
    "noise": noise(5000, 5),
    "an endless line": b"GET /" + b"a" * 200_000,
    "endless headers": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000,
    "a body that never comes": b"POST /api/v1/srs/register HTTP/1.1\r\nHost: x\r\n"
                               b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    "a body without end": b"POST /api/v1/srs/register HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
    "deep JSON": b"POST /api/v1/srs/register HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/json\r\nContent-Length: 40000\r\n\r\n" + b"[" * 40_000,
    "a negative length": b"POST /api/v1/srs/register HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Type: application/json\r\nContent-Length: -1\r\n\r\n",
    "a handshake of RTMP": b"\x03" + noise(1536, 6),
}


@pytest.mark.parametrize("source", ["system_api", "http_api"])
@pytest.mark.parametrize("name", HTTP_GARBAGE)
def test_bad_requests_are_refused(proxy, source, name):
    port = proxy.port(source)
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        try:
            connection.sendall(HTTP_GARBAGE[name])
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while data := connection.recv(65536):
                answer += data
        except ConnectionError:
            answer = b""
    assert b" 200 " not in answer.split(b"\r\n")[0], answer[:200]
    status, _ = proxy.request("/api/v1/versions", port=port)
    assert status == 200
    assert_well(proxy)


def test_many_bad_connections_at_once(build, proxy):
    assert_well(proxy)
    memory = proxy.child.resident_kib()
    descriptors = proxy.child.descriptors()
    for port in (proxy.rtmp_port, proxy.api_port, proxy.port("http_api")):
        for number in range(100):
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                try:
                    connection.sendall(noise(2000, number))
                except OSError:
                    pass  # it hung up while we were talking
    proxy.wait_for_no_sessions()
    until(lambda: proxy.child.descriptors() <= descriptors + 4,
          lambda: f"{descriptors} descriptors before, {proxy.child.descriptors()} after")
    assert proxy.child.resident_kib() < memory + (256 if build.sanitized else 32) * MIB
    assert_well(proxy)
