"""Peers that are slow, stall, vanish or say nothing, in every state: each ends in bounded time, in
one line of the access log, and leaves nothing behind."""

import socket
import threading
import time
from types import SimpleNamespace

import pytest

from lib import amf0
from lib.rtmp_client import (AVC_HEADER, AVC_KEY_FRAME, RtmpClient, open_client, open_publisher,
                             refused)
from lib.rtmp_wire import COMMAND, VIDEO
from lib.wait import until


def rtmp(**settings):
    return {"protocols": {"rtmp": settings}}


def lines_of(proxy, stream):
    return [entry for entry in proxy.access_log() if entry["stream"].endswith(f"/{stream}")]


def assert_one_line(proxy, stream):
    """The access line of that stream, when there is one and it is the only one."""
    entry = proxy.wait_for_access(stream=f"__defaultVhost__/live/{stream}")
    assert len(lines_of(proxy, stream)) == 1, lines_of(proxy, stream)
    return entry


# --- slow and stalled clients ----------------------------------------------------------------

PICTURE_BYTES = 20_000  # 25 times a second: 4 Mbit/s


class Viewer(threading.Thread):
    """Plays, and notes how late each picture is; the sender writes its clock into them."""

    def __init__(self, port, stream, pictures):
        super().__init__(daemon=True)
        self.client = open_client(port, timeout=20)
        self.client.start_play(stream)
        self._wanted = pictures
        self.late = []

    def run(self):
        while len(self.late) < self._wanted:
            payload = self.client.wait_for_video().payload
            if len(payload) == PICTURE_BYTES:
                self.late.append(time.monotonic() - float(payload[5:25]))


def slow_reader(port, stream):
    """Plays with the smallest of receive buffers, and has read nothing yet behind Play.Start."""
    client = RtmpClient(port, receive_buffer=2048)
    client.connect()
    client.create_stream()
    client.start_play(stream)
    client.socket.settimeout(20)
    return client


def test_viewer_of_1_kb_a_second_harms_nobody(build, make_proxy, make_nginx, register):
    proxy = make_proxy()
    register(proxy, make_nginx())
    pictures = 100
    stop = threading.Event()
    with open_publisher(proxy.rtmp_port, "cam", timeout=20) as encoder:
        encoder.send_video(0, AVC_HEADER)
        encoder.send_video(0, AVC_KEY_FRAME)
        viewers = [Viewer(proxy.rtmp_port, "cam", pictures) for _ in range(2)]
        slow = slow_reader(proxy.rtmp_port, "cam")

        def read_slowly():
            while not stop.wait(0.1):
                slow.socket.recv(100)
        reader = threading.Thread(target=read_slowly, daemon=True)
        for thread in (*viewers, reader):
            thread.start()
        memory = proxy.child.resident_kib()
        pace = threading.Event()
        for number in range(pictures):
            kind = b"\x17\x01\0\0\0" if number % 25 == 0 else b"\x27\x01\0\0\0"
            clock = f"{time.monotonic():020.9f}".encode()
            encoder.send_video(40 * number, (kind + clock).ljust(PICTURE_BYTES, b"."))
            pace.wait(0.04)
        for viewer in viewers:
            viewer.join(10)
            assert len(viewer.late) == pictures
            assert sorted(viewer.late)[pictures * 9 // 10] < 0.2, sorted(viewer.late)[-20:]
            viewer.client.close()
        allowed = 64 * 1024 if build.sanitized else 4 * 1024
        assert proxy.child.resident_kib() < memory + allowed
        assert len(proxy.sessions()) >= 2, "the encoder and the slow viewer are still there"
        stop.set()
        reader.join(5)
        slow.reset()
    proxy.wait_for_no_sessions()


@pytest.fixture(scope="module")
def impatient(shared):
    """A proxy that waits a second for everything, and an origin of our own."""
    proxy = shared.make_proxy(rtmp(handshake_timeout="1s", idle_timeout="1s", resume="off"))
    origin = shared.make_fake()
    shared.register(proxy, origin)
    return SimpleNamespace(proxy=proxy, origin=origin, port=proxy.rtmp_port)


def test_encoder_that_stalls_in_mid_message_is_ended(impatient):
    with open_publisher(impatient.port, "stalls") as client:
        peer = impatient.origin.publisher("stalls")
        client.send(client.encode(VIDEO, bytes(20_000), client.stream_id)[:5_000])
        status = client.wait_for_code("NetConnection.Connect.Closed", timeout=4)
        assert status["level"] == "error" and status["description"], status
        client.wait_for_close(3)
    assert peer.ended.wait(5) and peer.media == [], "the origin got half a message"
    assert assert_one_line(impatient.proxy, "stalls")["cause"] == "idle"


def test_viewer_that_stops_reading_is_ended(impatient):
    """Nothing moves any more once all buffers are full: that is idle, too."""
    client = slow_reader(impatient.port, "full")
    peer = impatient.origin.player("full")
    stream_id = next(iter(peer.played))
    peer.socket.settimeout(10)
    with pytest.raises(OSError):
        while True:
            peer.write(VIDEO, bytes(60_000), stream_id, chunk_stream=6)
    entry = assert_one_line(impatient.proxy, "full")
    assert entry["cause"] == "idle", entry
    client.close()


def test_origin_that_stops_reading_is_noticed(make_proxy, make_fake, register):
    proxy = make_proxy(rtmp(idle_timeout="1s", resume="off"))
    register(proxy, make_fake(stop_after="publish", how="silent"))
    with open_publisher(proxy.rtmp_port, "cam") as client:
        client.socket.settimeout(10)
        with pytest.raises(OSError):
            while True:
                client.send_video(0, bytes(60_000))
    assert assert_one_line(proxy, "cam")["cause"] == "idle"
    proxy.wait_for_no_sessions()


# --- clients that vanish ---------------------------------------------------------------------

def connected(client):
    pass


def half_a_handshake(client):
    client.send(b"\x03" + bytes(700))


def handshaken(client):
    client.handshake()


def half_a_command(client):
    client.handshake()
    client.send(client.encode(COMMAND, amf0.encode("connect", 1, {"app": "live"}))[:30])


def with_connect(client):
    client.connect()


def with_a_stream(client):
    client.connect()
    client.create_stream()


def publishing(client):
    with_a_stream(client)
    assert client.publish("vanishes")["code"] == "NetStream.Publish.Start"


def in_mid_message(client):
    publishing(client)
    client.send(client.encode(VIDEO, bytes(20_000), client.stream_id)[:5_000])


def playing(client):
    with_a_stream(client)
    client.start_play("vanishes")


def publishing_twice(client):
    publishing(client)
    client.create_stream()
    assert client.publish("vanishes-too")["code"] == "NetStream.Publish.Start"


STATES = [connected, half_a_handshake, handshaken, half_a_command, with_connect, with_a_stream,
          publishing, in_mid_message, playing, publishing_twice]


@pytest.fixture(scope="module")
def patient(shared):
    """A proxy whose waits are far longer than any test, and an origin of our own."""
    proxy = shared.make_proxy(rtmp(handshake_timeout="60s", idle_timeout="60s",
                                   origin_timeout="60s"))
    origin = shared.make_fake()
    shared.register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "first"):  # what is made once only is made now
        pass
    proxy.wait_for_no_sessions()
    return SimpleNamespace(proxy=proxy, origin=origin)


