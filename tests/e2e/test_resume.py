"""An origin goes away in mid-stream, and the client at the other end never notices."""

import socket
import time

import pytest

from lib import media
from lib.clients import FfmpegPlayer
from lib.encoder import Encoder, frame, heads_and_pictures
from lib.rtmp_client import AVC_HEADER, AVC_KEY_FRAME, open_client, open_publisher
from lib.rtmp_wire import VIDEO
from lib.wait import until


def config(**rtmp):
    return {"protocols": {"rtmp": {"resume": "on", **rtmp}}}


def home_of(stream, origins):
    """The origin that has the stream; waits for it."""
    return until(lambda: next((origin for origin in origins
                               if origin.child.alive() and stream in origin.streams()), None),
                 f"an origin has {stream}")


def longest_pause(player, pictures):
    """The longest time in seconds without a picture, until that many more have come."""
    begin = last = time.monotonic()
    seen, longest = player.pictures(), 0
    wanted = seen + pictures

    def look():
        nonlocal last, seen, longest
        now = time.monotonic()
        longest = max(longest, now - last)
        if player.pictures() > seen:
            last, seen = now, player.pictures()
        return seen >= wanted
    until(look, lambda: f"{pictures} more pictures ({seen - wanted + pictures} came in "
          f"{time.monotonic() - begin:.1f} s):\n{player.child.output()[-2000:]}", timeout=15)
    return longest


# --- real encoders, origins and players ------------------------------------------------------

@pytest.fixture(params=["nginx-rtmp", "node-media-server"])
def origins(request, make_nginx, make_nms):
    return [make_nginx(record=True), make_nginx(record=True)] if request.param == "nginx-rtmp" \
        else [make_nms(), make_nms()]


def test_killed_origin_is_noticed_by_nobody(make_proxy, origins, register, clip, publish, tmp_path):
    proxy = make_proxy(config(resume_play="on"))
    for number, origin in enumerate(origins):
        register(proxy, origin, f"origin-{number}")
    encoder = publish(clip, proxy.url("cam"))
    first = home_of("cam", origins)
    second = origins[1 - origins.index(first)]
    with FfmpegPlayer(proxy.url("cam"), tmp_path) as player, \
            media.PacketRecorder(proxy.url("cam"), tmp_path, "packets") as packets:
        player.wait_for_pictures(10)
        packets.wait_for(20)
        before = {(session["id"], session["client"]) for session in proxy.sessions()}
        assert len(before) == 3
        seen = len(packets.packets())

        first.kill()
        assert longest_pause(player, 30) < 2
        packets.wait_for(seen + 80)
        assert second.streams() == {"cam"}
        assert encoder.alive() and player.alive()
        assert {(session["id"], session["client"]) for session in proxy.sessions()} == before
        assert proxy.access_log() == []
        assert proxy.resumes() == (3, 3)

        for kind in ("video", "audio"):
            times = [packet[1] for packet in packets.packets() if packet[0] == kind]
            assert times == sorted(times), f"{kind} runs backwards"
        assert "monoto" not in packets.child.output(), packets.child.output()
        assert "video" in media.probe(second.url("cam"))
    encoder.stop()
    entry = proxy.wait_for_access(role="publish")
    assert (entry["cause"], entry["side"]) == ("done", "client"), entry
    if second.kind == "nginx-rtmp":
        check_recording(second)


def check_recording(origin):
    """What the second origin got can be decoded from its first picture on."""
    until(lambda: not origin.streams(), "the stream has ended at the origin")
    path = origin.recording("cam")
    packets = media.packets_of(path)
    pictures = [packet for packet in packets if packet.kind == "video"]
    assert len(pictures) > 30 and pictures[0].is_key
    for kind in ("video", "audio"):
        times = [packet.dts_ms for packet in packets if packet.kind == kind]
        assert times == sorted(times)
        assert max(after - before for before, after in zip(times, times[1:])) < 2000
    assert media.decode_errors(path) == ""


def test_only_origin_comes_back_in_time(make_proxy, make_nginx, register, clip, publish):
    proxy = make_proxy(config())
    origin = make_nginx()
    register(proxy, origin)
    encoder = publish(clip, proxy.url("cam"))
    until(lambda: "cam" in origin.streams(), encoder.output)
    session = proxy.sessions()[0]["id"]
    origin.kill()
    # It is asked again at least once while nobody is there.
    until(lambda: proxy.metric("srsproxy_route_total") > 1, "another origin was asked for")
    origin.start()
    until(lambda: "cam" in origin.streams(), "the stream is back")
    assert "video" in media.probe(origin.url("cam"))
    assert encoder.alive() and proxy.sessions()[0]["id"] == session
    assert proxy.resumes() == (1, 1)


# --- players ---------------------------------------------------------------------------------

def test_player_goes_on_with_a_key_frame_and_time_never_runs_back(two):
    proxy, (first, second) = two(resume_play="on")
    second.shows([(0, frame(100)), (0, AVC_HEADER), (0, frame(101)), (40, frame(102, key=True)),
                  (80, frame(103))])
    with open_client(proxy.rtmp_port) as client:
        client.start_play("cam")
        peer = first.player("cam")
        stream_id = next(iter(peer.played))
        assert client.wait_for_video().payload == AVC_HEADER
        assert client.wait_for_video().payload == AVC_KEY_FRAME
        peer.write(VIDEO, frame(1), stream_id, 5000, chunk_stream=6)
        assert client.wait_for_video().payload == frame(1)
        half = frame(2, size=20_000)
        peer.send(peer.encode(VIDEO, half, stream_id, 5040, 6)[:9_000])
        until(lambda: proxy.sessions()[0]["bytes"]["to_client"] > 9_000, "half of it has passed")
        first.die()

        padded = client.wait_for_video()
        assert len(padded.payload) == len(half) and padded.payload[:8_000] == half[:8_000]
        later = [client.wait_for_video() for _ in range(3)]
        assert [message.payload for message in later] == \
            [AVC_HEADER, frame(102, key=True), frame(103)]
        times = [padded.timestamp, *(message.timestamp for message in later)]
        assert times == sorted(times) and times[0] >= 5000 and times[-1] - times[-2] == 40
        assert {message.stream_id for message in later} == {client.stream_id}
        assert proxy.resumes() == (1, 1)


