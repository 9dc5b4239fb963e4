"""The origins and clients with each other, without a proxy: when one of these fails, the machine
or the harness is at fault, not the proxy."""

from lib import media
from lib.rtmp_client import open_publisher, refused
from lib.wait import until


def test_every_client_works_with_every_origin(origin, clip, publish, tmp_path):
    publish(clip, origin.url("direct"))
    until(lambda: "direct" in origin.streams(), "the origin has the stream")
    assert set(media.probe(origin.url("direct"))) == {"video", "audio"}
    player = media.RtmpDump(origin.url("direct"), tmp_path)
    player.wait_for_bytes(20_000)
    player.stop()


def test_own_client_publishes_and_is_refused(origin):
    with open_publisher(origin.rtmp_port, "own"):
        until(lambda: "own" in origin.streams(), "the origin has the stream")
        status = refused(origin.rtmp_port, "own")
        assert status is None or status["code"] == "NetStream.Publish.BadName"
