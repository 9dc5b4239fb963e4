"""The origins and clients with each other, without a proxy: when one of these fails, the machine
or the harness is at fault, not the proxy."""

from contextlib import ExitStack

import pytest

from lib import proxy_headers
from lib.certificates import Authority, shown_by
from lib.clients import PLAYERS, PUBLISHERS, FfmpegPlayer, GstPublisher, RtmpDumpPlayer
from lib.fake_origin import FIRST_STREAM
from lib.fronts import HaProxy, TlsFront
from lib.hooks import Hooks
from lib.media import Publisher
from lib.rtmp_client import (AVC_HEADER, AVC_KEY_FRAME, RtmpClient, open_client,
                             open_publisher, refused)
from lib.wait import until


def test_every_client_works_with_every_origin(origin, clip, tmp_path):
    with ExitStack() as stack:
        for name, publisher in PUBLISHERS.items():
            stack.enter_context(publisher(clip, origin.url(name), tmp_path, f"publish-{name}"))
        until(lambda: origin.streams() == set(PUBLISHERS), lambda: f"only {origin.streams()}")
        players = [FfmpegPlayer(origin.url(name), tmp_path, f"of-{name}") for name in PUBLISHERS]
        players += [player(origin.url("ffmpeg"), tmp_path, f"by-{name}")
                    for name, player in PLAYERS.items()]
        for player in players:
            stack.enter_context(player)
        for player in players:
            player.assert_moves()


def test_own_client_publishes_and_is_refused(origin):
    with open_publisher(origin.rtmp_port, "own"):
        until(lambda: "own" in origin.streams(), "the origin has the stream")
        status = refused(origin.rtmp_port, "own")
        assert status is None or status["code"] == "NetStream.Publish.BadName"


def test_own_client_and_own_origin_understand_each_other(make_fake):
    origin = make_fake(capabilities={"capsEx": 3})
    with open_client(origin.rtmp_port) as client:
        assert client.stream_id == FIRST_STREAM
        assert client.publish("up")["code"] == "NetStream.Publish.Start"
        client.send_video(0, AVC_HEADER)
        client.send_video(40, AVC_KEY_FRAME)
        peer = origin.publisher("up")
        assert [(message.timestamp, message.payload) for message in peer.wait_for_media(2)] == \
            [(0, AVC_HEADER), (40, AVC_KEY_FRAME)]
        client.create_stream()
        client.start_play("down")
        assert client.wait_for_video(FIRST_STREAM + 1).payload == AVC_HEADER
    assert peer.ended.wait(5) and not origin.streams()
    assert peer.client_address.way == "none"


def test_own_client_plays_from_every_origin(origin):
    with open_publisher(origin.rtmp_port, "own") as publisher, \
            open_client(origin.rtmp_port) as player:
        publisher.send_video(0, AVC_HEADER)
        player.start_play("own")
        for number in range(1, 20):  # Node-Media-Server hands on ten at a time
            publisher.send_video(40 * number, AVC_KEY_FRAME)
        assert player.wait_for_video().payload == AVC_HEADER


def test_tls_front_passes_streams_on(make_nginx, clip, tmp_path):
    origin = make_nginx()
    authority, other = Authority(tmp_path, "ca"), Authority(tmp_path, "other")
    certificate = authority.issue("front", "127.0.0.1")
    front = TlsFront(tmp_path / "front", origin.rtmp_port, certificate=certificate).start()
    assert shown_by(front.port) == certificate.fingerprint()
    url = f"rtmps://127.0.0.1:{front.port}/live/cam"
    with Publisher(clip, url, tmp_path) as publisher:
        until(lambda: "cam" in origin.streams(), publisher.output)
        verify = ["-tls_verify", "1", "-ca_file"]
        with RtmpDumpPlayer(url, tmp_path) as rtmpdump, \
                FfmpegPlayer(url, tmp_path, options=[*verify, authority.file]) as ffmpeg, \
                FfmpegPlayer(url, tmp_path, "distrustful", [*verify, other.file]) as distrustful:
            assert distrustful.child.wait_for_exit() != 0
            for player in (rtmpdump, ffmpeg):
                player.wait_for_pictures(10)
    with GstPublisher("rtmp2sink tls-validation-flags=0", url, tmp_path, "gst") as publisher:
        until(lambda: "cam" in origin.streams(), publisher.output)
    front.stop()


@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_haproxy_tells_the_client_address(make_fake, tmp_path, header):
    origin = make_fake()
    front = HaProxy(tmp_path, origin.rtmp_port, header=header).start()
    with open_publisher(front.port, "cam", source="127.0.0.9") as client:
        host, port = client.socket.getsockname()
        way = "proxy_v1" if header == "send-proxy" else "proxy_v2"
        assert origin.publisher("cam").client_address == (way, host, port)
    front.stop()


@pytest.mark.parametrize("name", proxy_headers.GOOD)
def test_own_headers_are_understood_by_haproxy(make_fake, tmp_path, name):
    header, named = proxy_headers.GOOD[name]
    origin = make_fake()
    front = HaProxy(tmp_path, origin.rtmp_port, header="send-proxy-v2",
                    accept="accept-proxy").start()
    with RtmpClient(front.port) as client:
        expected = named or "%s:%d" % client.socket.getsockname()
        client.send(header)
        client.connect()
        client.create_stream()
        client.publish("cam")
        _, host, port = origin.publisher("cam").client_address
        assert f"[{host}]:{port}" == expected if ":" in host else f"{host}:{port}" == expected
    front.stop()


@pytest.mark.parametrize("when, form", [("connect", "302"), ("publish", "302"),
                                        ("connect", "reconnect"), ("publish", "reconnect")])
def test_own_origin_redirects(make_fake, when, form):
    origin = make_fake().redirect_to("rtmp://elsewhere.example/live", when, form)
    with RtmpClient(origin.rtmp_port) as client:
        answer = client.connect()
        if (when, form) == ("connect", "302"):
            assert answer.values[0] == "_error"
            assert answer.status()["ex"]["redirect"] == "rtmp://elsewhere.example/live"
            return
        client.create_stream()
        client.call("publish", "cam", stream_id=client.stream_id)
        info = client.wait_for_code("NetConnection.Connect.Rejected" if form == "302" else
                                    "NetConnection.Connect.ReconnectRequest")
        assert "rtmp://elsewhere.example/live" in (info.get("tcUrl"), info.get("ex", {}).get(
            "redirect"))


def test_nginx_takes_the_client_address_from_the_header(make_nginx, tmp_path):
    hooks = Hooks()
    origin = make_nginx(hook_url=hooks.url, proxy_protocol=True)
    front = HaProxy(tmp_path, origin.rtmp_port, header="send-proxy").start()
    with open_publisher(front.port, "cam", source="127.0.0.9"):
        assert hooks.calls[0]["addr"] == "127.0.0.9"
    assert refused(origin.rtmp_port, "cam") is None, "nginx serves clients without a header"
    front.stop()
    hooks.stop()