def test_player_is_told_when_it_is_not_to_be_resumed(two):
    proxy, (first, _) = two()  # resume_play is off unless set
    with open_client(proxy.rtmp_port) as client:
        client.start_play("cam")
        first.player("cam")
        first.die()
        client.wait_for_code("NetStream.Play.UnpublishNotify", timeout=3)
        client.wait_for_close(3)
    assert proxy.wait_for_access(role="play")["side"] == "origin"
    assert proxy.resumes() == (0, 0)


# --- no way on -------------------------------------------------------------------------------

def assert_told(proxy, client, timeout):
    status = client.wait_for_code("NetConnection.Connect.Closed", timeout)
    assert status["level"] == "error" and "127.0.0.1" not in str(status), status
    client.wait_for_close(3)
    entry = proxy.wait_for_access(role="publish")
    assert entry["side"] == "origin", entry
    assert proxy.resumes() == (0, 0)
    proxy.wait_for_no_sessions()


def test_encoder_is_told_when_resume_is_off(two):
    proxy, (first, second) = two(resume="off")
    with open_publisher(proxy.rtmp_port, "cam") as client:
        Encoder(client).heads()
        first.publisher("cam").wait_for_media(3)
        first.die()
        assert_told(proxy, client, 3)
    assert not any(peer.published for peer in second.peers)


@pytest.mark.parametrize("bound", [{"resume_timeout": "1s", "resume_attempts": 1000},
                                   {"resume_timeout": "60s", "resume_attempts": 3}],
                         ids=["by time", "by attempts"])
def test_encoder_is_told_when_nobody_takes_over_in_time(make_proxy, make_fake, register, bound):
    proxy = make_proxy(config(**bound))
    origin = make_fake()
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "cam", timeout=10) as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KPPP")
        heads_and_pictures(origin.publisher("cam"), 4)
        origin.die()
        begin = time.monotonic()
        encoder.pictures("PPKPPP")
        assert_told(proxy, client, 10)
        assert time.monotonic() - begin < 8


@pytest.mark.parametrize("how", ["leaves", "is reset", "is kicked"])
def test_client_may_go_while_another_origin_is_looked_for(make_proxy, make_fake, register, how):
    proxy = make_proxy(config(resume_timeout="60s", resume_attempts=1000))
    origin = make_fake()
    register(proxy, origin)
    descriptors = proxy.child.descriptors()
    with open_publisher(proxy.rtmp_port, "cam") as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KP")
        heads_and_pictures(origin.publisher("cam"), 2)
        origin.die()
        until(lambda: proxy.metric("srsproxy_route_total") > 1, "another origin was asked for")
        if how == "leaves":
            client.socket.shutdown(socket.SHUT_WR)
            client.wait_for_close(3)
        elif how == "is reset":
            client.reset()
        else:
            path = f"/api/v1/sessions/{proxy.sessions()[0]['id']}"
            assert proxy.request(path, "DELETE")[0] == 200
            client.wait_for_close(3)
    entry = proxy.wait_for_access(role="publish")
    assert entry["cause"] == {"leaves": "done", "is reset": "reset", "is kicked": "kicked"}[how]
    proxy.wait_for_no_sessions()
    until(lambda: proxy.child.descriptors() <= descriptors, "all descriptors are back")


def test_origin_that_says_no_is_not_asked_for_ever(two):
    """The second origin has a publisher of its own, and refuses ours each time."""
    proxy, (first, second) = two(resume_timeout="3s", resume_attempts=3)
    second.refuses("NetStream.Publish.BadName")
    with open_publisher(proxy.rtmp_port, "cam", timeout=10) as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("KP")
        heads_and_pictures(first.publisher("cam"), 2)
        first.die()
        assert_told(proxy, client, 8)
    asked = [peer for peer in second.peers
             if any(name == "publish" for name, _, _ in peer.commands)]
    assert 1 <= len(asked) <= 4


def test_pictures_sent_while_nobody_takes_them_stay_in_bounds(build, make_proxy, make_fake,
                                                              register):
    proxy = make_proxy(config(resume_timeout="60s", resume_attempts=1000, resume_memory="1MiB"))
    origin = make_fake()
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "cam", timeout=10) as client:
        encoder = Encoder(client)
        encoder.heads()
        encoder.pictures("K")
        heads_and_pictures(origin.publisher("cam"), 1)
        memory = proxy.child.resident_kib()
        origin.die()
        until(lambda: proxy.metric("srsproxy_route_total") > 1, "another origin was asked for")
        for _ in range(40):
            encoder.pictures("KPPPPPPPPP", size=60_000)
        allowed = 64 * 1024 if build.sanitized else 8 * 1024
        assert proxy.child.resident_kib() < memory + allowed
        origin.start()
        kept = encoder.pictures("KP")
        peer = origin.publisher("cam")
        until(lambda: peer.media and peer.media[-1].payload == kept[-1][1], "it goes on")
