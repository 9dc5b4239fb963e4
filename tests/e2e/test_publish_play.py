"""Streams go through: to every kind of origin, with every kind of client, unchanged."""

import colorsys
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import media
from lib.hooks import Hooks
from lib.wait import until


@pytest.fixture
def proxied(make_proxy, origin, register):
    """A proxy in front of one origin of each kind."""
    proxy = make_proxy()
    register(proxy, origin)
    return proxy


def test_ffmpeg_publishes_and_plays(proxied, origin, clip, publish):
    publish(clip, proxied.url("cam"))
    until(lambda: "cam" in origin.streams(), "the origin has the stream")
    streams = media.probe(proxied.url("cam"))
    assert streams["video"]["codec_name"] == "h264"
    assert (streams["video"]["width"], streams["video"]["height"]) == (160, 120)
    assert streams["audio"]["codec_name"] == "aac"


def test_librtmp_plays(proxied, origin, clip, publish, tmp_path):
    publish(clip, proxied.url("cam"))
    until(lambda: "cam" in origin.streams(), "the origin has the stream")
    player = media.RtmpDump(proxied.url("cam"), tmp_path)
    player.wait_for_bytes(30_000)
    player.stop()
    assert set(media.probe(player.path)) == {"video", "audio"}


def test_every_packet_arrives_as_it_was_sent(proxied, origin, clip, publish, tmp_path):
    sent = media.file_packets(clip, tmp_path)
    direct = media.PacketRecorder(origin.url("exact"), tmp_path, "direct")
    through = media.PacketRecorder(proxied.url("exact"), tmp_path, "through")
    until(lambda: proxied.sessions() and proxied.sessions()[0]["stream"].endswith("/exact"),
          "the player waits for the stream")
    publish(clip, proxied.url("exact"), loop=False)
    for recorder in (direct, through):
        recorder.wait_for(len(sent))
        recorder.stop()
    for kind in ("video", "audio"):
        assert media.of_kind(through.packets(), kind) == media.of_kind(sent, kind)
        assert media.of_kind(through.packets(), kind) == media.of_kind(direct.packets(), kind)


def test_bytes_are_counted_and_the_end_is_logged(proxied, origin, clip, publish):
    publisher = publish(clip, proxied.url("counted"))
    until(lambda: "counted" in origin.streams(), "the origin has the stream")
    until(lambda: proxied.sessions()[0]["bytes"]["to_origin"] > 10_000, "bytes are counted")
    session = proxied.sessions()[0]
    assert session["role"] == "publish"
    assert session["stream"].endswith("/live/counted")
    publisher.stop()
    entry = proxied.wait_for_access(stream=session["stream"])
    assert entry["cause"] and entry["side"] and entry["origin"] == session["origin"]
    proxied.wait_for_no_sessions()


def plain_clips(folder):
    """Twelve clips, each of a size and a colour of its own."""
    clips = []
    for number in range(12):
        red, green, blue = (round(255 * part)
                            for part in colorsys.hsv_to_rgb(number / 12, 0.8, 0.8))
        size = (96 + 16 * number, 64)
        path = media.make_clip(folder / f"plain{number}.flv", 2, size,
                               f"0x{red:02x}{green:02x}{blue:02x}", rate=10, audio=False)
        clips.append((path, size, (red, green, blue)))
    return clips


def test_twelve_streams_over_two_origins_play_back_their_own_picture(pair, publish, tmp_path):
    clips = plain_clips(tmp_path)
    for number, (path, _, _) in enumerate(clips):
        publish(path, pair.proxy.url(f"cam{number}"))
    until(lambda: sum(len(origin.streams()) for origin in pair.origins) == 12,
          "the origins have twelve streams", timeout=30)
    assert [len(origin.streams()) for origin in pair.origins] == [6, 6]
    assert len(pair.proxy.streams()) == 12

    with ThreadPoolExecutor(6) as pool:
        pictures = list(pool.map(lambda number: media.first_picture(pair.proxy.url(f"cam{number}")),
                                 range(12)))
    for number, (_, size, color) in enumerate(clips):
        seen_size, seen_color = pictures[number]
        assert seen_size == size
        assert all(abs(seen - sent) < 16 for seen, sent in zip(seen_color, color)), \
            f"cam{number} is {seen_color} instead of {color}"


@pytest.fixture
def hooks():
    server = Hooks()
    yield server
    server.stop()


def test_query_reaches_nginx_and_does_not_change_the_route(make_proxy, make_nginx, register, hooks,
                                                           clip, publish):
    proxy = make_proxy()
    origins = [make_nginx(hook_url=hooks.url), make_nginx(hook_url=hooks.url)]
    for number, origin in enumerate(origins):
        register(proxy, origin, f"origin-{number}")
    publish(clip, proxy.url("signed?token=abc%2Fdef&expires=17"))
    until(lambda: any("signed" in origin.streams() for origin in origins), "it is published")
    call = next(call for call in hooks.calls if call["call"] == "publish")
    assert (call["app"], call["name"]) == ("live", "signed")
    assert (call["token"], call["expires"]) == ("abc/def", "17")

    for query in ("", "?token=other", "?a=1&b=2"):
        assert "video" in media.probe(proxy.url("signed" + query))
    plays = [call for call in hooks.calls if call["call"] == "play"]
    assert {call.get("token") for call in plays} == {None, "other"}
    assert [stream["stream"].split("/", 1)[1] for stream in proxy.streams()] == ["live/signed"]


def test_query_reaches_node_media_server(make_proxy, make_nms, register, clip, publish):
    proxy = make_proxy()
    origin = make_nms()
    register(proxy, origin)
    publish(clip, proxy.url("signed?token=abc&expires=17"))
    until(lambda: "signed" in origin.streams(), "it is published")
    assert "video" in media.probe(proxy.url("signed?token=other"))
    assert origin.events("prePublish")[0]["args"] == {"token": "abc", "expires": "17"}
    assert origin.events("prePlay")[0]["args"] == {"token": "other"}