@pytest.mark.parametrize("how", ["RST", "FIN"])
@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_client_that_vanishes_leaves_nothing(patient, reach, how):
    proxy = patient.proxy
    proxy.wait_for_no_sessions()
    descriptors = proxy.child.descriptors()
    lines = len(proxy.access_log())
    with RtmpClient(proxy.rtmp_port) as client:
        reach(client)
        until(proxy.sessions, "the proxy has taken it")
        if how == "RST":
            client.reset()
        else:  # half closed: it says nothing more, but would listen
            client.socket.shutdown(socket.SHUT_WR)
            client.wait_for_close(5)
    proxy.wait_for_no_sessions()
    until(lambda: proxy.child.descriptors() <= descriptors, "all descriptors are back")
    until(lambda: all(peer.ended.is_set() for peer in patient.origin.peers if peer.published
                      or peer.played), "the origin hears of it")
    expected = {connected: 0, publishing_twice: 2}.get(reach, 1)
    until(lambda: len(proxy.access_log()) >= lines + expected, proxy.access_log)
    new = proxy.access_log()[lines:]
    assert len(new) == expected, new
    causes = {"done"} if how == "FIN" and "publishing" in reach.__name__ or \
        how == "FIN" and reach in (playing, in_mid_message) else {"reset"}
    assert {(entry["cause"], entry["side"]) for entry in new} <= \
        {(cause, "client") for cause in causes}, new


# --- origins that are silent or vanish -------------------------------------------------------

#: By the last thing that the origin answers, and how it then stops: (cause, side). Whoever hangs up
#: on the client's own words says no; whoever does so earlier has failed.
ORIGINS = {
    ("accept", "silent"): ("origin_failed", "proxy"),
    ("accept", "close"): ("origin_failed", "proxy"),
    ("accept", "reset"): ("origin_failed", "proxy"),
    ("handshake", "silent"): ("origin_failed", "proxy"),
    ("handshake", "close"): ("origin_failed", "proxy"),
    ("handshake", "reset"): ("origin_failed", "proxy"),
    ("connect", "silent"): ("origin_failed", "proxy"),
    ("connect", "close"): ("origin_failed", "proxy"),
    ("connect", "reset"): ("origin_failed", "proxy"),
    ("createStream", "silent"): ("origin_failed", "proxy"),
    ("createStream", "close"): ("origin_refused", "origin"),
    ("createStream", "reset"): ("origin_refused", "origin"),
}


