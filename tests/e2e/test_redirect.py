"""An origin sends the stream elsewhere: the client is told, or the proxy goes there itself."""

import time

import pytest

from lib import ports
from lib.clients import FfmpegPlayer
from lib.rtmp_client import AVC_HEADER, AVC_KEY_FRAME, open_client, open_publisher, refused
from lib.wait import until

PUBLISH = [("connect", "302"), ("publish", "302"), ("connect", "reconnect"),
           ("publish", "reconnect")]


def config(redirect):
    return {"protocols": {"rtmp": {"redirect": redirect}}}


@pytest.fixture(scope="module")
def target(shared):
    """Where streams are sent; the proxies here do not know it."""
    return shared.make_nginx()


def app_url(origin):
    return f"rtmp://127.0.0.1:{origin.rtmp_port}/live"


@pytest.mark.parametrize("when, form", PUBLISH)
def test_client_is_told_where_to_go(make_proxy, make_fake, register, when, form):
    proxy = make_proxy(config("pass"))
    url = "rtmp://elsewhere.example/live"
    register(proxy, make_fake().redirect_to(url, when, form))
    with open_client(proxy.rtmp_port) as client:
        client.call("publish", "cam", "live", stream_id=client.stream_id)
        info = client.wait_for(lambda message: message.status().get("code") in
                               ("NetConnection.Connect.Rejected",
                                "NetConnection.Connect.ReconnectRequest")).status()
        assert url in (info.get("tcUrl"), info.get("ex", {}).get("redirect")), info
        if form == "302":
            client.wait_for_close(3)
        else:  # it may stay as long as it likes
            client.wait_for_code("NetStream.Publish.Start")


@pytest.mark.parametrize("when, form", PUBLISH)
def test_proxy_publishes_where_it_is_sent(make_proxy, target, make_fake, register, when, form):
    proxy = make_proxy(config("follow"))
    stream = f"{when}-{form}"
    origin = make_fake().redirect_to(app_url(target), when, form)
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, stream, timeout=8) as client:
        until(lambda: stream in target.streams(), "the target has the stream")
        assert len(proxy.sessions()) == 1
        with open_client(target.rtmp_port) as player:
            player.start_play(stream)
            for number in range(3):
                client.send_video(40 * number, (AVC_HEADER, AVC_KEY_FRAME)[number > 0])
            assert player.wait_for_video().payload == AVC_HEADER
        until(lambda: not origin.streams(), "the origin that sent it away is left")
    proxy.wait_for_access(cause="done", side="client")
    until(lambda: not target.streams(), "the target hears of the end")


def test_proxy_plays_where_it_is_sent(make_proxy, target, make_fake, register):
    proxy = make_proxy(config("follow"))
    register(proxy, make_fake().redirect_to(app_url(target), "play", "302"))
    with open_publisher(target.rtmp_port, "there") as publisher, \
            open_client(proxy.rtmp_port) as player:
        publisher.send_video(0, AVC_HEADER)
        player.start_play("there")
        publisher.send_video(40, AVC_KEY_FRAME)
        assert player.wait_for_video().payload == AVC_HEADER


def test_ffmpeg_publishes_through_a_redirect(make_proxy, target, make_fake, register, clip, publish,
                                             tmp_path):
    proxy = make_proxy(config("follow"))
    register(proxy, make_fake().redirect_to(app_url(target), "connect", "302"))
    encoder = publish(clip, proxy.url("cam"))
    until(lambda: "cam" in target.streams(), encoder.output)
    with FfmpegPlayer(target.url("cam"), tmp_path) as player:
        player.wait_for_pictures(10)


@pytest.mark.parametrize("to", ["itself", "nobody"])
def test_redirect_that_leads_nowhere_ends_in_bounded_time(make_proxy, make_fake, register, to):
    proxy = make_proxy(config("follow"))
    origin = make_fake()
    port = origin.rtmp_port if to == "itself" else ports.reserve()
    origin.redirect_to(f"rtmp://127.0.0.1:{port}/live", "connect", "302")
    register(proxy, origin)
    begin = time.monotonic()
    status = refused(proxy.rtmp_port, "cam", timeout=10)
    assert time.monotonic() - begin < 8
    assert status and status["level"] == "error", status
    assert len(origin.peers) < 20
    proxy.wait_for_no_sessions()