@pytest.mark.parametrize("state, how, role", [(*row, "publish") for row in ORIGINS] +
                         [(*row, "play") for row in ORIGINS if row[1] == "silent"])
def test_client_hears_of_an_origin_that_goes_no_further(make_proxy, make_fake, register, state, how,
                                                        role):
    proxy = make_proxy(rtmp(origin_timeout="1s"))
    register(proxy, make_fake(stop_after=state, how=how))
    descriptors = proxy.child.descriptors()
    begin = time.monotonic()
    status = refused(proxy.rtmp_port, "cam", role, timeout=8)
    assert time.monotonic() - begin < 5
    assert status and status["level"] == "error" and status["description"], status
    assert status["code"].startswith("NetStream.Publish." if role == "publish"
                                     else "NetStream.Play."), status
    assert "127.0.0.1" not in str(status), "an inner address is shown to a client"
    entry = assert_one_line(proxy, "cam")
    assert (entry["cause"], entry["side"]) == ORIGINS[state, how], entry
    proxy.wait_for_no_sessions()
    until(lambda: proxy.child.descriptors() <= descriptors, "all descriptors are back")


@pytest.mark.parametrize("state, how", [row for row, (cause, _) in ORIGINS.items()
                                        if cause == "origin_failed"])
def test_next_origin_takes_what_one_does_not(make_proxy, make_fake, register, state, how):
    """All but a no: that is the client's answer."""
    proxy = make_proxy(rtmp(origin_timeout="1s"))
    bad, good = make_fake(stop_after=state, how=how), make_fake()
    register(proxy, bad, "a-bad")
    register(proxy, good, "b-good")
    with open_publisher(proxy.rtmp_port, "cam", timeout=8):
        assert good.streams() == {"cam"}
    assert assert_one_line(proxy, "cam")["attempts"] in ("1", "2")


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("resume", ["off", "on"])
def test_origin_that_hangs_up_after_its_yes(make_proxy, make_fake, register, how, resume):
    """Resumed again and again it would never end; it must."""
    proxy = make_proxy(rtmp(resume=resume, resume_attempts=3, resume_timeout="2s"))
    origin = make_fake(stop_after="publish", how=how)
    register(proxy, origin)
    begin = time.monotonic()
    with RtmpClient(proxy.rtmp_port, timeout=10) as client:
        client.connect()
        client.create_stream()
        client.call("publish", "cam", "live", stream_id=client.stream_id)
        client.wait_for_code("NetStream.Publish.Start")
        client.send_video(0, AVC_HEADER)
        client.send_video(0, AVC_KEY_FRAME)
        assert client.wait_for_code("NetConnection.Connect.Closed", 10)["level"] == "error"
        client.wait_for_close(3)
    assert time.monotonic() - begin < 10
    entry = assert_one_line(proxy, "cam")
    assert entry["side"] == "origin", entry
    if resume == "off":
        assert entry["cause"] == {"close": "done", "reset": "reset"}[how], entry
    assert sum(1 for peer in origin.peers if peer.published) <= (1 if resume == "off" else 10)
    proxy.wait_for_no_sessions()


# --- many ------------------------------------------------------------------------------------

SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
HALF_OPEN = [b"", b"\x03", b"\x03" + bytes(1000), b"\x03" + bytes(1536)]


def test_ten_thousand_half_open_connections_cost_4_kib_each(build, make_proxy, make_fake, register):
    """Idle in four states of the handshake. Resident memory of the process; what the kernel holds
    for each socket is not in it."""
    count, allowed = (2_000, 64) if build.sanitized else (10_000, 4)
    proxy = make_proxy({"limits": {"sessions": 20_000}, **rtmp(handshake_timeout="120s")})
    register(proxy, make_fake())
    port = proxy.rtmp_port
    with open_publisher(port, "first"):
        pass
    proxy.wait_for_no_sessions()
    descriptors = proxy.child.descriptors()
    memory = proxy.child.resident_kib()
    sockets = []
    for number in range(count):
        connection = socket.create_connection(
            ("127.0.0.1", port), 10, source_address=(SOURCES[number // 4 % 4], 0))
        connection.sendall(HALF_OPEN[number % 4])
        sockets.append(connection)
    until(lambda: proxy.child.descriptors() >= descriptors + count, "all are accepted", timeout=30)
    for connection in sockets[3::4]:  # S0, S1 and S2: the last bytes that they caused were read
        assert connection.recv(1)
    each = (proxy.child.resident_kib() - memory) / count
    assert each <= allowed, f"{each:.2f} KiB for each connection"

    with open_publisher(port, "meanwhile", timeout=10):
        pass
    for connection in sockets:
        connection.close()
    until(lambda: proxy.child.descriptors() <= descriptors, lambda: "all descriptors are back; "
          f"{proxy.child.descriptors()} instead of {descriptors}", timeout=30)
    proxy.wait_for_no_sessions()
